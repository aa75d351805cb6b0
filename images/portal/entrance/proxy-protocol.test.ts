import { once } from "node:events";
import { createServer } from "node:https";
import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { connect as secure } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { testCertificate } from "../../pod/testing/certificates.ts";
import { readCertificate } from "../../pod/tls.ts";
import { proxyProtocolServer } from "./proxy-protocol.ts";

/** A server that answers with the address that it sees, and where visitors are announced to it. */
async function serve(): Promise<number> {
  const { directory, remove } = await testCertificate(["guild.test"]);
  onTestFinished(remove);
  const server = createServer({ ...(await readCertificate(directory)) }, (request, response) =>
    response.end(request.socket.remoteAddress),
  );
  const entrance = proxyProtocolServer(server).listen(0, "127.0.0.1");
  await once(entrance, "listening");
  onTestFinished(() => void entrance.close());
  return (entrance.address() as AddressInfo).port;
}

/** What comes back for the pieces of an announcement, one packet each, and a request through TLS. */
async function asked(port: number, ...announcement: string[]): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  for (const piece of announcement) await new Promise<void>((sent) => socket.write(piece, () => setImmediate(sent)));
  const tls = secure({ socket, rejectUnauthorized: false });
  tls.write("GET / HTTP/1.1\r\nhost: guild.test\r\nconnection: close\r\n\r\n");
  return (await text(tls)).split("\r\n\r\n")[1] ?? "";
}

describe("an announced visitor", () => {
  test.each([
    ["of IPv4", ["PROXY TCP4 203.0.113.7 192.0.2.1 50000 8090\r\n"], "203.0.113.7"],
    ["of IPv6", ["PROXY TCP6 2001:db8::7 2001:db8::1 50000 8090\r\n"], "2001:db8::7"],
    ["in pieces", ["PROXY TCP4 203.0.1", "13.7 192.0.2.1 50000 8090\r", "\n"], "203.0.113.7"],
  ])("%s is who the server sees", async (_what, announcement, address) => {
    expect(await asked(await serve(), ...announcement)).toContain(address);
  });

  test("is one connection's alone", async () => {
    const port = await serve();
    const visitors = Array.from({ length: 10 }, (_, n) => `203.0.113.${n}`);
    const seen = await Promise.all(
      visitors.map((visitor) => asked(port, `PROXY TCP4 ${visitor} 192.0.2.1 50000 8090\r\n`)),
    );
    seen.forEach((answer, n) => expect(answer).toContain(visitors[n]));
  });

  test.each([
    ["nobody", ""],
    ["nobody known", "PROXY UNKNOWN\r\n"],
    ["a name", "PROXY TCP4 localhost 192.0.2.1 1 2\r\n"],
    ["too much", `PROXY TCP4 203.0.113.7 ${"1".repeat(200)} 1 2\r\n`],
  ])("who is %s is not let in", async (_what, announcement) => {
    expect(await asked(await serve(), announcement).catch(() => "")).toBe("");
  });
});
