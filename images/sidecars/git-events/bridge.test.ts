import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { messageOf } from "../../../events/index.ts";
import type { Place, Ran } from "../../../patches/index.ts";
import { recorded, scriptedPlace } from "../../../patches/testing/scripted-place.ts";
import { bridge } from "./bridge.ts";
import { readGitEventsConfig } from "./config.ts";
import { Memory } from "./memory.ts";
import { readRefs } from "./refs.ts";
import { Teller } from "./teller.ts";
import type { Say } from "./teller.ts";

const rid = "rad:z3UhLPkeA698hgj1jiwQf3AycWR5Q",
  name = rid.slice(4),
  id = "600289683e6ccf75dc31b4bef4af0451b4d7abb4";
const nid = "z6MkuvUwLEhXVT2HUjSWJAEXhoaj6f1QfzZo5k9E1eRL2T7q";
const [a, b] = ["a".repeat(40), "b".repeat(40)];
const main = (commit: string) => `${commit} refs/namespaces/${nid}/refs/heads/main\n`;
const tip = (commit: string) => `${commit} refs/namespaces/${nid}/refs/cobs/xyz.radicle.patch/${id}\n`;

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "guildnet-git-events-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  await mkdir(join(path, "storage", name), { recursive: true });
  await mkdir(join(path, "node"));
  return path;
}

/** A seed's storage that can change. */
interface Storage {
  refs: string;
  patch?: string | Partial<Ran>;
  identity?: string;
}

function placeOf(radHome: string, storage: Storage): Place {
  const answers = (): Place =>
    scriptedPlace([
      ["for-each-ref", storage.refs],
      ["rad inspect", storage.identity ?? recorded("identity.json")],
      ["cob show", storage.patch ?? recorded("merged-patch.json")],
      ["cob log", recorded("operations.jsonl")],
    ]);
  return { radHome, run: (argv, options) => answers().run(argv, options) };
}

interface Heard {
  readonly type: string;
  readonly id: string;
  readonly by: string;
}

async function teller(home: string, storage: Storage, say?: Say) {
  const heard: Heard[] = [],
    troubles: string[] = [];
  const made = new Teller({
    place: placeOf(home, storage),
    memory: await Memory.open(join(home, "told")),
    say: say ?? (async ({ type, data }, event) => void heard.push({ type, id: event, by: data.by })),
    people: () => Promise.resolve({ [nid]: "ada" }),
    onTrouble: (about) => void troubles.push(about),
  });
  return { teller: made, heard, troubles };
}

