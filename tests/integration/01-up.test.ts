import { execa } from "execa";
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import {
  changesAhead,
  clusterFolder,
  configure,
  guildnet,
  kubectl,
  mustGuildnet,
  nameOf,
  onBareMachine,
  onePerson,
  portalUrl,
  root,
} from "../support/guildnet.ts";

describe("a stack that does not exist yet", () => {
  beforeAll(() => configure(onePerson));

  test("is previewed without a cluster: everything is to be created, and nothing is", async () => {
    const steps = await changesAhead();
    expect(steps.map(({ op }) => op).filter((op) => op !== "create")).toEqual([]);
    expect(steps.map(nameOf)).toEqual(expect.arrayContaining(["cluster-node", "ada-deployment", "portal-deployment"]));
    expect(existsSync(clusterFolder)).toBe(false);
  });

  test("comes up with one command that ends with links", onBareMachine, async () => {
    const text = await mustGuildnet("up");
    expect(text).toContain(`${portalUrl}/sign-in?token=`);
    // Under this the engine puts warnings and errors that outlast their moment.
    expect(text).not.toContain("Diagnostics:");
    expect(text).toContain("https://ada.guildnet-apps.localhost:18090/");
    const pods = JSON.parse(await kubectl("get", "pods", "--all-namespaces", "--output", "json")) as {
      items: { metadata: { namespace: string }; status: { phase: string } }[];
    };
    expect(
      pods.items
        .filter(({ metadata }) => ["ws-ada", "guildnet-portal", "kube-system"].includes(metadata.namespace))
        .map(({ status }) => status.phase),
    ).toEqual(["Running", "Running", "Running"]);
  });
});

describe("a stack that is up", () => {
  test("is unchanged by a second up", async () => {
    expect(await mustGuildnet("up")).toContain("is unchanged");
  });

  test("has nothing to preview", async () => {
    expect(await changesAhead()).toEqual([]);
  });

  test("reports every address as answering", async () => {
    const { exitCode, all } = await guildnet("status");
    expect(all).not.toContain("✖");
    expect(exitCode).toBe(0);
    expect(await mustGuildnet("verify")).toContain("is well");
  });

  test("left the checkout as it was", async () => {
    const tracked = await execa(
      "git",
      ["status", "--porcelain", "--untracked-files=all", "--", "Pulumi.yaml", "Pulumi.*.yaml"],
      { cwd: root },
    );
    expect(tracked.stdout).toBe("");
  });
});
