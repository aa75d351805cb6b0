import { expect, it, vi } from "vitest";
import type { Kubectl } from "./kubectl.ts";
import { ended, lastWords, waitsFor, type Job, type Pod } from "./objects.ts";
import { followJob, runJob, withEnvironment } from "./run-job.ts";

const finished = (type: string, message = ""): Job => ({
  metadata: { name: "now" },
  status: { conditions: [{ type, status: "True", message, lastTransitionTime: "2026-01-02T03:04:05Z" }] },
});
const template: Job = {
  metadata: { name: "now" },
  spec: {
    template: {
      spec: {
        containers: [
          {
            name: "restic",
            env: [
              { name: "SNAPSHOT", value: "latest" },
              { name: "HOME", value: "/" },
            ],
          },
        ],
      },
    },
  },
};

it("tells how a job ended", () => {
  expect(ended(finished("Complete"))).toEqual({ ok: true, message: "", at: "2026-01-02T03:04:05Z" });
  expect(ended(finished("Failed", "too late"))).toMatchObject({ ok: false, message: "too late" });
  expect(
    ended({ metadata: { name: "now" }, status: { conditions: [{ type: "FailureTarget", status: "True" }] } }),
  ).toBeUndefined();
});

it("tells why a pod doesn't run, and what it said at its end", () => {
  expect(
    waitsFor({
      metadata: { name: "p" },
      status: { conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes are available" }] },
    }),
  ).toBe("0/1 nodes are available");
  expect(
    waitsFor({
      metadata: { name: "p" },
      status: { containerStatuses: [{ name: "c", state: { waiting: { reason: "ErrImagePull" } } }] },
    }),
  ).toBe("ErrImagePull");
  expect(
    lastWords({
      metadata: { name: "p" },
      status: {
        containerStatuses: [{ name: "c", state: { terminated: { exitCode: 12, message: "wrong password\n" } } }],
      },
    }),
  ).toEqual({ exitCode: 12, message: "wrong password" });
});

it("changes variables that a template has, and adds none", () => {
  const [container] = withEnvironment(template, { SNAPSHOT: "abc", OTHER: "x" }).spec?.template.spec.containers ?? [];
  expect(container?.env).toEqual([
    { name: "SNAPSHOT", value: "abc" },
    { name: "HOME", value: "/" },
  ]);
  expect(template.spec?.template.spec.containers[0]?.env?.[0]?.value).toBe("latest");
});

/** A cluster in which the job goes through these states, one for each look. */
function cluster(states: Job[], pod: Pod, log: string): Kubectl {
  const left = [...states];
  return async (args) => {
    const [verb, kind] = args;
    if (verb === "create") return JSON.stringify(template);
    if (verb === "get" && kind === "job") return JSON.stringify(left.length > 1 ? left.shift() : left[0]);
    if (verb === "get" && kind === "pods") return JSON.stringify({ items: [pod] });
    if (verb === "logs") return log;
    throw new Error(`unexpected: kubectl ${args.join(" ")}`);
  };
}

const pod: Pod = {
  metadata: { name: "now-1" },
  status: { phase: "Running", containerStatuses: [{ name: "restic", state: { terminated: { exitCode: 3 } } }] },
};

it("shows what goes on until a job's end, and gives back what it printed", async () => {
  const report = vi.fn();
  const kubectl = cluster([template, finished("Complete")], pod, "first\nlast\n");
  expect(await runJob(kubectl, { namespace: "ws-ada", from: "backup", name: "now" }, report)).toBe("first\nlast\n");
  expect(report.mock.calls).toEqual([["last"]]);
});

it("ends with the last words of a job that failed", async () => {
  const kubectl = cluster(
    [finished("Failed", "Job has reached the specified backoff limit")],
    pod,
    "some files could not be read\n",
  );
  await expect(followJob(kubectl, "ws-ada", "now", () => {})).rejects.toThrow(
    /backoff limit \(exit code 3\)\n\nsome files could not be read/,
  );
});

it.each([
  ["is gone, as of a job that took too long", "", /^The job now failed: too long/],
  ["is there, and can't be read", "pod/now-1", /no connection/],
])("tells how a job ended whose pod, asked for its log, %s", async (_what, found, message) => {
  const kubectl: Kubectl = async (args) => {
    if (args[0] === "logs") throw new Error("no connection");
    if (args[0] === "get" && args[1] === "pod") return found;
    return cluster([finished("Failed", "too long")], pod, "")(args);
  };
  await expect(followJob(kubectl, "ws-ada", "now", () => {})).rejects.toThrow(message);
});
