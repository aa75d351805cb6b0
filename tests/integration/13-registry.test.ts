import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  apply,
  changesAhead,
  configure,
  everything,
  kubectl,
  mustGuildnet,
  portalUrl,
  root,
  upWith,
} from "../support/guildnet.ts";
import { PortalClient } from "../support/portal-client.ts";

const host = "registry.guildnet-registry.svc";
const soon = { timeout: 90_000, interval: 500 };
const layout = "/tmp/image",
  files = "/tmp/rootfs";

beforeAll(async () => {
  await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
});

afterAll(async () => {
  await kubectl("delete", "pod", "hello", "--namespace", "default", "--ignore-not-found", "--grace-period", "1");
  await upWith(everything);
});

describe("the registry", () => {
  test("has nothing to tidy up before anything is pushed, and ends well", async () => {
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

/** An image that serves what it says, made of the workspace's own files by its own means. */
async function makeImage(says: string): Promise<void> {
  const libraries = (await inWorkspace("ldd", "/usr/bin/perl")).match(/\/\S+/g) ?? [];
  expect(libraries.length).toBeGreaterThan(2);
  const modules = await inWorkspace(
    "perl",
    "-MIO::Socket::INET",
    "-MFile::Basename",
    "-e",
    'print dirname($INC{"strict.pm"})',
  );
  await inWorkspace("rm", "-rf", layout, files);
  await inWorkspace("mkdir", files);
  await inWorkspace("cp", "--recursive", "--parents", "--dereference", "/usr/bin/perl", modules, ...libraries, files);
  await write(`${files}/serve.pl`, readFileSync(join(root, "tests/support/hello/serve.pl"), "utf8"));
  await write(`${files}/says`, says);
  await inWorkspace("umoci", "init", "--layout", layout);
  await inWorkspace("umoci", "new", "--image", `${layout}:app`);
  await inWorkspace("umoci", "insert", "--rootless", "--image", `${layout}:app`, files, "/");
  await inWorkspace(
    "umoci",
    "config",
    "--image",
    `${layout}:app`,
    "--config.entrypoint",
    "/usr/bin/perl",
    "--config.cmd",
    "/serve.pl",
  );
}

async function write(path: string, content: string): Promise<void> {
  await inWorkspace("perl", "-e", "open my $file, '>', $ARGV[0] or die; print $file $ARGV[1]", path, content);
}

function push(name: string): Promise<string> {
  return inWorkspace("skopeo", "copy", `oci:${layout}:app`, `docker://${host}/${name}`);
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

function inWorkspace(...command: string[]): Promise<string> {
  return kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", ...command);
}
