import { expect, test } from "vitest";
import { MemorySignOuts, SignOuts } from "./sign-outs.ts";

test("what would have ended anyway is forgotten with the next sign-out", async () => {
  let now = 1000;
  const store = new MemorySignOuts();
  store.kept.set("before", 1500);
  const signOuts = await SignOuts.load(store, () => now);
  await signOuts.add("a", 2000);
  expect([...store.kept.keys()]).toEqual(["before", "a"]);
  now = 1600;
  await signOuts.add("b", 3000);
  expect([...store.kept]).toEqual([["a", 2000], ["b", 3000]]);
  expect(["before", "a", "b"].map((sid) => signOuts.has(sid))).toEqual([false, true, true]);
});

test("sign-outs that are under way at the same time are all written", async () => {
  const store = new MemorySignOuts();
  const signOuts = await SignOuts.load(store, () => 0);
  await Promise.all(["a", "b", "c"].map((sid) => signOuts.add(sid, 10)));
  expect([...store.kept.keys()].sort()).toEqual(["a", "b", "c"]);
});
