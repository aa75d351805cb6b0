import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { useScratch } from "../../toolchain/testing/scratch.ts";
import { stateFiles, type StateFiles } from "../state-folder.ts";
import { StateService } from "./state-service.ts";
import { Update } from "./update.ts";

const scratch = useScratch();
const stack = "/api/stacks/organization/p/dev";
const description = {
  config: {
    "p:a": { string: "b", secret: false, object: false },
    "p:s": { string: "v1:x", secret: true, object: false },
  },
  metadata: { message: "", environment: { "pulumi.version": "v3.0.0" } },
};
const told = (name: string) => ({
  version: 1,
  kind: 1,
  sequenceID: 1,
  operationID: 1,
  removeOld: null,
  removeNew: null,
  state: { urn: `urn:pulumi:dev::p::t:m:T::${name}`, type: "t:m:T" },
});
let files: StateFiles;
let service: StateService;
let update: Update;

beforeEach(async () => {
  files = stateFiles(scratch.home, "p", "dev");
  mkdirSync(dirname(files.checkpoint), { recursive: true });
  writeFileSync(
    files.checkpoint,
    JSON.stringify({ version: 3, checkpoint: { stack: "organization/p/dev", latest: { resources: [] } } }),
  );
  update = new Update("p", "dev", files);
  service = await StateService.start(update, {
    others: (project, name) => (`${project}/${name}` === "network/prod" ? { version: 3, deployment: {} } : undefined),
  });
});

afterEach(() => service.stop());

