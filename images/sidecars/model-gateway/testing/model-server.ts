import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A server of models that does what a test tells it, over real HTTP. */
export interface TestModelServer {
  readonly url: string;
  /** What it was asked, as it came. */
  readonly asked: { path: string; headers: IncomingMessage["headers"]; body: Record<string, unknown>; text: string }[];
  /** What it does with the next questions. */
  answers(how: (response: ServerResponse, body: Record<string, unknown>) => void): void;
  close(): Promise<void>;
}

export async function startModelServer(): Promise<TestModelServer> {
  const asked: TestModelServer["asked"] = [];
  let how: Parameters<TestModelServer["answers"]>[0] = (response) => response.writeHead(500).end();
  const server = createServer((request, response) => {
    void buffer(request).then((bytes) => {
      const text = bytes.toString("utf8");
      const body = JSON.parse(text) as Record<string, unknown>;
      asked.push({ path: request.url ?? "", headers: request.headers, body, text });
      how(response, body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answers: (next) => void (how = next),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** An event as servers write it. */
export function event(data: object | string, name?: string): string {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${text}\n\n`;
}

export function asEvents(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" }).flushHeaders();
}

export function asJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
