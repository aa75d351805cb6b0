import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  apply,
  changesAhead,
  configure,
  everything,
  kubectl,
  mustGuildnet,
  portalUrl,
  upWith,
} from "../support/guildnet.ts";
import { inWorkspace, layout, makeImage, push, registryHost as host } from "../support/hello/image.ts";
import { PortalClient } from "../support/portal-client.ts";

const soon = { timeout: 90_000, interval: 500 };

beforeAll(async () => {
  await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
});

afterAll(async () => {
  await kubectl("delete", "pod", "hello", "--namespace", "default", "--ignore-not-found", "--grace-period", "1");
  await upWith(everything);
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

describe("an app", () => {
  const hello = { name: "hello", owner: "ada", image: `${host}/ada/hello:1`, port: 8080 };
  const page = { headers: expect.anything(), status: 200, body: "second" };

  test("runs an image that was made in a workspace, under a host name of its own, for its owner alone", async () => {
    configure({ ...everything, people: { ada: {}, bob: {}, grace: {} }, apps: [hello] });
    await mustGuildnet("up");
    expect(await changesAhead()).toEqual([]);
    expect(await (await PortalClient.signIn("ada")).open("hello")).toMatchObject(page);
    expect((await (await PortalClient.signIn("grace")).open("hello")).status).toBe(404);
    expect((await PortalClient.anonymous().open("hello")).url).toContain(`${portalUrl}/open/hello`);
  });

  test("is opened to members, and to everybody, by a word in the config, and not started anew for it", async () => {
    const uid = () =>
      kubectl("get", "pods", "--namespace", "app-hello", "--output", "jsonpath={.items[*].metadata.uid}");
    const before = await uid();
    configure({ ...everything, people: { ada: {}, bob: {}, grace: {} }, apps: [{ ...hello, visibility: "members" }] });
    await mustGuildnet("up");
    const grace = await PortalClient.signIn("grace");
    await vi.waitFor(async () => expect(await grace.open("hello")).toMatchObject(page), soon);
    expect((await PortalClient.anonymous().open("hello")).status).toBe(401);
    configure({ ...everything, people: { ada: {}, bob: {}, grace: {} }, apps: [{ ...hello, visibility: "public" }] });
    await mustGuildnet("up");
    const anybody = PortalClient.anonymous();
    await vi.waitFor(async () => expect(await anybody.open("hello")).toMatchObject(page), soon);
    expect(await uid()).toBe(before);
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
