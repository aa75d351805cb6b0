import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A forward proxy, as a company has one between its machines and the internet. */
export interface ForwardProxy {
  readonly url: string;
  /** What was asked for through it, as "host:port". */
  readonly asked: readonly string[];
}

/**
 * Starts one on the loopback, for the test that runs.
 * @param hosts names that nobody but the proxy knows, each with the port of the loopback where it is
 * @param credentials user and password that it wants, as "user:password"
 */
export async function forwardProxy(
  hosts: Readonly<Record<string, number>>,
  credentials?: string,
): Promise<ForwardProxy> {
  const asked: string[] = [];
  const portOf = (host: string, port: string, { headers }: IncomingMessage): number | undefined => {
    if (
      credentials !== undefined &&
      headers["proxy-authorization"] !== `Basic ${Buffer.from(credentials).toString("base64")}`
    )
      return undefined;
    asked.push(`${host}:${port}`);
    return hosts[host];
  };

  const server = createServer((from: IncomingMessage, answer: ServerResponse) => {
    const { hostname, port, pathname, search } = new URL(from.url ?? "");
    const to = portOf(hostname, port || "80", from);
    if (to === undefined) return void answer.writeHead(502).end();
    from.pipe(
      request(
        { port: to, host: "127.0.0.1", method: from.method, path: pathname + search, headers: from.headers },
        (got) => {
          answer.writeHead(got.statusCode ?? 502, got.headers);
          got.pipe(answer);
        },
      ),
    );
  });
  server.on("connect", (from: IncomingMessage, client: Socket) => {
    const [host = "", port = ""] = (from.url ?? "").split(":");
    const to = portOf(host, port, from);
    if (to === undefined) return void client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const there = connect(to, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      client.pipe(there).pipe(client);
    });
    for (const [one, other] of [
      [client, there],
      [there, client],
    ] as const)
      one.on("error", () => other.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
