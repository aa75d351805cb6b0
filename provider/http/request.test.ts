import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import { createServer as createPlainServer, type AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createAuthority, issueCertificate } from "../pki/x509.ts";
import { passesByItself } from "./network-errors.ts";
import { ask, jsonOf } from "./request.ts";

const { certificatePem: ca, ...authority } = await createAuthority("Test CA", 1);
const pair = await issueCertificate(
  { certificatePem: ca, ...authority },
  { commonName: "h", ipAddresses: ["127.0.0.1"], validityDays: 1 },
);

/** URL of a server that answers as told, for the running test. */
async function server(answer: RequestListener): Promise<string> {
  const listening = createServer({ cert: pair.certificatePem, key: pair.privateKeyPem }, answer);
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    listening.close();
    listening.closeAllConnections();
  });
  return `https://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

describe("a question", () => {
  test("takes the whole answer, whatever its status", async () => {
    const url = await server(
      (request, response) =>
        void response.writeHead(418, { "X-Made-Of": "clay" }).end(`${request.method} ${request.url}`),
    );
    expect(await ask(`${url}/a?b=c`, { ca, patience: 1000, method: "PUT", body: "x" })).toEqual({
      status: 418,
      text: "PUT /a?b=c",
      headers: expect.objectContaining({ "x-made-of": "clay" }),
    });
  });

  test("ends in silence, before an answer and within one", async () => {
    const silent = await server(() => {}),
      halfway = await server((_request, response) => void response.write("{"));
    for (const url of [silent, halfway]) {
      const error: unknown = await ask(url, { ca, patience: 200 }).catch((reason: unknown) => reason);
      expect(passesByItself(error)).toBe(true);
    }
    await expect(ask(silent, { ca, patience: 200 })).rejects.toThrow("no word for 0.2 s");
  });

  test("ends in silence where a server takes the connection and shows nobody who it is", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const frozen = createPlainServer();
    const greeted = new Promise((resolve) =>
      frozen.on("connection", (socket) => socket.on("error", () => {}).once("data", resolve)),
    );
    await new Promise<void>((resolve) => frozen.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void frozen.close());
    const asked = ask(`https://127.0.0.1:${(frozen.address() as AddressInfo).port}`, {
      patience: 60_000,
      agent: false,
    }).catch(String);
    await greeted;
    vi.advanceTimersByTime(60_000);
    expect(await asked).toContain("no word for 60 s");
  });

  test("is not put to a stranger, and says when it may have been heard", async () => {
    let sent = 0;
    const url = await server((request) => void request.socket.destroy());
    const stranger: unknown = await ask(url, { patience: 1000, agent: false, onSent: () => sent++ }).catch(
      (reason: unknown) => reason,
    );
    expect([passesByItself(stranger), sent]).toEqual([false, 0]);
    const broken: unknown = await ask(url, { ca, patience: 1000, agent: false, onSent: () => sent++ }).catch(
      (reason: unknown) => reason,
    );
    expect([passesByItself(broken), sent]).toEqual([true, 1]);
  });
});

test("JSON is undefined where there is none", () => expect([jsonOf("{}"), jsonOf("<html>")]).toEqual([{}, undefined]));
