/** Real NATS servers as processes of this machine, on its loopback, as a guild has them. */
import { execa, type ResultPromise } from "execa";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import waitFor from "p-wait-for";
import { GUILD_ACCOUNT, newOperator, type Operator } from "../../provider/events/claims.ts";
import type { EventServer } from "../../provider/events/server.ts";
import { createAuthority, issueCertificate, type KeyPair } from "../../provider/pki/x509.ts";
import { serverSettings } from "../../components/events/settings.ts";

/** One process. */
interface Server {
  /** Starts it on the data of a folder, and waits until it is well. */
  start(data?: string): Promise<void>;
  /** Ends it at once, in the middle of whatever it does. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface RunningNats extends Server {
  readonly server: EventServer;
  readonly authority: KeyPair;
  operator: Operator;
}

/**
 * @param folder for its data, with `bin/nats-server`
 * @param ofSomebodyElse it knows nothing of a guild
 */
export async function nats(folder: string, { ofSomebodyElse = false } = {}): Promise<RunningNats> {
  const authority = await createAuthority("Test CA", 1);
  const running: { operator: Operator } = { operator: await newOperator("test") };
  const port = await freePort();
  await clientTls(folder, authority);
  const server = await process(folder, "", { port, healthy: "/healthz" }, () => {
    const settings = settingsOf(running.operator);
    const { [GUILD_ACCOUNT]: _, ...others } = settings.resolver_preload;
    return ofSomebodyElse ? { ...settings, resolver_preload: others } : settings;
  });
  return Object.assign(running, server, { server: serverAt(port, authority), authority });
}

/** A bus of three servers. */
export interface RunningCluster {
  /** The three as a client knows them: all of them under the first one's address, and each under its own. */
  readonly servers: readonly EventServer[];
  readonly each: readonly (Server & { readonly data: string })[];
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param folder with `bin/nats-server`
 * @param bus one that is there already, whose operator and authority they have
 */
export async function natsCluster(
  folder: string,
  { operator, authority }: Pick<RunningNats, "operator" | "authority">,
): Promise<RunningCluster> {
  const routes = await createAuthority("Test routes", 1);
  await clientTls(folder, authority);
  const names = ["nats-0", "nats-1", "nats-2"];
  const ports = await Promise.all(names.map(freePort)),
    routePorts = await Promise.all(names.map(freePort));
  const each = await Promise.all(
    names.map(async (name, index) => {
      const own = join(folder, name);
      writeTls(own, "route", await issueCertificate(routes, { ...localhost, usages: ["server", "client"] }));
      writeFileSync(join(own, "ca.crt"), routes.certificatePem);
      const server = await process(
        folder,
        name,
        // Well where it has its part of every stream.
        { port: ports[index] ?? 0, healthy: "/healthz" },
        () => {
          const settings = settingsOf(operator, ["localhost"]);
          return {
            ...settings,
            cluster: {
              ...settings.cluster,
              host: "127.0.0.1",
              port: routePorts[index],
              routes: routePorts.map((port) => `tls://localhost:${port}`),
              tls: {
                ...settings.cluster?.tls,
                cert_file: join(own, "route.crt"),
                key_file: join(own, "route.key"),
                ca_file: join(own, "ca.crt"),
              },
            },
          };
        },
      );
      return { ...server, data: join(own, "data") };
    }),
  );
  return {
    servers: ports.map((port) => ({ ...serverAt(port, authority), servers: names.length })),
    each,
    async start() {
      await Promise.all(each.map((server) => server.start()));
    },
    async stop() {
      await Promise.all(each.map((server) => server.stop()));
    },
  };
}

function settingsOf(operator: Operator, hosts?: readonly string[]) {
  return serverSettings({ ...operator, guildAccount: GUILD_ACCOUNT }, 64 * 1024 * 1024, hosts);
}

const localhost = { commonName: "localhost", dnsNames: ["localhost"], validityDays: 1 };

async function clientTls(folder: string, authority: KeyPair): Promise<void> {
  writeTls(folder, "tls", await issueCertificate(authority, localhost));
}

function writeTls(folder: string, name: string, { certificatePem, privateKeyPem }: KeyPair): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.crt`), certificatePem);
  writeFileSync(join(folder, `${name}.key`), privateKeyPem);
}

function serverAt(port: number, { certificatePem }: KeyPair): EventServer {
  return { url: `tls://localhost:${port}`, caCertificatePem: certificatePem };
}

/** @param name of the server, and of its folder in the folder; without one it has the folder for itself */
async function process(
  folder: string,
  name: string,
  { port, healthy }: { port: number; healthy: string },
  settingsNow: () => ReturnType<typeof serverSettings> | object,
): Promise<Server> {
  const health = await freePort();
  const within = (file: string): string => join(folder, name, file);
  mkdirSync(within(""), { recursive: true });
  let running: ResultPromise<{ reject: false; all: true }> | undefined;
  const ended = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
    running?.kill(signal);
    await running;
    running = undefined;
  };
  return {
    async start(data = within("data")) {
      const settings = settingsNow() as ReturnType<typeof serverSettings>;
      const here = {
        host: "127.0.0.1",
        port,
        http: `127.0.0.1:${health}`,
        http_port: undefined,
        tls: { ...settings.tls, cert_file: join(folder, "tls.crt"), key_file: join(folder, "tls.key") },
        jetstream: { ...settings.jetstream, store_dir: data },
        resolver: { ...settings.resolver, dir: join(data, "accounts") },
      };
      writeFileSync(within("server.json"), JSON.stringify({ ...settings, ...here }));
      const started = execa(
        join(folder, "bin/nats-server"),
        ["--config", within("server.json"), "--name", name || "nats"],
        { reject: false, all: true },
      );
      running = started;
      let words: string | undefined;
      void started.then(({ all }) => (words = all));
      await waitFor(async () => {
        if (words !== undefined) throw new Error(`nats-server ended:\n${words}`);
        const answer = await fetch(`http://127.0.0.1:${health}${healthy}`).catch(() => undefined);
        return answer?.ok === true;
      });
    },
    kill: () => ended("SIGKILL"),
    stop: () => ended("SIGTERM"),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
