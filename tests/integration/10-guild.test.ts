import { beforeAll, describe, expect, test, vi } from "vitest";
import { configure, everything, guildnet, kubectl, mustGuildnet, onBareMachine, portalUrl, trustedCertificate } from "../support/guildnet.ts";
import { openNamespace, reaches } from "../support/network.ts";

const soon = { timeout: 60_000, interval: 500 };

/** What `status` calls the systems of the stack that the checkout comes with. */
const systems = [
  "cluster guildnet-guild-cluster", "cluster DNS", "storage", "portal", "workspace ada", "workspace bob",
  "headscale", "mesh DNS", "subnet router", "load balancer controller", "load balancer speaker",
  "certificates cert-manager-controller", "certificates cert-manager-webhook", "certificates cert-manager-cainjector",
  "registry", "registry collector", "backup server", "backup headscale", "backup registry", "backup ada", "backup bob",
];

describe("a guild with every system", () => {
  let authority = "";

  beforeAll(() => {
    const { certificates, ...without } = everything;
    expect(certificates).toBeDefined();
    configure(without);
  });

  test("comes up with one command, all but one", onBareMachine, async () => {
    const text = await mustGuildnet("up");
    expect(text).toContain(`${portalUrl}/sign-in?token=`);
    expect(text).not.toContain("Diagnostics:");
    authority = trustedCertificate();
  });

  test("gets that one too, with the certificate authority that people trust already", async () => {
    configure(everything);
    await mustGuildnet("up");
    expect(trustedCertificate()).toBe(authority);
  });

  test("runs all of it as pods, none of which had to be started twice", async () => {
    interface Pod { metadata: { name: string; namespace: string }; status: { phase: string; containerStatuses?: { restartCount: number }[] } }
    const { items } = JSON.parse(await kubectl("get", "pods", "--all-namespaces", "--output", "json")) as { items: Pod[] };
    expect(items.length).toBeGreaterThan(12);
    expect(items.filter(({ status }) => !["Running", "Succeeded"].includes(status.phase)).map(({ metadata }) => metadata.name)).toEqual([]);
    expect(items.filter(({ status }) => status.containerStatuses?.some(({ restartCount }) => restartCount > 0)).map(({ metadata }) => metadata.name)).toEqual([]);
  });

  test("keeps people's workspaces from each other, whatever either of them allows alone", async () => {
    const ide = "workspace.ws-bob.svc:8080";
    expect(await reaches("ws-ada", ide)).toBe(false);
    await openNamespace("ws-ada", "Egress");
    await vi.waitFor(async () => expect(await reaches("ws-ada", "kubernetes.default.svc:443")).toBe(true), soon);
    expect(await reaches("ws-ada", ide)).toBe(false);
    await openNamespace("ws-bob", "Ingress");
    await vi.waitFor(async () => expect(await reaches("ws-ada", ide)).toBe(true), soon);
    for (const [namespace, name] of [["ws-ada", "open-egress"], ["ws-bob", "open-ingress"]]) await kubectl("delete", "networkpolicy", "--namespace", namespace!, name!);
    await vi.waitFor(async () => expect(await reaches("ws-ada", ide)).toBe(false), soon);
  });

  test("lists every system with its address, and each is well", async () => {
    await vi.waitFor(async () => {
      const { exitCode, all } = await guildnet("status");
      const names = all.split("\n").map((line) => /^✔ {2}(.+?) {2}/.exec(line)?.[1]).filter((name) => name !== undefined);
      expect(all).not.toContain("✖");
      expect(names).toEqual(expect.arrayContaining(systems));
      expect(exitCode).toBe(0);
    }, soon);
  });
});
