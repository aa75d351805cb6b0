import { expect, test } from "vitest";
import { LONGEST_SECONDS } from "./lifetimes.ts";
import { MemorySignOuts, SignOuts } from "./sign-outs.ts";

/** A session that would have ended at that time. */
const session = (sid: string, end: number) => ({ sid, sub: "alice", auth_time: end - LONGEST_SECONDS });

test("what would have ended anyway is forgotten with the next sign-out", async () => {
  let now = 1000;
  const store = new MemorySignOuts();
  store.kept.set("before", 1500);
  store.kept.set("person.gone", 1500 - LONGEST_SECONDS);
  const signOuts = await SignOuts.load(store, () => now);
  await signOuts.add(session("a", 2000));
  expect([...store.kept.keys()]).toEqual(["before", "person.gone", "a"]);
  now = 1600;
  await signOuts.add(session("b", 3000));
  expect([...store.kept]).toEqual([
    ["a", 2000],
    ["b", 3000],
  ]);
  expect(["before", "a", "b"].map((sid) => signOuts.has(session(sid, 9000)))).toEqual([false, true, true]);
});

test("sign-outs that are under way at the same time are all written", async () => {
  const store = new MemorySignOuts();
  const signOuts = await SignOuts.load(store, () => 0);
  await Promise.all(["a", "b", "c"].map((sid) => signOuts.add(session(sid, 10))));
  expect([...store.kept.keys()].sort()).toEqual(["a", "b", "c"]);
});

test("all sessions of a person end, by whomever that was written, and later ones don't", async () => {
  const store = new MemorySignOuts();
  const signOuts = await SignOuts.load(store, () => 1000);
  let told = 0;
  signOuts.onChange(() => (told += 1));
  await store.change(new Map([["person.alice", 900]]));
  expect(told).toBe(1);
  expect([899, 900, 901].map((auth_time) => signOuts.has({ sid: "x", sub: "alice", auth_time }))).toEqual([
    true,
    true,
    false,
  ]);
  expect(signOuts.has({ sid: "x", sub: "bob", auth_time: 1 })).toBe(false);
  await signOuts.addPerson("alice");
  expect(store.kept.get("person.alice")).toBe(1000);
});
