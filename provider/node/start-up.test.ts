import { expect, test } from "vitest";
import { patience } from "./start-up.ts";

const minute = 60_000;

test("a node is waited for as long as it goes on, and no longer than half an hour", () => {
  let now = 0;
  const isPatient = patience(() => now);
  const after = (minutes: number, lack: string): boolean => {
    now += minutes * minute;
    return isPatient(lack);
  };
  expect([after(0, "etcd"), after(4, "roles"), after(4, "the kubelet")]).toEqual([true, true, true]);
  // It comes back to what it said before: nothing new.
  expect([after(4, "etcd"), after(2, "roles")]).toEqual([true, false]);
  expect(after(1, "the network")).toBe(true);
  expect([after(16, "its name"), after(1, "one more")]).toEqual([false, false]);
});
