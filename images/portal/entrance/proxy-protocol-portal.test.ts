import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { connect as secure } from "node:tls";
import { expect, test } from "vitest";
import { PORTAL_HOST, startHarness } from "../testing/harness.ts";

test("a portal serves visitors that are announced beside those that come by themselves, writes down who they are, and waits for both at its end", async () => {
  const harness = await startHarness({ GUILDNET_ANNOUNCED_LISTEN: "127.0.0.1:0" });
  const socket = connect({ port: harness.portal.announcedAddress?.port ?? 0, host: "127.0.0.1" });
  await once(socket, "connect");
  socket.write("PROXY TCP4 203.0.113.7 192.0.2.1 50000 8090\r\n");
  const tls = secure({ socket, rejectUnauthorized: false, servername: "guild.test" });
  tls.write(`GET /api/session HTTP/1.1\r\nhost: ${PORTAL_HOST}\r\nconnection: close\r\n\r\n`);
  expect(await text(tls)).toMatch(/^HTTP\/1\.1 \d+ /);
  expect((await harness.ask("/api/session")).status).toBeGreaterThan(0);
  expect(harness.logLines.join("\n")).toContain("203.0.113.7");
  await harness.close(100);
});
