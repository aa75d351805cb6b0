import { afterAll, describe, expect, test, vi } from "vitest";
import { quantity } from "../../components/kube/quantity.ts";
import { images } from "../../components/versions.ts";
import { apply, kubectl } from "../support/guildnet.ts";

const soon = { timeout: 90_000, interval: 500 };

afterAll(async () => {
  await kubectl("delete", "job", "--namespace", "batch-ada", "--all", "--ignore-not-found");
  await scaleWorkspace(1);
});

describe("what people wait for and what can wait", () => {
  test("have classes of their own", async () => {
    const classOf = (namespace: string) =>
      kubectl("get", "pods", "--namespace", namespace, "--output", "jsonpath={.items[0].spec.priorityClassName}");
    expect(await classOf("ws-ada")).toBe("guildnet-interactive");
    expect(await classOf("guildnet-portal")).toBe("guildnet-platform");
  });

  test("a job that fills the node yields to a workspace that starts, and goes on once there is room again", async () => {
    await scaleWorkspace(0);
    await vi.waitFor(async () => expect(await pods("ws-ada")).toEqual([]), soon);
    const job = jobAsking(await freeCpu());
    expect(await apply(job)).toMatchObject({ exitCode: 0 });
    await vi.waitFor(async () => expect(await pods("batch-ada")).toEqual(["Running"]), soon);
    expect(await freeCpu()).toBe(0);

    await scaleWorkspace(1);
    await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
    await vi.waitFor(async () => expect(await pods("batch-ada")).toEqual(["Pending"]), soon);
    expect(
      await kubectl(
        "get",
        "events",
        "--namespace",
        "batch-ada",
        "--field-selector",
        "reason=Preempted",
        "--output",
        "name",
      ),
    ).not.toBe("");

    await scaleWorkspace(0);
    await vi.waitFor(async () => expect(await pods("batch-ada")).toEqual(["Running"]), soon);
  });
});

describe("a quota", () => {
  test("refuses a job's pod that asks for more than its owner has, and says which quota it is", async () => {
    const { exitCode, stderr } = await apply(pod("batch-ada", "guildnet-batch", { cpu: "63", memory: "65Gi" }));
    expect(exitCode).not.toBe(0);
    // The limits of a container are checked first: no single one may ask for all of more than there is.
    expect(stderr).toContain("maximum memory usage per Container is 64Gi");
    const two = await apply({ ...pod("batch-ada", "guildnet-batch", { cpu: "33", memory: "1Gi" }, 2) });
    expect(two.exitCode).not.toBe(0);
    expect(two.stderr).toMatch(/exceeded quota: batch, requested: .*cpu=66.*limited: .*cpu=64/);
  });

  test("lets nothing but batch pods into a batch space", async () => {
    for (const priorityClass of ["guildnet-platform", "guildnet-interactive", undefined]) {
      const { exitCode, stderr } = await apply(pod("batch-ada", priorityClass, { cpu: "10m", memory: "16Mi" }));
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain("exceeded quota: other-classes, requested: pods=1");
    }
  });

  test("holds a workspace's namespace to its size", async () => {
    const { exitCode, stderr } = await apply(pod("ws-ada", undefined, { cpu: "2", memory: "4Gi" }, 3));
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("exceeded quota: workspace");
  });
});

async function scaleWorkspace(replicas: number): Promise<void> {
  await kubectl("scale", "--namespace", "ws-ada", "deploy/workspace", "--replicas", String(replicas));
}

interface Pod {
  metadata: { deletionTimestamp?: string };
  spec: { containers: { resources?: { requests?: { cpu?: string } } }[] };
  status: { phase: string };
}

/** Phases of the pods of a namespace that haven't ended. */
async function pods(namespace: string): Promise<string[]> {
  const { items } = JSON.parse(await kubectl("get", "pods", "--namespace", namespace, "--output", "json")) as {
    items: Pod[];
  };
  return items.map(({ status }) => status.phase).filter((phase) => !["Failed", "Succeeded"].includes(phase));
}

/** Thousandths of a core of the node that no pod has asked for. */
async function freeCpu(): Promise<number> {
  const allocatable = await kubectl("get", "nodes", "--output", "jsonpath={.items[0].status.allocatable.cpu}");
  const { items } = JSON.parse(
    await kubectl(
      "get",
      "pods",
      "--all-namespaces",
      "--field-selector",
      "status.phase!=Failed,status.phase!=Succeeded",
      "--output",
      "json",
    ),
  ) as { items: Pod[] };
  const asked = items.flatMap(({ spec }) =>
    spec.containers.map(({ resources }) => quantity(resources?.requests?.cpu ?? "0")),
  );
  return Math.round(1000 * (quantity(allocatable) - asked.reduce((sum, cores) => sum + cores, 0)));
}

/** @param cpu thousandths of a core */
function jobAsking(cpu: number): object {
  const { spec } = pod("batch-ada", "guildnet-batch", { cpu: `${cpu}m`, memory: "16Mi" });
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "fill", namespace: "batch-ada" },
    spec: {
      backoffLimit: 0,
      // To be put off is no failure.
      podFailurePolicy: { rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }] },
      template: { spec },
    },
  };
}

function pod(
  namespace: string,
  priorityClassName: string | undefined,
  size: { cpu: string; memory: string },
  containers = 1,
) {
  const container = (name: string) => ({
    name,
    image: images.localPathProvisioner,
    // Doesn't end by itself when it is asked to, which would count as done.
    command: ["sleep", "3600"],
    resources: { requests: size, limits: size },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "asking", namespace },
    spec: {
      priorityClassName,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: Array.from({ length: containers }, (_, index) => container(`c${index}`)),
    },
  };
}
