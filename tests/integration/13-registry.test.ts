import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { apply, everything, kubectl, upUnlessUp } from "../support/guildnet.ts";
import { inWorkspace, layout, makeImage, push, registryHost as host } from "../support/hello/image.ts";

const soon = { timeout: 90_000, interval: 500 };

// What comes of an image that is run as an app is told by 12-whole.

beforeAll(async () => {
  await upUnlessUp(everything);
  await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
});

afterAll(async () => {
  await kubectl("delete", "pod", "hello", "--namespace", "default", "--ignore-not-found", "--grace-period", "1");
});

describe("the registry", () => {
  test("has nothing to tidy up as long as tags lead to all that there is, and ends well", async () => {
    expect(await collect()).toContain("0 manifests and 0 blobs removed");
  });

  test("takes an image that was made in a workspace, and the node runs it", async () => {
    await makeImage("first");
    await push("ada/hello:1");
    expect(await run("ada/hello:1")).toBe("first");
  });

  test("takes none for another's name, whatever the way it is asked", async () => {
    for (const name of ["bob/hello:1", "hello:1", "ada-2/hello:1"])
      await expect(push(name), name).rejects.toThrow(/unauthorized|denied/);
    await expect(
      inWorkspace("skopeo", "copy", "--dest-no-creds", `oci:${layout}:app`, `docker://${host}/ada/hello:2`),
    ).rejects.toThrow(/unauthorized|denied/);
    await expect(
      inWorkspace("skopeo", "copy", "--dest-creds", "ada:a-guess", `oci:${layout}:app`, `docker://${host}/ada/hello:2`),
    ).rejects.toThrow(/unauthorized|denied|invalid username/);
    expect(await inWorkspace("skopeo", "list-tags", `docker://${host}/ada/hello`)).toContain('"1"');
  });

  test("lets everybody in the cluster pull", async () => {
    expect(await inWorkspace("skopeo", "inspect", "--no-creds", `docker://${host}/ada/hello:1`)).toContain('"Digest"');
  });

  test("forgets what no tag leads to any more, and keeps the rest", async () => {
    const before = await inWorkspace("skopeo", "inspect", "--format", "{{.Digest}}", `docker://${host}/ada/hello:1`);
    await makeImage("second");
    await push("ada/hello:1");
    expect(await collect()).toMatch(/: 1 manifests and [1-9]\d* blobs removed/);
    await expect(inWorkspace("skopeo", "inspect", `docker://${host}/ada/hello@${before}`)).rejects.toThrow(
      /manifest unknown/,
    );
    expect(await run("ada/hello:1")).toBe("second");
  });

  test("has its images after its pod was killed", async () => {
    await kubectl(
      "delete",
      "pod",
      "--namespace",
      "guildnet-registry",
      "--selector",
      "app.kubernetes.io/name=registry",
      "--grace-period",
      "0",
      "--force",
    );
    await kubectl("rollout", "status", "--namespace", "guildnet-registry", "deploy/registry", "--timeout", "90s");
    expect(await run("ada/hello:1")).toBe("second");
  });
});

/** Has garbage collected now. @returns what that says */
async function collect(): Promise<string> {
  await kubectl("create", "job", "--namespace", "guildnet-registry", "collect-now", "--from", "cronjob/collector");
  await kubectl(
    "wait",
    "--namespace",
    "guildnet-registry",
    "--for",
    "condition=complete",
    "--timeout",
    "90s",
    "job/collect-now",
  );
  const said = await kubectl("logs", "--namespace", "guildnet-registry", "job/collect-now");
  await kubectl("delete", "job", "--namespace", "guildnet-registry", "collect-now");
  return said;
}

/** Runs an image as a pod, pulled anew. @returns what it says */
async function run(name: string): Promise<string> {
  await kubectl("delete", "pod", "hello", "--namespace", "default", "--ignore-not-found", "--grace-period", "1");
  const { stderr, exitCode } = await apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "hello", namespace: "default" },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "hello",
          image: `${host}/${name}`,
          imagePullPolicy: "Always",
          args: ["-pe", "", "/says"],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  });
  expect(exitCode, stderr).toBe(0);
  await vi.waitFor(
    async () =>
      expect(
        await kubectl("get", "pod", "hello", "--namespace", "default", "--output", "jsonpath={.status.phase}"),
      ).toBe("Succeeded"),
    soon,
  );
  return kubectl("logs", "--namespace", "default", "hello");
}
