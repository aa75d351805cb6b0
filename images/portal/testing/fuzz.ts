import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import fc from "fast-check";
import { startBackend } from "./backend.ts";
import { appHost, startHarness, type Harness } from "./harness.ts";
import { oddAnswer, oddRequests } from "./odd-grammar.ts";

const host = appHost("shop");

/**
 * Sends odd requests to a portal in front of an app, each on a connection of its own.
 * @param runs how many
 * @throws the smallest one found after which the app was asked what the portal did not let through, was sent what is no
 * HTTP, or somebody else did not get the answer to what they asked
 */
export async function fuzzRequests(runs: number): Promise<void> {
  const guild = await startHarness({ GUILDNET_LOG_LEVEL: "silent" });
  const wrong: string[] = [];
  const app = await startBackend((request, response) => {
    const {
      host: named,
      cookie = "",
      "x-forwarded-for": from,
      "x-forwarded-proto": scheme,
      "x-forwarded-host": asked,
    } = request.headers;
    if (
      named !== host ||
      asked !== host ||
      scheme !== "https" ||
      from !== "127.0.0.1" ||
      /(^|;)[^=;]*__Host-guildnet/.test(cookie)
    ) {
      wrong.push(`${request.method} ${request.url} ${JSON.stringify(request.rawHeaders)}`);
    }
    request
      .on("error", () => undefined)
      .resume()
      .once("end", () => response.end(request.url));
  });
  app.server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // A body that the visitor broke off is broken off here, too.
    if (error.code?.startsWith("HPE_") && error.code !== "HPE_INVALID_EOF_STATE")
      wrong.push(`what is no HTTP: ${error.code}`);
    socket.destroy();
  });
  serve(guild, app.upstream.port);
  const others = new Others(guild);
  try {
    await check(runs, oddRequests(host), async (bytes) => {
      const socket = await send(guild, bytes);
      await others.areServed();
      socket.destroy();
      if (wrong.length > 0) throw new Error(`the app saw ${wrong.splice(0).join("; ")}`);
    });
  } finally {
    others.leave();
    await guild.close();
    await app.close();
  }
}

/**
 * Has an app behind a portal answer oddly, on connections that others use as well.
 * @throws the smallest answer found after which somebody else did not get the answer to what they asked
 */
export async function fuzzAnswers(runs: number): Promise<void> {
  const guild = await startHarness({ GUILDNET_LOG_LEVEL: "silent" });
  let answer = "";
  const app = await startScripted((path) =>
    path === "/odd" ? answer : `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`,
  );
  serve(guild, (app.address() as AddressInfo).port);
  const others = new Others(guild);
  try {
    await check(runs, oddAnswer, async (bytes) => {
      answer = bytes;
      const socket = await send(guild, `GET /odd HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await others.areServed();
      socket.destroy();
    });
  } finally {
    others.leave();
    await guild.close();
    app.close();
  }
}

function serve(guild: Harness, port: number): void {
  guild.workspaces.put({ id: "shop", owner: "alice", state: "running", visibility: "public" });
  guild.workspaces.connect("shop", "app", { host: "127.0.0.1", port });
}

async function check(
  runs: number,
  arbitrary: fc.Arbitrary<string>,
  exchange: (bytes: string) => Promise<void>,
): Promise<void> {
  await fc.assert(fc.asyncProperty(arbitrary, exchange), { numRuns: runs, endOnFailure: false });
}

async function send(guild: Harness, bytes: string): Promise<TLSSocket> {
  const socket = await guild.raw();
  socket.on("error", () => socket.destroy()).resume();
  socket.write(Buffer.from(bytes, "latin1"));
  return socket;
}

/** Others, each on a connection that they keep. */
class Others {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2, rejectUnauthorized: false, servername: "guild.test" });
  readonly #port: number;
  #asked = 0;

  constructor(guild: Harness) {
    this.#port = guild.portal.address.port;
  }

  /** Three ask, two of them at once, which is time enough for what is odd to be understood. @throws where one doesn't get the answer that is theirs */
  async areServed(): Promise<void> {
    await Promise.all([this.#ask(), this.#ask()]);
    await this.#ask();
  }

  leave(): void {
    this.#agent.destroy();
  }

  async #ask(): Promise<void> {
    const path = `/mine/${++this.#asked}`;
    const asked = request({ host: "127.0.0.1", port: this.#port, agent: this.#agent, path, headers: { host } }).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    const body = Buffer.concat((await response.toArray()) as Buffer[]).toString();
    if (response.statusCode !== 200 || body !== path)
      throw new Error(`who asked for ${path} got ${response.statusCode} ${JSON.stringify(body)}`);
  }
}

/** A server that answers each head with whatever it is told, and keeps the connection. */
async function startScripted(answer: (path: string) => string): Promise<Server> {
  const server = createServer((socket: Socket) => {
    let received = "";
    socket
      .on("error", () => socket.destroy())
      .on("data", (chunk: Buffer) => {
        received += chunk.toString("latin1");
        for (let end = received.indexOf("\r\n\r\n"); end >= 0; end = received.indexOf("\r\n\r\n")) {
          const path = received.split(" ", 2)[1] ?? "";
          received = received.slice(end + 4);
          socket.write(Buffer.from(answer(path), "latin1"));
        }
      });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