describe("what is in the storage", () => {
  test("is told once, also by one that comes after", async () => {
    const home = await folder(),
      storage = { refs: main(a) + tip(b) };
    const first = await teller(home, storage);
    expect(await first.teller.lookAtAll()).toEqual(new Set());
    expect(first.heard[0]).toMatchObject({ type: "git.push", by: "ada" });
    expect(first.heard[1]).toMatchObject({ type: "git.patch.opened", by: expect.stringContaining("did:key:") });
    expect(first.heard.length).toBeGreaterThan(20);
    expect(new Set(first.heard.map((event) => event.id)).size).toBe(first.heard.length);
    await first.teller.lookAtAll();
    const second = await teller(home, storage);
    await second.teller.lookAtAll();
    storage.refs = main(b) + tip(a);
    await second.teller.lookAtAll();
    expect(second.heard.map(({ type }) => type)).toEqual(["git.push"]);
  });

  test("is told from where it ended when the bus goes away, under the same ids", async () => {
    const home = await folder(),
      storage = { refs: main(a) + tip(b) };
    const said: string[] = [];
    let left = 7;
    const away: Say = async (_, event) => {
      said.push(event);
      if (--left === 0) throw new Error("the bus is away");
    };
    await expect((await teller(home, storage, away)).teller.lookAtAll()).rejects.toThrow("the bus is away");
    const { teller: next, heard } = await teller(home, storage);
    await next.lookAtAll();
    expect(heard[0]?.id).toBe(said.at(-1));
    expect(heard.some((event) => said.slice(0, -1).includes(event.id))).toBe(false);
  });

  test("is told of each time that a branch moves back and forth, under another id", async () => {
    const home = await folder(),
      storage: Storage = { refs: "" };
    const { teller: one, heard } = await teller(home, storage);
    for (const commit of [a, b, a, b]) {
      storage.refs = main(commit);
      await one.lookAt(rid);
    }
    expect(new Set(heard.map((event) => event.id)).size).toBe(4);
  });

  test("is nobody's to hear where it is private", async () => {
    const identity = JSON.stringify({
      ...(JSON.parse(recorded("identity.json")) as object),
      visibility: { type: "private", allow: [] },
    });
    const { teller: one, heard } = await teller(await folder(), { refs: main(a) + tip(b), identity });
    expect(await one.lookAtAll()).toEqual(new Set());
    expect(heard).toEqual([]);
  });

  test("is told but for what is no event, which somebody may bring about", async () => {
    const identity = JSON.parse(recorded("identity.json")) as { payload: { "xyz.radicle.project": { name: string } } };
    identity.payload["xyz.radicle.project"].name = "x".repeat(256);
    const storage: Storage = { refs: main(a), identity: JSON.stringify(identity) };
    const said: string[] = [];
    const say: Say = async ({ type, data }, event) => {
      messageOf(type, data, { id: event, time: "2026-11-29T10:00:00Z" });
      said.push(type);
    };
    const { teller: one, troubles } = await teller(await folder(), storage, say);
    expect(await one.lookAtAll()).toEqual(new Set());
    expect(said).toEqual([]);
    expect(troubles).toEqual([expect.stringContaining("refs/heads/main")]);
    storage.identity = recorded("identity.json");
    storage.refs = main(b);
    await one.lookAtAll();
    expect(said).toEqual(["git.push"]);
  });

  test("waits for the node to put a patch together, and not for ever for what never was to be in it", async () => {
    const home = await folder();
    const shown = JSON.parse(recorded("merged-patch.json")) as { timeline: string[] };
    const storage: Storage = {
      refs: tip(b),
      patch: JSON.stringify({ ...shown, timeline: shown.timeline.slice(0, -1) }),
    };
    const { teller: one, heard } = await teller(home, storage);
    expect(await one.lookAtAll(1_000)).toEqual(new Set([rid]));
    const before = heard.length;
    expect(await one.lookAtAll(30_000)).toEqual(new Set([rid]));
    expect(heard).toHaveLength(before);
    expect(await one.lookAtAll(61_000)).toEqual(new Set());
    storage.patch = JSON.stringify(shown);
    storage.refs = tip(a);
    await one.lookAtAll(62_000);
    expect(heard).toHaveLength(before + 1);
  });

  test("that can't be read is looked at again, and keeps nothing else from being told", async () => {
    const {
      teller: one,
      heard,
      troubles,
    } = await teller(await folder(), { refs: main(a) + tip(b), patch: { exitCode: 1, stdout: "was not found" } });
    expect(await one.lookAtAll()).toEqual(new Set([rid]));
    expect(heard.map(({ type }) => type)).toEqual(["git.push"]);
    expect(troubles).toEqual([`${rid} ${id}`]);
  });
});

describe("what was told", () => {
  test("is remembered under ids that nobody guesses, and is whole whenever who writes is ended", async () => {
    const home = await folder();
    const one = await Memory.open(join(home, "told"));
    await one.keep(rid, { branches: { main: a }, moves: 1, patches: {} });
    await writeFile(join(home, "told", `${name}.json.new`), "{ half");
    const other = await Memory.open(join(home, "told"));
    expect(await other.told(rid)).toEqual({ branches: { main: a }, moves: 1, patches: {} });
    expect(other.idOf(rid, "x")).toBe(one.idOf(rid, "x"));
    expect(other.idOf("rad:z2", "x")).not.toBe(one.idOf(rid, "x"));
    expect((await Memory.open(join(home, "elsewhere"))).idOf(rid, "x")).not.toBe(one.idOf(rid, "x"));
    expect(await readdir(join(home, "told"))).toContain("secret");
    expect((await readFile(join(home, "told", "secret"))).length).toBe(32);
  });

  test("is no reason to tell all again where it can't be read", async () => {
    const home = await folder();
    const { teller: one, heard } = await teller(home, { refs: main(a) });
    await writeFile(join(home, "told", `${name}.json`), "{ half");
    await expect(one.lookAtAll()).rejects.toThrow();
    expect(heard).toEqual([]);
  });
});

