import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { useScratch } from "../../testing/scratch.ts";
import { stateFiles, type StateFiles } from "../state-folder.ts";
import { StateService } from "./state-service.ts";
import { Update } from "./update.ts";

const scratch = useScratch();
const stack = "/api/stacks/organization/p/dev";
const description = { config: { "p:a": { string: "b", secret: false, object: false }, "p:s": { string: "v1:x", secret: true, object: false } }, metadata: { message: "", environment: { "pulumi.version": "v3.0.0" } } };
let files: StateFiles;
let service: StateService;
let update: Update;

beforeEach(async () => {
  files = stateFiles(scratch.home, "p", "dev");
  mkdirSync(dirname(files.checkpoint), { recursive: true });
  writeFileSync(files.checkpoint, JSON.stringify({ version: 3, checkpoint: { stack: "organization/p/dev", latest: { resources: [] } } }));
  update = new Update("p", "dev", files);
  service = await StateService.start(update);
});

afterEach(() => service.stop());

async function call(method: string, path: string, { body, authorization = `token ${service.token}`, zipped = false }: { body?: object; authorization?: string; zipped?: boolean } = {}) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(`${service.url}${path}`, { method, body: zipped ? gzipSync(text ?? "") : text, headers: { authorization, ...(zipped ? { "content-encoding": "gzip" } : {}) } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function started(): Promise<string> {
  const { body: { updateID } } = await call("POST", `${stack}/update`, { body: description });
  const { body: { token, journalVersion } } = await call("POST", `${stack}/update/${String(updateID)}`, { body: {} });
  expect(journalVersion).toBe(1);
  return `update-token ${String(token)}`;
}

describe("the state service", () => {
  it.each(["", "token", "token wrong", "update-token wrong"])("answers nobody who comes with %j", async (authorization) => {
    expect((await call("GET", `${stack}/export`, { authorization })).status).toBe(401);
    expect((await call("PATCH", `${stack}/update/${update.id}/journalentries`, { authorization, body: {} })).status).toBe(401);
  });

  it("knows its one stack", async () => {
    expect((await call("GET", stack)).body).toMatchObject({ orgName: "organization", projectName: "p", stackName: "dev" });
    expect((await call("GET", "/api/stacks/organization/p/other")).status).toBe(404);
  });

  it("takes an update from its beginning to its end", async () => {
    const authorization = await started();
    const path = `${stack}/update/${update.id}`;
    expect(readdirSync(files.lockFolder)).toHaveLength(1);
    const entries = [{ kind: 1, sequenceID: 1, operationID: 1, state: { urn: "urn:pulumi:dev::p::t:m:T::new" } }];
    expect((await call("PATCH", `${path}/journalentries`, { authorization, body: { entries }, zipped: true })).status).toBe(200);
    await call("POST", `${path}/events/batch`, { authorization, body: { events: [{ summaryEvent: { resourceChanges: { create: 1 } } }, { cancelEvent: {} }] } });
    expect((await call("POST", `${path}/complete`, { authorization, body: { status: "succeeded" } })).status).toBe(200);
    expect(readFileSync(files.checkpoint, "utf8")).toContain("::new");
    expect(readdirSync(files.lockFolder)).toEqual([]);
    const history = readdirSync(files.history).filter((name) => name.endsWith(".history.json"));
    expect(JSON.parse(readFileSync(`${files.history}/${history[0]}`, "utf8"))).toMatchObject({ kind: "update", result: "succeeded", resourceChanges: { create: 1 }, config: { "p:a": "b", "p:s": { secure: "v1:x" } } });
  });

  it("refuses a second update while one is under way, and says whose it is", async () => {
    await started();
    const other = await StateService.start(new Update("p", "dev", files));
    try {
      const response = await fetch(`${other.url}/api/user`, { headers: { authorization: `token ${other.token}` } });
      expect(response.status).toBe(200);
      const second = new Update("p", "dev", files);
      expect(() => second.start()).toThrow(`process ${process.pid} of`);
    } finally {
      await other.stop();
    }
  });

  it("refuses entries before the beginning and after the end", async () => {
    const path = `${stack}/update/${update.id}/journalentries`;
    expect((await call("PATCH", path, { body: { entries: [] } })).status).toBe(422);
    await started();
    update.abandon();
    expect((await call("PATCH", path, { body: { entries: [] } })).status).toBe(422);
    expect(readdirSync(files.lockFolder)).toEqual([]);
  });
});
