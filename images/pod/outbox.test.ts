import { expect, test } from "vitest";
import { messageOf } from "../../events/index.ts";
import { Outbox } from "./outbox.ts";

const noTrouble = { onTrouble: (error: unknown) => expect.unreachable(String(error)) };

test("what is put in is said once, in order, however many say it", async () => {
  const said: string[] = [];
  const outbox = new Outbox<string>(async (item) => void said.push(item), noTrouble);
  outbox.put("one", "two");
  const first = outbox.flush();
  outbox.put("three");
  await Promise.all([first, outbox.flush()]);
  expect(said).toEqual(["one", "two", "three"]);
});

test("while the bus is away it is held, and said later under its id", async () => {
  const troubles: unknown[] = [],
    tried: [string, string][] = [];
  let isAway = true;
  const outbox = new Outbox<string>(
    async (item, id) => {
      tried.push([item, id]);
      if (isAway) throw new Error("the bus is away");
    },
    { onTrouble: (error) => troubles.push(error) },
  );
  outbox.put("one");
  await outbox.flush();
  outbox.put("two");
  await outbox.flush();
  isAway = false;
  await outbox.flush();
  expect(troubles).toHaveLength(2);
  expect(tried.map(([item]) => item)).toEqual(["one", "one", "one", "two"]);
  expect(new Set(tried.map(([, id]) => id)).size).toBe(2);
});

test("no more is held than there is room for, and what is given up is told of", async () => {
  const troubles: string[] = [],
    said: number[] = [];
  const outbox = new Outbox<number>(async (item) => void said.push(item), {
    most: 2,
    onTrouble: (error) => troubles.push(String(error)),
  });
  outbox.put(1, 2, 3);
  expect(outbox.waiting).toBe(2);
  await outbox.flush();
  expect(outbox.waiting).toBe(0);
  expect(said).toEqual([2, 3]);
  expect(troubles).toEqual(["Error: 1 events are given up: the bus has been away for too long"]);
});

test("what is given up while it is being said takes none after it along", async () => {
  const said: number[] = [];
  let arrive = (): void => {};
  const outbox = new Outbox<number>(
    async (item) => {
      if (item === 1) await new Promise<void>((resolve) => (arrive = resolve));
      said.push(item);
    },
    { most: 2, onTrouble: () => {} },
  );
  outbox.put(1, 2);
  const flushed = outbox.flush();
  outbox.put(3);
  arrive();
  await flushed;
  expect(said).toEqual([1, 2, 3]);
});

test("what is no event is given up, told of, and keeps nothing after it from being said", async () => {
  const troubles: string[] = [],
    said: string[] = [];
  const say = async (reason: string, id: string): Promise<void> => {
    messageOf("workspace.failed", { workspace: "ada", owner: "ada", reason }, { id, time: "2026-11-29T10:00:00Z" });
    said.push(reason);
  };
  const outbox = new Outbox<string>(say, { onTrouble: (error) => troubles.push(String(error)) });
  outbox.put("", "CrashLoopBackOff");
  await outbox.flush();
  expect(said).toEqual(["CrashLoopBackOff"]);
  expect(troubles).toEqual([expect.stringContaining("reason")]);
  expect(outbox.waiting).toBe(0);
});
