import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { exampleCluster, joined, removeExample, upExample } from "../support/example.ts";
import {
  changesAhead,
  configure,
  examplePorts,
  guildnet,
  kubeconfig,
  kubectl,
  kubectlOn,
  mustGuildnet,
  nameOf,
  onePerson,
  ports,
  stackFiles,
  upWith,
  type StackConfig,
} from "../support/guildnet.ts";
import { PortalClient } from "../support/portal-client.ts";

/** Homes that are files of their size. */
const reserved = {
  cluster: { kind: "embedded", apiPort: ports.api, volumeSizes: "reserved" },
  workspaces: [{ ...onePerson.workspaces[0], owner: "ada", storage: "1Gi" }],
};
const people = { workspaces: [{ owner: "lin" }] };
const theirs = join(exampleCluster, "kubeconfig");
const soon = { timeout: 90_000, interval: 250 };
let cluster: StackConfig;

beforeAll(async () => {
  await upWith(reserved);
  cluster = await upExample();
});
afterAll(removeExample);

describe("two clusters on one machine", () => {
  test("run side by side, with the same addresses inside and nothing in common", async () => {
    const dns = [
      "get",
      "service",
      "--namespace",
      "kube-system",
      "kube-dns",
      "--output",
      "jsonpath={.spec.clusterIP} {.metadata.uid}",
    ];
    const [ours, other] = [(await kubectl(...dns)).split(" "), (await kubectlOn(theirs, ...dns)).split(" ")];
    expect(other[0]).toBe(ours[0]);
    expect(other[1]).not.toBe(ours[1]);
    expect(await kubectlOn(theirs, "get", "namespace", "ws-ada", "--ignore-not-found", "--output", "name")).toBe("");
    expect((await guildnet("status")).exitCode).toBe(0);
    expect(await changesAhead()).toEqual([]);
  });
});

describe("a home whose size holds", () => {
  test("takes nothing beyond it, which its person is told, and is found again by the next up", async () => {
    const inHome = (script: string) =>
      kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", "sh", "-c", script);
    expect(await inHome("dd if=/dev/zero of=/home/guild/big bs=1M 2>&1; true")).toContain("No space left on device");
    const ada = await PortalClient.signIn("ada");
    expect((await ada.open("ada")).status).toBe(200);
    expect((await guildnet("status")).all).toMatch(/volume home +ws-ada +nearly full/);
    await vi.waitFor(
      async () =>
        expect(
          await kubectl(
            "get",
            "configmap",
            "--namespace",
            "guildnet-portal",
            "machine",
            "--output",
            "jsonpath={.data.full-homes}",
          ),
        ).toBe("ada"),
      soon,
    );
    await inHome("rm /home/guild/big; echo saved >/home/guild/saved; sync");
    await mustGuildnet("down");
    await mustGuildnet("up");
    await vi.waitFor(async () => expect(await inHome("cat /home/guild/saved")).toBe("saved"), soon);
    expect((await guildnet("status")).all).not.toContain("nearly full: takes");
  });
});

