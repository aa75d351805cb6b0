import { afterAll, describe, expect, test } from "vitest";
import {
  changesAhead,
  configure,
  exportedState,
  guildnet,
  kubectl,
  mustGuildnet,
  nameOf,
  onePerson,
} from "../support/guildnet.ts";
import { PortalClient } from "../support/portal-client.ts";

const withGrace = { workspaces: [...onePerson.workspaces, { owner: "grace" }] };

describe("one more workspace", () => {
  afterAll(() => configure(onePerson));

  test("touches only its own resources in the preview, and the portal's list of people", async () => {
    configure(withGrace);
    const steps = await changesAhead();
    const own = steps.filter((step) => nameOf(step) === "grace" || nameOf(step).startsWith("grace-"));
    expect(own.length).toBeGreaterThan(10);
    // The stack itself is listed for its outputs: the list of workspaces grows.
    const others = steps.filter((step) => !own.includes(step) && !step.urn.includes("pulumi:pulumi:Stack"));
    expect(others.map((step) => `${nameOf(step)} ${step.op}`)).toEqual(["portal-people update"]);
  });

  test("opens for its owner through the portal, and for nobody else", async () => {
    const before = await kubectl(
      "get",
      "pods",
      "--all-namespaces",
      "--selector",
      "app.kubernetes.io/name=portal",
      "--output",
      "jsonpath={.items[*].metadata.uid}",
    );
    await mustGuildnet("up");
    expect(
      await kubectl(
        "get",
        "pods",
        "--all-namespaces",
        "--selector",
        "app.kubernetes.io/name=portal",
        "--output",
        "jsonpath={.items[*].metadata.uid}",
      ),
    ).toBe(before);

    const grace = await PortalClient.signIn("grace");
    const page = await grace.open("grace");
    expect(page.status).toBe(200);
    expect(page.body).toContain("vscode-workbench-web-configuration");
    const ada = await PortalClient.signIn("ada");
    expect((await ada.open("grace")).status).toBe(404);
  });

  test("goes with its line in the config, and its volume stays to be found again", async () => {
    await kubectl(
      "exec",
      "--namespace",
      "ws-grace",
      "deploy/workspace",
      "--",
      "sh",
      "-c",
      "echo kept > /home/guild/project/note",
    );
    configure(onePerson);
    await mustGuildnet("up");
    expect(await kubectl("get", "deployments", "--namespace", "ws-grace", "--output", "name")).toBe("");
    configure(withGrace);
    await mustGuildnet("up");
    expect(
      await kubectl("exec", "--namespace", "ws-grace", "deploy/workspace", "--", "cat", "/home/guild/project/note"),
    ).toBe("kept");
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

  test("in every kind of object is told by status and put right by up, and a stopped workspace stays stopped", async () => {
    const deployment = (path: string) =>
      kubectl("get", "deploy", "--namespace", "ws-ada", "workspace", "--output", `jsonpath={.spec.${path}}`);
    await kubectl("scale", "--namespace", "ws-ada", "deploy/workspace", "--replicas", "0");
    await kubectl("set", "env", "--namespace", "ws-ada", "deploy/workspace", "GUILDNET_OWNER=mallory");
    await kubectl("delete", "service,secret,resourcequota", "--namespace", "ws-ada", "--all");
    await kubectl("delete", "networkpolicy", "--namespace", "ws-ada", "deny-all");
    await kubectl(
      "patch",
      "networkpolicy",
      "--namespace",
      "ws-ada",
      "to-internet",
      "--type",
      "merge",
      "--patch",
      JSON.stringify({ spec: { egress: [{}] } }),
    );
    await kubectl("label", "namespace", "ws-ada", "pod-security.kubernetes.io/enforce=privileged", "--overwrite");
    const drifted = [
      "Deployment ws-ada/workspace",
      "Service ws-ada/workspace",
      "Secret ws-ada/ide-access",
      "ResourceQuota ws-ada/workspace",
      "NetworkPolicy ws-ada/deny-all",
      "NetworkPolicy ws-ada/to-internet",
      "Namespace ws-ada",
    ];
    const status = await guildnet("status");
    expect(status.exitCode).toBe(1);
    for (const object of drifted) expect(status.all).toContain(object);

    const said = await mustGuildnet("up");
    for (const object of drifted) expect(said).toContain(`${object}: `);
    expect(await deployment("template.spec.containers[0].env[?(@.name=='GUILDNET_OWNER')].value")).toBe("ada");
    expect(
      await kubectl("get", "service,secret,resourcequota,networkpolicy", "--namespace", "ws-ada", "--output", "name"),
    ).toMatch(/service\/workspace[^]*secret\/ide-access[^]*resourcequota\/workspace[^]*networkpolicy[^]*deny-all/);
    expect(
      await kubectl(
        "get",
        "networkpolicy",
        "--namespace",
        "ws-ada",
        "to-internet",
        "--output",
        "jsonpath={.spec.egress}",
      ),
    ).toContain("except");
    expect(
      await kubectl(
        "get",
        "namespace",
        "ws-ada",
        "--output",
        "jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}",
      ),
    ).toBe("restricted");
    expect(await changesAhead()).toEqual([]);
    expect(await deployment("replicas")).toBe("0");
    expect(await mustGuildnet("up")).toContain("is unchanged");
  });
});