async function call(
  method: string,
  path: string,
  {
    body,
    authorization = `token ${service.token}`,
    zipped = false,
  }: { body?: object; authorization?: string; zipped?: boolean } = {},
) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(`${service.url}${path}`, {
    method,
    body: zipped ? gzipSync(text ?? "") : text,
    headers: { authorization, ...(zipped ? { "content-encoding": "gzip" } : {}) },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function started(): Promise<string> {
  const {
    body: { updateID },
  } = await call("POST", `${stack}/update`, { body: description });
  const {
    body: { token, journalVersion },
  } = await call("POST", `${stack}/update/${String(updateID)}`, { body: { journalVersion: 1 } });
  expect(journalVersion).toBe(1);
  return `update-token ${String(token)}`;
}

describe("the state service", () => {
  it.each(["", "token", "token wrong", "update-token wrong"])(
    "answers nobody who comes with %j",
    async (authorization) => {
      expect((await call("GET", `${stack}/export`, { authorization })).status).toBe(401);
      expect(
        (await call("PATCH", `${stack}/update/${update.id}/journalentries`, { authorization, body: {} })).status,
      ).toBe(401);
    },
  );

  it("knows its one stack", async () => {
    expect((await call("GET", stack)).body).toMatchObject({
      orgName: "organization",
      projectName: "p",
      stackName: "dev",
    });
    expect((await call("GET", "/api/stacks/organization/p/other")).status).toBe(404);
  });

  it("reads other stacks out to programs that refer to them, and lets nobody change them", async () => {
    expect((await call("GET", "/api/stacks/organization/network/prod")).body).toMatchObject({
      orgName: "organization",
      projectName: "network",
      stackName: "prod",
    });
    expect((await call("GET", "/api/stacks/organization/network/prod/export")).body).toEqual({
      version: 3,
      deployment: {},
    });
    expect((await call("GET", "/api/stacks/organization/network/test/export")).status).toBe(404);
    expect((await call("GET", "/api/stacks/somebody/network/prod")).status).toBe(404);
    expect((await call("POST", "/api/stacks/organization/network/prod/update", { body: description })).status).toBe(
      404,
    );
  });

  it("takes a preview for none of the updates, and locks nothing for it", async () => {
    const before = readFileSync(files.checkpoint, "utf8");
    await call("POST", `${stack}/update`, { body: { ...description, options: { dryRun: true } } });
    const {
      body: { token },
    } = await call("POST", `${stack}/update/${update.id}`, { body: { journalVersion: 1 } });
    expect(existsSync(files.lockFolder)).toBe(false);
    expect(
      (
        await call("POST", `${stack}/update/${update.id}/complete`, {
          authorization: `update-token ${String(token)}`,
          body: { status: "succeeded" },
        })
      ).status,
    ).toBe(200);
    expect([existsSync(files.history), existsSync(files.journal), readFileSync(files.checkpoint, "utf8")]).toEqual([
      false,
      false,
      before,
    ]);
  });

  it.each([[undefined], [2]])(
    "refuses an engine with a journal of version %s before it does anything",
    async (journalVersion) => {
      await call("POST", `${stack}/update`, { body: description });
      const answer = await call("POST", `${stack}/update/${update.id}`, { body: { journalVersion } });
      expect(answer).toMatchObject({
        status: 422,
        body: { message: expect.stringContaining("GUILDNET_JOURNAL=off") as string },
      });
      expect([existsSync(files.lockFolder), existsSync(files.journal)]).toEqual([false, false]);
    },
  );

  it.each<[string, object]>([
    ["of another version", { version: 2 }],
    ["of an unknown kind", { kind: 9 }],
    ["with an unknown field", { removeOlds: [1] }],
    ["that has the journal's keeper keep the secrets", { secretsProvider: { type: "service" } }],
  ])("refuses an entry %s as it comes", async (_what, more) => {
    const authorization = await started();
    const answer = await call("PATCH", `${stack}/update/${update.id}/journalentries`, {
      authorization,
      body: { entries: [{ ...told("new"), ...more }] },
    });
    expect(answer.status).toBe(422);
    update.abandon();
    expect(readFileSync(files.checkpoint, "utf8")).not.toContain("::new");
  });

  it.each<[string, () => void, RegExp]>([
    ["journal was removed", () => rmSync(files.journal), /was removed while the run was under way/],
    [
      "state was changed by another program",
      () => writeFileSync(files.checkpoint, "{}"),
      /changed by another program[^]*unapplied/,
    ],
  ])("lets no update end well whose %s meanwhile", async (_what, meanwhile, words) => {
    const authorization = await started();
    await call("PATCH", `${stack}/update/${update.id}/journalentries`, {
      authorization,
      body: { entries: [told("new")] },
    });
    meanwhile();
    const answer = await call("POST", `${stack}/update/${update.id}/complete`, {
      authorization,
      body: { status: "succeeded" },
    });
    expect(answer).toMatchObject({ status: 422, body: { message: expect.stringMatching(words) as string } });
    expect(readdirSync(files.lockFolder)).toEqual([]);
  });

  it.each([
    "rpc error: code = Unavailable desc = error reading from server: EOF",
    "an unhandled error occurred: Program was ended by SIGKILL",
  ])("notices that a process broke off, by what the engine tells of it: %s", async (message) => {
    await started();
    update.watch({ events: [{ diagnosticEvent: { message: "the field is wrong" } }] });
    expect(update.isBrokenOff).toBe(false);
    update.watch({ events: [{ diagnosticEvent: { message } }] });
    expect(update.isBrokenOff).toBe(true);
  });

  it.each([
    ["the field is wrong", false],
    ["an unhandled error occurred: Program was ended by SIGKILL", true],
  ])("keeps for the next run what failed to be made where a process broke off: %s", async (message, isKept) => {
    const authorization = await started(),
      path = `${stack}/update/${update.id}`;
    const begun = {
      ...told("new"),
      kind: 0,
      state: null,
      operation: { type: "creating", resource: told("new").state },
    };
    await call("PATCH", `${path}/journalentries`, {
      authorization,
      body: { entries: [begun, { ...begun, kind: 2, sequenceID: 2, operation: null }] },
    });
    await call("POST", `${path}/events/batch`, { authorization, body: { events: [{ diagnosticEvent: { message } }] } });
    await call("POST", `${path}/complete`, { authorization, body: { status: "failed" } });
    expect(readFileSync(files.checkpoint, "utf8").includes("pending_operations")).toBe(isKept);
  });

  it("knows the embedded clusters that it has made", async () => {
    const authorization = await started();
    const node = {
      ...told("node").state,
      type: "guildnet:index:EmbeddedNode",
      inputs: { clusterName: "p-dev-cluster" },
    };
    await call("PATCH", `${stack}/update/${update.id}/journalentries`, {
      authorization,
      body: { entries: [told("new"), { ...told("node"), sequenceID: 2, state: node }] },
    });
    expect(update.clusters).toEqual(["p-dev-cluster"]);
  });

  it("notices that somebody asked the engine to stop", async () => {
    await started();
    for (const [message, isInterrupted] of [
      ["^C is what a program printed", false],
      ["SIGTERM received; cancelling. If you would like to terminate immediately, send SIGTERM again.\n", true],
    ] as const) {
      update.watch({ events: [{ stdoutEvent: { message, color: "always" } }] });
      expect(update.isInterrupted).toBe(isInterrupted);
    }
  });

  it("takes an update from its beginning to its end", async () => {
    const authorization = await started();
    const path = `${stack}/update/${update.id}`;
    expect(readdirSync(files.lockFolder)).toHaveLength(1);
    const entries = [told("new")];
    expect(
      (await call("PATCH", `${path}/journalentries`, { authorization, body: { entries }, zipped: true })).status,
    ).toBe(200);
    await call("POST", `${path}/events/batch`, {
      authorization,
      body: { events: [{ summaryEvent: { resourceChanges: { create: 1 } } }, { cancelEvent: {} }] },
    });
    expect((await call("POST", `${path}/complete`, { authorization, body: { status: "succeeded" } })).status).toBe(200);
    expect(readFileSync(files.checkpoint, "utf8")).toContain("::new");
    expect(readdirSync(files.lockFolder)).toEqual([]);
    const history = readdirSync(files.history).filter((name) => name.endsWith(".history.json"));
    expect(JSON.parse(readFileSync(`${files.history}/${history[0]}`, "utf8"))).toMatchObject({
      kind: "update",
      result: "succeeded",
      resourceChanges: { create: 1 },
      config: { "p:a": "b", "p:s": { secure: "v1:x" } },
    });
  });

  it("refuses a second update while one is under way, and says whose it is", async () => {
    await started();
    const other = await StateService.start(new Update("p", "dev", files));
    try {
      const response = await fetch(`${other.url}/api/user`, { headers: { authorization: `token ${other.token}` } });
      expect(response.status).toBe(200);
      const second = new Update("p", "dev", files);
      expect(() => second.start({ journalVersion: 1 })).toThrow(`process ${process.pid} of`);
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