describe("a guild on a cluster that another stack made", () => {
  test("comes up with one command, and its IDE opens", async () => {
    configure({ ...cluster, ...people }, joined);
    expect(await mustGuildnet("up", [], joined)).toContain("https://lin.guildnet-apps.localhost:18390/");
    const lin = await PortalClient.signIn("lin", joined, `https://guildnet.localhost:${examplePorts.portal}`);
    expect((await lin.open("lin")).body).toContain("vscode-workbench-web-configuration");
  });

  test("is unchanged by a second up", async () => {
    expect(await mustGuildnet("up", [], joined)).toContain("is unchanged");
  });

  test("replaces nothing when it comes with other credentials", async () => {
    const token = await serviceAccountToken();
    const other = join(stackFiles, "other-credentials");
    const found = readFileSync(theirs, "utf8");
    const field = (name: string): string => new RegExp(`${name}: (\\S+)`).exec(found)?.[1] ?? "";
    writeFileSync(
      other,
      stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": "c",
        clusters: [
          {
            name: clusterNameIn(found),
            cluster: { server: field("server"), "certificate-authority-data": field("certificate-authority-data") },
          },
        ],
        users: [{ name: "robot", user: { token } }],
        contexts: [{ name: "c", context: { cluster: clusterNameIn(found), user: "robot" } }],
      }),
    );
    configure({ ...cluster, ...people, cluster: { kind: "existing", kubeconfigPath: other } }, joined);
    const steps = await changesAhead(joined);
    expect(steps.map((step) => `${step.op} ${nameOf(step)}`)).toEqual(
      expect.arrayContaining(["update cluster-kubernetes"]),
    );
    expect(steps.map(({ op }) => op).filter((op) => op !== "update")).toEqual([]);
    await mustGuildnet("up", [], joined);
  });

  test("is kept from a second guild, which would take over its objects", async () => {
    configure({ ...cluster, workspaces: [{ owner: "mallory" }] }, "intruder");
    const { exitCode, all } = await guildnet("up", [], "intruder");
    expect(exitCode).not.toBe(0);
    expect(all).toContain("cluster.kubeconfigPath");
    expect(all).toContain(`the guild of the stack "guildnet.${joined}" lives there`);
    await mustGuildnet("destroy", [], "intruder");
    expect(await kubectlOn(theirs, "get", "namespace", "ws-mallory", "--ignore-not-found", "--output", "name")).toBe(
      "",
    );
  });

  test("is told before anything is applied that its cluster doesn't answer", async () => {
    const gone = join(stackFiles, "gone");
    writeFileSync(gone, readFileSync(kubeconfig, "utf8").replace(/server: \S+/, "server: https://127.0.0.1:1"));
    configure({ ...cluster, ...people, cluster: { kind: "existing", kubeconfigPath: gone } }, joined);
    const { exitCode, all } = await guildnet("up", [], joined);
    expect(exitCode).not.toBe(0);
    expect(all).toMatch(/cluster\.kubeconfigPath[^]*didn't answer \(ECONNREFUSED\)/);
    configure({ ...cluster, ...people }, joined);
    expect(await mustGuildnet("up", [], joined)).not.toMatch(/created|deleted|replaced/);
  });

  test("leaves homes in the cluster when it is destroyed, and finds them again", async () => {
    const inHome = (...command: string[]): Promise<string> =>
      kubectlOn(theirs, "exec", "--namespace", "ws-lin", "deploy/workspace", "--", ...command);
    await inHome("sh", "-c", "echo kept > /home/guild/project/note");
    expect(await mustGuildnet("destroy", [], joined)).toMatch(/Left in the cluster with its data: .*lin-home/);
    expect(await kubectlOn(theirs, "get", "pods", "--namespace", "ws-lin", "--output", "name")).toBe("");
    await mustGuildnet("up", [], joined);
    expect(await inHome("cat", "/home/guild/project/note")).toBe("kept");
    await mustGuildnet("destroy", ["--data"], joined);
    expect(await kubectlOn(theirs, "get", "namespace", "ws-lin", "--ignore-not-found", "--output", "name")).toBe("");
  });
});

describe("the cluster beside ours", () => {
  test("goes without a trace in ours", async () => {
    await removeExample();
    expect((await guildnet("status")).exitCode).toBe(0);
    expect(await changesAhead()).toEqual([]);
  });
});

function clusterNameIn(text: string): string {
  return /clusters:[^]*?name: (\S+)/.exec(text)?.[1] ?? "";
}

/** Another administrator's credentials. */
async function serviceAccountToken(): Promise<string> {
  await kubectlOn(theirs, "create", "serviceaccount", "robot", "--namespace", "default");
  await kubectlOn(
    theirs,
    "create",
    "clusterrolebinding",
    "robot",
    "--clusterrole",
    "cluster-admin",
    "--serviceaccount",
    "default:robot",
  );
  return kubectlOn(theirs, "create", "token", "robot", "--namespace", "default");
}
