import { beforeAll, expect, test, vi } from "vitest";
import { declaredWorkloads } from "../../cli/status/declared.ts";
import type { StackState } from "../../engine/stack-state.ts";
import type { Declared } from "../../images/pod/workload-words.ts";
import { everything, exportedState, guildnet, kubectl, mustGuildnet, stack, upUnlessUp } from "../support/guildnet.ts";

const soon = { timeout: 60_000, interval: 500 };

/** An image that no node can have. */
const image = "registry.invalid/none:1";

interface Live {
  spec: { suspend?: boolean; template: { spec: { containers: { name: string }[] } } };
}

async function patch({ kind, namespace, name }: Declared["workload"], change: object): Promise<void> {
  await kubectl("patch", kind, name, "--namespace", namespace, "--patch", JSON.stringify(change));
}

/** Gives a workload a pod that can't start, or, where it runs by the clock, keeps it from that. */
async function breakWorkload({ workload }: Declared): Promise<void> {
  const { kind, namespace, name } = workload;
  if (kind === "CronJob") return patch(workload, { spec: { suspend: true } });
  const { spec } = JSON.parse(await kubectl("get", kind, name, "--namespace", namespace, "--output", "json")) as Live;
  const containers = spec.template.spec.containers.map((container) => ({ name: container.name, image }));
  return patch(workload, { spec: { template: { spec: { containers } } } });
}

beforeAll(() => upUnlessUp(everything));

test("verify fails by every system that is broken, and passes once `up` has put all of them right", async () => {
  expect(await mustGuildnet("verify")).toContain(`The stack ${stack} is well`);
  const declared = declaredWorkloads((await exportedState()) as StackState);
  expect(declared.length).toBeGreaterThan(12);

  await Promise.all(declared.map(breakWorkload));
  await kubectl("delete", "networkpolicy", "--namespace", "ws-ada", "--all");
  await vi.waitFor(async () => {
    const { exitCode, all } = await guildnet("verify", ["--patience", "0"]);
    const failing = all.split("\n").flatMap((line) => /^✖ {2}(.+?) {2}/.exec(line)?.[1] ?? []);
    expect(failing).toEqual(
      expect.arrayContaining([...declared.map(({ what }) => what), expect.stringMatching(/^NetworkPolicy ws-ada\//)]),
    );
    expect(exitCode).toBe(1);
  }, soon);

  await mustGuildnet("up");
  for (const { workload } of declared)
    if (workload.kind === "CronJob") await patch(workload, { spec: { suspend: false } });
  expect(await mustGuildnet("verify")).toContain(`The stack ${stack} is well`);
});
