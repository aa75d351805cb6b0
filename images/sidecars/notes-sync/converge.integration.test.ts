import { renameSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Person } from "./testing/machine.ts";
import { Machine } from "./testing/machine.ts";

/** Few names, so that people meet: one is a folder's of others. */
const paths = ["a.md", "b.md", "folder/c.md", "folder/d.md", "folder"];

const step = fc.record({
  who: fc.integer({ min: 0, max: 1 }),
  what: fc.constantFrom("append", "prepend", "replace", "remove", "move", "sync", "sync", "server"),
  path: fc.constantFrom(...paths),
  to: fc.constantFrom(...paths),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Words that people wrote; those that somebody removed knowingly are gone for good reason. */
class Words {
  readonly written = new Set<string>();
  readonly removed = new Set<string>();
  #count = 0;

  next(): string {
    const word = `word${this.#count++}`;
    this.written.add(word);
    return word;
  }

  remove(text: string): void {
    for (const [word] of text.matchAll(/word\d+/g)) this.removed.add(word);
  }
}

function edit(person: Person, { what, path, to }: Step, words: Words): void {
  const notes = person.notes();
  const text = notes[path];
  const isFolder = (each: string): boolean => Object.keys(notes).some((name) => name.startsWith(`${each}/`));
  const isBelowFile = (each: string): boolean => each.includes("/") && "folder" in notes;
  if (isFolder(path) || isBelowFile(path)) return;
  if (what === "append") person.write(path, `${text ?? ""}${words.next()}\n`);
  else if (what === "prepend") person.write(path, `${words.next()}\n${text ?? ""}`);
  else if (text === undefined) return;
  else if (what === "replace") {
    words.remove(text.split("\n", 1)[0] ?? "");
    person.write(path, [words.next(), ...text.split("\n").slice(1)].join("\n"));
  } else if (what === "remove") {
    words.remove(text);
    person.remove(path);
  } else if (what === "move" && notes[to] === undefined && !isFolder(to) && !isBelowFile(to)) {
    // Not into what it would be itself.
    if (path === "folder" || to === "folder") return;
    person.write(to, "");
    renameSync(person.path(path), person.path(to));
  }
}

test("whatever two people do, and whenever the server is away: in the end all have the same, and no word is lost", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      const machine = await Machine.make();
      const people = [machine.copy("ada"), machine.copy("bob")];
      const [ada, bob] = people as [Person, Person];
      for (const person of people) await person.copy.round();
      const words = new Words();
      let isUp = true;
      for (const each of steps) {
        if (each.what === "server") {
          await (isUp ? machine.stopServer() : machine.startServer());
          isUp = !isUp;
        } else if (each.what === "sync") await people[each.who]?.copy.round();
        else edit(people[each.who]!, each, words);
      }
      if (!isUp) await machine.startServer();
      for (const person of [ada, bob, ada]) expect(await person.copy.round()).toEqual({ kind: "synced", left: [] });
      const notes = ada.notes();
      expect(bob.notes()).toEqual(notes);
      expect(await machine.notes()).toEqual(notes);
      const text = Object.values(notes).join("\n");
      expect(text).not.toMatch(/^(<{7}|={7}|>{7})/m);
      const lost = [...words.written].filter(
        (word) => !words.removed.has(word) && !new RegExp(`${word}\\b`).test(text),
      );
      expect(lost).toEqual([]);
    }),
    { numRuns: 10 },
  );
}, 240_000);
