import { afterAll, describe, expect, test } from "vitest";
import { changesAhead, configure, exportedState, guildnet, kubectl, mustGuildnet, nameOf, onePerson } from "../support/guildnet.ts";
import { PortalClient } from "../support/portal-client.ts";

const withGrace = { workspaces: [...onePerson.workspaces, { owner: "grace" }] };

describe("one more workspace", () => {
  afterAll(() => configure(onePerson));

  test("touches only its own resources in the preview", async () => {
    configure(withGrace);
    const steps = await changesAhead();
    const own = steps.filter((step) => nameOf(step) === "grace" || nameOf(step).startsWith("grace-"));
    expect(own.length).toBeGreaterThan(10);
    // The stack itself is listed for its outputs: the list of workspaces grows.
    expect(steps.filter((step) => !own.includes(step) && !step.urn.includes("pulumi:pulumi:Stack"))).toEqual([]);
  });

  test("opens for its owner through the portal, and for nobody else", async () => {
    const before = await kubectl("get", "pods", "--all-namespaces", "--selector", "app.kubernetes.io/name=portal", "--output", "jsonpath={.items[*].metadata.uid}");
    await mustGuildnet("up");
    expect(await kubectl("get", "pods", "--all-namespaces", "--selector", "app.kubernetes.io/name=portal", "--output", "jsonpath={.items[*].metadata.uid}")).toBe(before);

    const grace = await PortalClient.signIn("grace");
    const page = await grace.open("grace");
    expect(page.status).toBe(200);
    expect(page.body).toContain("vscode-workbench-web-configuration");
    const ada = await PortalClient.signIn("ada");
    expect((await ada.open("grace")).status).toBe(404);
  });

  test("goes with its line in the config, and its volume stays to be found again", async () => {
    await kubectl("exec", "--namespace", "ws-grace", "deploy/workspace", "--", "sh", "-c", "echo kept > /home/guild/project/note");
    configure(onePerson);
    await mustGuildnet("up");
    expect(await kubectl("get", "deployments", "--namespace", "ws-grace", "--output", "name")).toBe("");
    configure(withGrace);
    await mustGuildnet("up");
    expect(await kubectl("exec", "--namespace", "ws-grace", "deploy/workspace", "--", "cat", "/home/guild/project/note")).toBe("kept");
  });

  test("goes with its volume once it is told to", async () => {
    configure({ workspaces: [...onePerson.workspaces, { owner: "grace", keepData: false }] });
    await mustGuildnet("up");
    configure(onePerson);
    await mustGuildnet("up");
    const { deployment } = await exportedState();
    expect(deployment.resources?.filter((resource) => nameOf(resource).startsWith("grace"))).toEqual([]);
    const namespace = await kubectl("get", "namespace", "ws-grace", "--ignore-not-found", "--output", "name");
    expect(namespace).toBe("");
  });
});

describe("drift", () => {
  afterAll(async () => {
    await kubectl("scale", "--namespace", "ws-ada", "deploy/workspace", "--replicas", "1");
    await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "60s");
  });

  test("an edited Deployment and a deleted Service are found by refresh and repaired by up, and a stopped workspace stays stopped", async () => {
    const deployment = (path: string) => kubectl("get", "deploy", "--namespace", "ws-ada", "workspace", "--output", `jsonpath={.spec.${path}}`);
    await kubectl("scale", "--namespace", "ws-ada", "deploy/workspace", "--replicas", "0");
    await kubectl("set", "env", "--namespace", "ws-ada", "deploy/workspace", "GUILDNET_OWNER=mallory");
    await kubectl("delete", "service", "--namespace", "ws-ada", "workspace");
    const refresh = await guildnet("pulumi", ["refresh", "--yes", "--skip-preview"]);
    expect(refresh.exitCode).toBe(0);
    const steps = await changesAhead();
    expect(steps.map((step) => `${step.op} ${nameOf(step)}`).sort()).toEqual(expect.arrayContaining(["create ada-service", "update ada-deployment"]));
    await mustGuildnet("up");
    expect(await deployment("template.spec.containers[0].env[?(@.name=='GUILDNET_OWNER')].value")).toBe("ada");
    expect(await kubectl("get", "service", "--namespace", "ws-ada", "workspace", "--output", "name")).toBe("service/workspace");
    expect(await changesAhead()).toEqual([]);
    expect(await deployment("replicas")).toBe("0");
  });
});
