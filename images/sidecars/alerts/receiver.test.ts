import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Unsaid } from "./current.ts";
import { AlertLedger } from "./ledger.ts";
import type { Say } from "./ledger.ts";
import { receiver } from "./receiver.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "guildnet-alerts-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return join(path, "alerts", "ledger.json");
}

async function started(file: string, say: Say) {
  const troubles: unknown[] = [];
  const ledger = await AlertLedger.open(file, say, (error) => troubles.push(error), Date.now());
  const server = receiver(ledger, (error) => troubles.push(error)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const post = (body: string, path = "/api/v2/alerts") =>
    fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body }).then(({ status }) => status);
  return { ledger, post, troubles };
}

const ofNode = (endsInSeconds: number): string =>
  JSON.stringify([
    {
      labels: { alertname: "NodeDown", severity: "critical", node: "one" },
      annotations: { about: "one", summary: "one does not answer" },
      startsAt: "2026-11-29T03:00:00.123456789Z",
      endsAt: new Date(Date.now() + endsInSeconds * 1000).toISOString(),
    },
  ]);
const begins = ofNode(120),
  ends = ofNode(-1);

test("events begin and end as vmalert's alerts do, also over a restart between", async () => {
  const file = await folder();
  const said: Unsaid[] = [];
  const say: Say = async (event) => void said.push(event);
  const first = await started(file, say);
  expect([await first.post(begins), await first.post(begins)]).toEqual([200, 200]);
  expect(first.ledger.alerts).toMatchObject([{ alert: "NodeDown", since: "2026-11-29T03:00:00.123Z" }]);
  await vi.waitFor(() => expect(said).toHaveLength(1));
  await vi.waitFor(async () => expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ unsaid: [] }));
  const second = await started(file, say);
  expect(second.ledger.alerts).toHaveLength(1);
  expect([await second.post(begins), await second.post(ends), await second.post(ends)]).toEqual([200, 200, 200]);
  await vi.waitFor(() => expect(said.map(({ type }) => type)).toEqual(["alert.fired", "alert.resolved"]));
  expect(second.ledger.alerts).toEqual([]);
});

test("what could not be said is said later, in order and under its id, also after a restart", async () => {
  const file = await folder();
  const tried: string[] = [];
  const away: Say = async ({ id }) => {
    tried.push(id);
    throw new Error("the bus is away");
  };
  const first = await started(file, away);
  await first.post(begins);
  await first.post(ends);
  await vi.waitFor(() => expect(first.troubles).not.toEqual([]));
  expect(first.ledger.waiting).toBe(2);
  const said: Unsaid[] = [];
  const second = await started(file, async (event) => void said.push(event));
  await second.ledger.tick(Date.now());
  await vi.waitFor(() => expect(said.map(({ type }) => type)).toEqual(["alert.fired", "alert.resolved"]));
  expect(said[0]?.id).toBe(tried[0]);
});

test("a ledger that can't be read is begun anew, and told of", async () => {
  const file = await folder();
  const said: Unsaid[] = [];
  const say: Say = async (event) => void said.push(event);
  await started(file, say);
  await writeFile(file, "{ half");
  const { post, troubles } = await started(file, say);
  expect(troubles).toHaveLength(1);
  expect(await post(begins)).toBe(200);
  await vi.waitFor(() => expect(said).toHaveLength(1));
});

test.each([
  ["no JSON", "{", "/api/v2/alerts", 400],
  ["no alerts", '{"alerts":[]}', "/api/v2/alerts", 400],
  ["another path", "[]", "/api/v2/silences", 404],
])("%s is refused", async (_, body, path, status) => {
  const { post, ledger } = await started(await folder(), () => Promise.resolve());
  expect(await post(body, path)).toBe(status);
  expect(ledger.alerts).toEqual([]);
});
