import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import * as Y from "yjs";
import { memberAuthor } from "../git/author.ts";
import { openNote } from "../testing/editor.ts";
import { bareRemote, Clone } from "../testing/remote.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { SharedVault } from "./shared-vault.ts";

/** One thing that somebody does; all lines that are ever written differ. */
type Step =
  | { readonly kind: "type"; readonly who: "ada" | "grace"; readonly at: number }
  | { readonly kind: "erase"; readonly who: "ada" | "grace"; readonly at: number }
  | { readonly kind: "push" | "file" | "api"; readonly at: number }
  | { readonly kind: "sync" | "commit" | "exchange" };

const at = fc.nat({ max: 1_000 });
const who = fc.constantFrom("ada" as const, "grace" as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("type" as const), who, at }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("erase" as const), who, at }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("push" as const, "file" as const, "api" as const), at }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("sync" as const, "commit" as const, "exchange" as const) }),
  },
);

test("whoever writes where, and whenever it is merged: each line is there once in the end, and each that was erased is not", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const base = await scratchFolder();
      const remote = await bareRemote();
      const never = { quietMs: 3_600_000, longestMs: 3_600_000 };
      const shared = await SharedVault.open({
        ...{ folder: join(base, "vault"), stateFolder: join(base, "state"), remote, ...never },
        authorOf: () => memberAuthor("ada"),
      });
      try {
        await tryTogether(shared, remote, steps);
      } finally {
        await shared.close();
      }
    }),
    { numRuns: 12, endOnFailure: true },
  );
}, 300_000);

async function tryTogether(shared: SharedVault, remote: string, steps: readonly Step[]): Promise<void> {
  await shared.create("n.md", "first\n", memberAuthor("ada"));
  await shared.sync();
  const clone = await Clone.of(remote);
  const id = await shared.edit("n.md");
  const room = new Y.Doc();
  shared.attach(id, room);
  const people = { ada: new Y.Doc(), grace: new Y.Doc() };
  const exchange = (): void => {
    for (const each of [people.ada, people.grace]) {
      Y.applyUpdate(room, Y.encodeStateAsUpdate(each), "connection");
      Y.applyUpdate(each, Y.encodeStateAsUpdate(room), "server");
    }
    Y.applyUpdate(people.ada, Y.encodeStateAsUpdate(room), "server");
  };
  exchange();
  const [written, erased] = [new Set(["first"]), new Set<string>()];
  const line = (name: string): string => {
    const made = `${name} wrote this as number ${written.size}`;
    written.add(made);
    return made;
  };
  const inserted = (text: string, place: number, name: string): string => {
    const lines = text.split("\n");
    lines.splice(place % lines.length, 0, line(name));
    return lines.join("\n");
  };
  for (const [number, each] of steps.entries()) {
    if (each.kind === "type" || each.kind === "erase") {
      const text = people[each.who].getText("text");
      const lines = text.toJSON().split("\n").slice(0, -1);
      const index = each.at % (lines.length + (each.kind === "type" ? 1 : 0) || 1);
      const place = lines.slice(0, index).reduce((sum, { length }) => sum + length + 1, 0);
      if (each.kind === "type") text.insert(place, `${line(each.who)}\n`);
      else if (lines.length > 0) {
        erased.add(lines[index]!);
        text.delete(place, lines[index]!.length + 1);
      }
    }
    if (each.kind === "push") {
      await clone.pull();
      await clone.push({ "n.md": inserted(await clone.read("n.md"), each.at, "linus") });
    }
    if (each.kind === "file") {
      await shared.commit();
      await shared.vault.files.write("n.md", inserted(await shared.vault.read("n.md"), each.at, "a shell"));
    }
    if (each.kind === "api") {
      const base = await shared.vault.read("n.md");
      exchange();
      await shared.write("n.md", inserted(base, each.at, "an agent"), memberAuthor(`agent-${number}`), base);
    }
    if (each.kind === "exchange") exchange();
    if (each.kind === "commit") await shared.commit();
    if (each.kind === "sync") await shared.sync();
  }
  exchange();
  await shared.sync();
  exchange();
  const lines = people.grace.getText("text").toJSON().split("\n").filter(Boolean);
  expect([...lines].sort()).toEqual([...written].filter((each) => !erased.has(each)).sort());
  expect(people.ada.getText("text").toJSON()).toBe(people.grace.getText("text").toJSON());
  await clone.pull();
  expect(await clone.read("n.md")).toBe(people.ada.getText("text").toJSON());
  shared.detach(id);
}

test("a server that is killed again and again loses nothing, and shows nothing twice", async () => {
  const base = await scratchFolder();
  const remote = await bareRemote();
  const given = {
    ...{ folder: join(base, "vault"), stateFolder: join(base, "state"), remote },
    ...{ quietMs: 20, longestMs: 60, pollMs: 40 },
  };
  const first = await SharedVault.open(given);
  await first.create("n.md", "first\n", memberAuthor("ada"));
  await first.sync();
  await first.close();
  const clone = await Clone.of(remote);
  let server = await startProcess(given);
  onTestFinished(() => void server.process.kill("SIGKILL"));
  const [ada, grace] = [await openNote(server.port, "ada", "n.md"), await openNote(server.port, "grace", "n.md")];
  const written = ["first"];
  for (let round = 0; round < 6; round++) {
    for (let each = 0; each < 10; each++) {
      const [mine, hers] = [`ada wrote ${round} ${each}`, `grace wrote ${round} ${each}`];
      ada.text.insert(0, `${mine}\n`);
      grace.text.insert(grace.text.length, `${hers}\n`);
      written.push(mine, hers);
      // A turn of the event loop, in which some of it is sent.
      await new Promise(setImmediate);
    }
    if (round % 2 === 0) {
      const mine = `linus wrote ${round}`;
      await clone.change("n.md", (text) => text.replace("first\n", `first\n${mine}\n`));
      written.push(mine);
    }
    // Killed at another moment each time: of what it has begun, something is always under way.
    if (round % 3 !== 0) await vi.waitFor(() => expect(ada.isSaved()).toBe(true), 20_000);
    server.process.kill("SIGKILL");
    await once(server.process, "exit");
    server = await startProcess({ ...given, port: server.port });
  }
  const lines = (text: string): string[] => text.split("\n").filter(Boolean).sort();
  await vi.waitFor(async () => {
    await clone.pull();
    expect(lines(await clone.read("n.md"))).toEqual(written.toSorted());
    expect(ada.value()).toBe(await clone.read("n.md"));
    expect(grace.value()).toBe(ada.value());
  }, 30_000);
}, 120_000);

async function startProcess(given: object): Promise<{ process: ChildProcess; port: number }> {
  const program = join(import.meta.dirname, "../testing/rooms-server.ts");
  const process = spawn(globalThis.process.execPath, [program, JSON.stringify(given)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = (await Promise.race([once(process.stdout, "data"), once(process, "exit")])) as [Buffer | number];
  if (typeof port === "number") throw new Error(`the server ended with ${port}`);
  return { process, port: Number(port.toString()) };
}