test("refs are read: branches of people, and what patches are at", () => {
  const text = [
    `${a} refs/namespaces/${nid}/refs/heads/feature/x`,
    `${a} refs/namespaces/${nid}/refs/heads/patches/${id}`,
    `${a} refs/namespaces/${nid}/refs/rad/sigrefs`,
    `${a} refs/namespaces/${nid}/refs/cobs/xyz.radicle.issue/${id}`,
    `${b} refs/namespaces/${nid}/refs/cobs/xyz.radicle.patch/${id}`,
    `${a} refs/namespaces/z6MkOther/refs/cobs/xyz.radicle.patch/${id}`,
    "",
  ];
  expect(readRefs(text.join("\n"))).toEqual({
    branches: [{ nid, ref: "refs/heads/feature/x", commit: a }],
    patches: new Map([[id, [a, b]]]),
  });
});

describe("the bridge", () => {
  /** A node's control socket. */
  async function node(path: string) {
    const subscribed: Socket[] = [];
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (command) => {
        if (command.toString() === '{"command":"subscribe"}\n') subscribed.push(socket);
      });
    }).listen(path);
    await once(server, "listening");
    const end = async (): Promise<void> => {
      for (const socket of subscribed) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    };
    onTestFinished(end);
    return { subscribed, end, say: (line: string) => subscribed.at(-1)?.write(`${line}\n`) };
  }

  test("hears of what changes, of a node that begins after it, ends and begins again", async () => {
    const home = await folder(),
      socket = join(home, "node", "control.sock"),
      storage: Storage = { refs: "" };
    const { teller: one, heard } = await teller(home, storage);
    const ending = new AbortController(),
      troubles: unknown[] = [];
    const { state, ended } = bridge({
      socket,
      teller: one,
      signal: ending.signal,
      onTrouble: (error) => troubles.push(error),
      tick: 3_600_000,
    });
    await vi.waitFor(() => expect(troubles).not.toEqual([]));
    const first = await node(socket);
    await vi.waitFor(() => expect(first.subscribed).toHaveLength(1), { timeout: 15_000 });
    storage.refs = main(a);
    first.say('{"type":"peerConnected","nid":"z6Mk"}');
    first.say("{ half a line");
    first.say(JSON.stringify({ type: "refsFetched", remote: nid, rid, updated: [] }));
    await vi.waitFor(() => expect(heard).toHaveLength(1), { timeout: 15_000 });
    await first.end();
    await vi.waitFor(() => expect(state.isHeard).toBe(false));
    storage.refs = main(b);
    const second = await node(socket);
    await vi.waitFor(() => expect(heard).toHaveLength(2), { timeout: 15_000 });
    expect(second.subscribed).toHaveLength(1);
    expect(state.isHeard).toBe(true);
    ending.abort();
    await ended;
  });

  test("looks more and more seldom at what can't be read, and at nothing else for it", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const looks: string[] = [];
    const ending = new AbortController();
    const { state, ended } = bridge({
      socket: "/nowhere",
      teller: {
        lookAtAll: async () => {
          looks.push("all");
          return new Set(["rad:broken"]);
        },
        lookAt: async (one) => {
          looks.push(one);
          return true;
        },
      },
      signal: ending.signal,
      onTrouble: () => {},
    });
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    const all = looks.filter((one) => one === "all").length;
    expect(all).toBe(21);
    expect(looks.length - all).toBeGreaterThan(3);
    expect(looks.length - all).toBeLessThan(30);
    expect(state.isTold).toBe(false);
    ending.abort();
    await ended;
  });

  test("tells what no message was of, and goes on after the bus was away", async () => {
    const home = await folder(),
      storage: Storage = { refs: main(a) };
    let tries = 0;
    const say: Say = async () => {
      if (++tries < 3) throw new Error("the bus is away");
    };
    const { teller: one } = await teller(home, storage, say);
    const ending = new AbortController();
    const { state, ended } = bridge({
      socket: join(home, "node", "control.sock"),
      teller: one,
      signal: ending.signal,
      onTrouble: () => {},
      tick: 20,
    });
    await vi.waitFor(() => expect(state.isTold).toBe(true), { timeout: 15_000 });
    expect(tries).toBe(3);
    storage.refs = main(b);
    await vi.waitFor(() => expect(tries).toBe(4), { timeout: 15_000 });
    ending.abort();
    await ended;
  });
});

test("settings that are wrong are named", () => {
  expect(readGitEventsConfig({})).toMatchObject({
    radHome: "/data/radicle",
    stateFolder: "/data/git-events",
    peopleFile: undefined,
  });
  expect(() => readGitEventsConfig({ RAD_HOME: "", GUILDNET_GIT_EVENTS_HEALTH_PORT: "x" })).toThrow(
    /RAD_HOME[^]*GUILDNET_GIT_EVENTS_HEALTH_PORT/,
  );
});
