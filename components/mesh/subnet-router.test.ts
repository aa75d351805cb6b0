import * as k8s from "@pulumi/kubernetes";
import { describe, expect, test } from "vitest";
import { restrictedViolations } from "../../policy/src/pod-security.ts";
import { record } from "../testing/record.ts";
import type { Registered } from "../testing/record.ts";
import { corefile, MeshDns, zoneFile } from "./dns.ts";
import type { Mesh } from "./mesh.ts";
import { SubnetRouter } from "./subnet-router.ts";
import type { SubnetRouterArgs } from "./subnet-router.ts";
import { plainMesh } from "./testing/mesh.ts";

interface Pod {
  hostAliases: unknown;
  securityContext: object;
  volumes: { name: string }[];
  containers: {
    env: { name: string; value?: string }[];
    volumeMounts: { name: string; mountPath: string }[];
    securityContext: object;
  }[];
}

async function router(args: Partial<SubnetRouterArgs> = {}) {
  const all = await record(
    () =>
      new SubnetRouter(
        "it",
        { mesh: plainMesh, routes: ["10.96.0.0/16", "10.244.0.0/16"], ...args },
        { provider: new k8s.Provider("outer") },
      ),
  );
  const named = (name: string) => {
    const found = all.find((resource) => resource.name === `it-${name}`);
    if (found === undefined) throw new Error(`no it-${name}`);
    return found;
  };
  const pod = (named("deployment").inputs["spec"] as { template: { spec: Pod } }).template.spec;
  return { named, pod, env: Object.fromEntries(pod.containers[0]?.env.map(({ name, value }) => [name, value]) ?? []) };
}

const settings = ({ inputs }: Registered) =>
  JSON.parse((inputs["data"] as Record<string, string>)["config.json"] ?? "") as unknown;
const version = ({ inputs }: Registered) =>
  (inputs["spec"] as { template: { metadata: { annotations: Record<string, string> } } }).template.metadata.annotations[
    "guildnet.io/mounted"
  ];

describe("a subnet router", () => {
  test("advertises its networks to the login server, with a key from a file", async () => {
    const { env, named, pod } = await router();
    expect(env).toMatchObject({
      TS_ROUTES: "10.96.0.0/16,10.244.0.0/16",
      TS_EXTRA_ARGS: "--login-server=https://mesh.example.org:8092",
      TS_AUTHKEY: "file:/etc/guildnet/mesh/auth-key",
      TS_HOSTNAME: "router",
      TS_NO_LOGS_NO_SUPPORT: "true",
    });
    expect(named("auth-key").inputs["stringData"]).toEqual({ secret: { "auth-key": "auth key it-key" } });
    expect(named("key").inputs).toMatchObject({ tags: ["tag:router"], reusable: true });
    expect(pod.hostAliases).toEqual([{ ip: "10.96.3.6", hostnames: ["mesh.example.org"] }]);
  });

  test("keeps its identity on a volume and logs in once", async () => {
    const { env, named, pod } = await router();
    expect(env).toMatchObject({ TS_AUTH_ONCE: "true", TS_STATE_DIR: "/var/lib/tailscale/node" });
    expect(Object.keys(env), "empty, not absent").toContain("TS_KUBE_SECRET");
    expect(env["TS_KUBE_SECRET"]).toBeUndefined();
    expect(pod.containers[0]?.volumeMounts).toContainEqual({ name: "state", mountPath: "/var/lib/tailscale" });
    expect(named("data").retainOnDelete).toBe(true);
    expect(named("deployment").inputs["spec"]).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
  });

  test("asks where the login server is now, whatever its volume remembers", async () => {
    const { env, named, pod } = await router();
    expect(env["TS_TAILSCALED_EXTRA_ARGS"]).toContain("--config=/etc/guildnet/tailscaled/config.json");
    expect(pod.containers[0]?.volumeMounts).toContainEqual({
      name: "settings",
      mountPath: "/etc/guildnet/tailscaled",
      readOnly: true,
    });
    expect(settings(named("settings"))).toEqual({
      version: "alpha0",
      Locked: false,
      ServerURL: "https://mesh.example.org:8092",
    });
    const moved = await router({ mesh: { ...plainMesh, loginServer: "https://mesh.example.org:8093" } });
    expect(settings(moved.named("settings"))).toMatchObject({ ServerURL: "https://mesh.example.org:8093" });
    expect(version(moved.named("deployment")), "it starts anew").not.toBe(version(named("deployment")));
  });

  test("runs as whom its files belong to, on volumes that have some", async () => {
    expect((await router()).pod.securityContext).toMatchObject({ runAsUser: 1000, fsGroup: 1000 });
  });

  test("trusts the guild's authority besides the system's", async () => {
    const { env, named } = await router();
    expect(env["SSL_CERT_DIR"]).toBe("/etc/guildnet/authorities");
    expect(env).not.toHaveProperty("SSL_CERT_FILE");
    expect(named("authorities").inputs["data"]).toEqual({ "guild.crt": "AUTHORITY CERTIFICATE" });
  });

  test("of a tailnet is told nothing about a server or an authority", async () => {
    const tailnet: Mesh = {
      kind: "tailnet",
      baseDomain: "tail1234.ts.net",
      authKey: plainMesh.authKey.bind(plainMesh),
    };
    const { env, named, pod } = await router({ mesh: tailnet });
    for (const name of ["TS_EXTRA_ARGS", "SSL_CERT_DIR", "TS_NO_LOGS_NO_SUPPORT"]) expect(env).not.toHaveProperty(name);
    expect(() => named("authorities")).toThrow();
    expect(settings(named("settings"))).toMatchObject({ ServerURL: "https://controlplane.tailscale.com" });
    expect(pod.volumes.map(({ name }) => name)).not.toContain("authorities");
    expect(pod.hostAliases).toEqual([]);
  });

  test("needs no rights, unless the kernel shall forward", async () => {
    const user = await router();
    expect(restrictedViolations(user.pod)).toEqual([]);
    expect(user.env["TS_USERSPACE"]).toBe("true");
    expect(user.named("namespace").inputs["metadata"]).toMatchObject({
      name: "guildnet-router",
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    });
    const kernel = await router({ mode: "kernel" });
    expect(kernel.env["TS_USERSPACE"]).toBe("false");
    expect(kernel.pod.containers[0]?.securityContext).toMatchObject({ privileged: true });
    expect(kernel.named("namespace").inputs["metadata"]).toMatchObject({
      name: "guildnet-kernel-router",
      labels: { "pod-security.kubernetes.io/enforce": "privileged" },
    });
  });

  test("may talk to pods, its networks, its login server and devices", async () => {
    const { named } = await router({ routes: ["192.168.7.0/24"] });
    expect(named("network-to-networks").inputs["spec"]).toMatchObject({
      egress: [
        { to: [{ namespaceSelector: {} }] },
        { to: [{ ipBlock: { cidr: "192.168.7.0/24" } }] },
        {
          ports: [
            ...[443, 6443, 8092].map((port) => ({ protocol: "TCP", port })),
            { protocol: "UDP", port: 1024, endPort: 65535 },
          ],
        },
      ],
    });
  });

  test("without a network is refused", async () => {
    await expect(router({ routes: [] })).rejects.toThrow("no routes");
  });
});

