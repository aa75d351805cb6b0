import { beforeAll, expect, inject, test, vi } from "vitest";
import { added, census } from "../support/census.ts";
import { onePerson, upWith } from "../support/guildnet.ts";
import { removeTestStacks } from "../support/removal.ts";

/** On its own it needs something to remove. */
beforeAll(async () => {
  if (process.env.GUILDNET_TEST_CENSUS === undefined) await upWith(onePerson);
});

test("a machine is as it was once its stacks are destroyed: no process, mount, loop device, link, route, table, port, cgroup, setting or file", async () => {
  await removeTestStacks();
  // A process that has given up all it held is listed until its parent has asked how it ended.
  await vi.waitFor(async () => expect(added(inject("before"), await census())).toEqual({}), {
    timeout: 10_000,
    interval: 250,
  });
});
