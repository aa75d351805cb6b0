import { connect, credsAuthenticator, errors, type NatsConnection } from "@nats-io/transport-node";
import { JetStreamApiError } from "@nats-io/jetstream";
import pRetry from "p-retry";
import { forwardTo, NothingThere, refusedForward, type Forwarding } from "../cluster/port-forward.ts";
import { readKubeconfig } from "../cluster/kubeconfig.ts";
export { NothingThere } from "../cluster/port-forward.ts";
import { ActionableError, Unreachable } from "../errors.ts";
import { messageOf, passesByItself } from "../http/network-errors.ts";
import type { EventServer } from "./server.ts";

const seconds = 1000;
/** Milliseconds after which a connection that nobody uses is closed: a run asks for many things, one after the other. */
const IDLE = 2 * seconds;
/** Milliseconds for one answer. */
const ANSWER = 5 * seconds;

interface Open {
  readonly connection: NatsConnection;
  close(): void;
}

interface Pooled {
  readonly open: Promise<Open>;
  users: number;
  idle?: NodeJS.Timeout;
}

const pool = new Map<string, Pooled>();

/**
 * Does something over a connection, which is shared with what does so at the same time.
 *
 * @param credentials a file's content, as NATS's own tools write it
 * @param milliseconds for how long it is tried again while nobody answers
 * @throws Unreachable; ActionableError `events-refused`.
 */
export async function withBus<T>(
  server: EventServer,
  credentials: string,
  milliseconds: number,
  work: (connection: NatsConnection) => Promise<T>,
): Promise<T> {
  return pRetry(() => once(server, credentials, milliseconds, work), {
    retries: Infinity,
    maxRetryTime: milliseconds,
    minTimeout: 250,
    factor: 1.5,
    maxTimeout: 2 * seconds,
    shouldRetry: ({ error }) => error instanceof Unreachable && !(error instanceof NothingThere),
  });
}

async function once<T>(
  server: EventServer,
  credentials: string,
  milliseconds: number,
  work: (connection: NatsConnection) => Promise<T>,
): Promise<T> {
  const key = JSON.stringify([server, credentials]);
  const pooled = pool.get(key) ?? { open: opened(server, credentials, milliseconds), users: 0 };
  pool.set(key, pooled);
  pooled.users++;
  clearTimeout(pooled.idle);
  try {
    const { connection } = await pooled.open;
    return await work(connection);
  } catch (error) {
    if (pool.get(key) === pooled) pool.delete(key);
    throw told(error, server);
  } finally {
    pooled.users--;
    if (pooled.users === 0) pooled.idle = setTimeout(() => forget(key, pooled), pool.has(key) ? IDLE : 0).unref();
  }
}

function forget(key: string, pooled: Pooled): void {
  if (pool.get(key) === pooled) pool.delete(key);
  // One that was never open was told of to who asked for it.
  pooled.open.then(
    ({ close }) => close(),
    () => {},
  );
}

async function opened(server: EventServer, credentials: string, milliseconds: number): Promise<Open> {
  const { hostname: servername, port } = new URL(server.url);
  const way = await wayTo(server, Number(port || 4222), milliseconds);
  // The name that its certificate is held against is the server's own, wherever it is reached.
  const tls: { ca: string; servername: string } = { ca: server.caCertificatePem, servername };
  try {
    const connection = await connect({
      servers: way === undefined ? server.url : `tls://127.0.0.1:${way.port}`,
      name: "guildnet",
      reconnect: false,
      ignoreClusterUpdates: true,
      timeout: Math.min(ANSWER, milliseconds),
      authenticator: credsAuthenticator(new TextEncoder().encode(credentials)),
      tls,
    });
    return {
      connection,
      close: () => {
        void connection.close().finally(() => way?.close());
      },
    };
  } catch (error) {
    way?.close();
    if (way !== undefined) refusedForward(way);
    throw error;
  }
}

async function wayTo({ cluster }: EventServer, port: number, milliseconds: number): Promise<Forwarding | undefined> {
  if (cluster === undefined) return undefined;
  const { kubeconfig, context, namespace, labelSelector } = cluster;
  return forwardTo(
    readKubeconfig(kubeconfig, context),
    { namespace, labelSelector, port },
    Math.min(ANSWER * 2, milliseconds),
  );
}

/** An error of the client's as one that a person reads, without what was sent. */
function told(error: unknown, { url }: EventServer): unknown {
  if (error instanceof ActionableError) return error;
  const words = messageOf(error);
  if (error instanceof errors.AuthorizationError)
    return new Unreachable("events-refused", `the event bus ${url} knows no such credentials: ${words}`);
  if (isAway(error) || passesByItself(error))
    return new Unreachable("events-unreachable", `the event bus ${url} does not answer: ${words}`);
  return error;
}

/** Servers that have only just come say for a moment that they keep nothing. */
const UNAVAILABLE = 503;

function isAway(error: unknown): boolean {
  return (
    isUnavailable(error) ||
    (error instanceof Error && isUnavailable(error.cause)) ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.NoRespondersError ||
    error instanceof errors.RequestError ||
    error instanceof errors.ConnectionError ||
    error instanceof errors.ClosedConnectionError
  );
}

function isUnavailable(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.status === UNAVAILABLE;
}
