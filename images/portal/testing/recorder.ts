import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSocketServer, type AddressInfo, type Socket } from "node:net";
import type { Upstream } from "../guild/workspaces.ts";

/** An app that writes down what it was asked, request by request, and answers with whatever bytes it is told. */
export interface Recorder {
  readonly upstream: Upstream;
  /** Forgets what it saw. @param answer what it says from now on; undefined for an ordinary answer */
  expect(answer: string | undefined, shows: readonly string[]): void;
  readonly seen: readonly string[];
  close(): Promise<void>;
}

/** @param socketPath where it listens as well, for who can't be told a port */
export async function startRecorder(socketPath: string): Promise<Recorder> {
  let seen: string[] = [],
    answer: string | undefined,
    shows: readonly string[] = [];
  const server = createServer({ maxHeaderSize: 512 * 1024 });
  // Whoever keeps a connection may rely on it.
  server.keepAliveTimeout = 0;
  server.maxHeadersCount = 0;
  server.on("request", (request, response) => {
    const chunks: Buffer[] = [];
    const record = describe(request, shows);
    const index = seen.push(record) - 1;
    const list = seen;
    request
      .on("error", () => undefined)
      .on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        list[index] = `${record} +${Buffer.concat(chunks).length}`;
      });
    response.on("error", () => undefined);
    // A ping between exchanges, and what was hidden in one, get an ordinary answer.
    if (answer !== undefined && request.url !== "/ping") request.socket.end(Buffer.from(answer, "latin1"));
    else request.once("end", () => response.writeHead(200, { "content-length": 2 }).end("ok"));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const what = `malformed: ${error.code}`;
    // nginx says it once more where it used a kept connection.
    if (error.code?.startsWith("HPE_") && error.code !== "HPE_INVALID_EOF_STATE" && seen.at(-1) !== what)
      seen.push(what);
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const beside = createSocketServer((socket: Socket) => server.emit("connection", socket)).listen(socketPath);
  await once(beside, "listening");
  // nginx' workers are not who started it.
  await chmod(socketPath, 0o777);
  return {
    upstream: { host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    get seen() {
      return seen.filter((one) => !one.includes(" /ping"));
    },
    expect(bytes, headers) {
      seen = [];
      answer = bytes;
      shows = headers;
    },
    async close() {
      beside.close();
      server.close();
      server.closeAllConnections();
      await Promise.all([once(server, "close"), once(beside, "close")]);
    },
  };
}

function describe({ method, url = "", headers }: IncomingMessage, shows: readonly string[]): string {
  const shown = shows.flatMap((name) =>
    headers[name] === undefined ? [] : `${name}=${JSON.stringify(headers[name])}`,
  );
  return [method, url.length > 60 ? `${url.slice(0, 20)}… (${url.length} bytes)` : url, ...shown].join(" ");
}