describe("the mesh's names", () => {
  test("are a zone with a wildcard, and nothing outside of it", () => {
    expect(corefile("apps.guildnet.internal")).toBe(
      [
        "apps.guildnet.internal:1053 {",
        "    errors",
        "    health :8080",
        "    ready :8181",
        "    file /etc/coredns/zone apps.guildnet.internal {",
        "        reload 0",
        "    }",
        "}",
        "",
      ].join("\n"),
    );
    expect(zoneFile("apps.guildnet.internal", { "*": "10.96.3.4" })).toBe(
      [
        "apps.guildnet.internal. 60 IN SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60",
        "apps.guildnet.internal. 60 IN NS ns.invalid.",
        "*.apps.guildnet.internal. 60 IN A 10.96.3.4",
        "",
      ].join("\n"),
    );
  });

  test("may be one name, or all below one", () => {
    expect(zoneFile("guildnet.internal", { portal: "10.96.3.4", "*.apps": "10.96.3.4" })).toContain(
      "*.apps.guildnet.internal. 60 IN A 10.96.3.4\nportal.guildnet.internal. 60 IN A 10.96.3.4\n",
    );
  });

  test.each(["portal.", "Portal", "a.*", "x y"])("are refused where they are none: %s", async (name) => {
    await expect(
      record(
        () =>
          new MeshDns(
            "it",
            { domain: "guildnet.internal", names: { [name]: "10.96.3.4" } },
            { provider: new k8s.Provider("outer") },
          ),
      ),
    ).rejects.toThrow(`"${name}"`);
  });

  test("are answered by a pod that starts anew when they change", async () => {
    const version = async (address: string) => {
      const all = await record(
        () =>
          new MeshDns(
            "it",
            { domain: "guildnet.internal", names: { portal: address } },
            { provider: new k8s.Provider("outer") },
          ),
      );
      const spec = all.find(({ name }) => name === "it-deployment")?.inputs["spec"] as {
        template: { metadata: { annotations: Record<string, string> }; spec: object };
      };
      expect(restrictedViolations(spec.template.spec)).toEqual([]);
      return spec.template.metadata.annotations["guildnet.io/mounted"];
    };
    expect(await version("10.96.3.4")).not.toBe(await version("10.96.3.5"));
  });
});
