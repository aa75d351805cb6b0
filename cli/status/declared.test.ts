import { describe, expect, it } from "vitest";
import type { StateResource } from "../../engine/stack-state.ts";
import { declaredReleases, declaredWorkloads } from "./declared.ts";

const root = "urn:pulumi:dev::guildnet::";
const component = (type: string, name: string, parent?: StateResource): StateResource => ({
  urn: `${root}guildnet:index:${type}::${name}`,
  type: `guildnet:index:${type}`,
  ...(parent && { parent: parent.urn }),
});
const object = (kind: string, id: string, parent?: StateResource): StateResource => ({
  urn: `${root}kubernetes:apps/v1:${kind}::${id}`,
  type: `kubernetes:apps/v1:${kind}`,
  id,
  custom: true,
  ...(parent && { parent: parent.urn }),
});

const declared = (...resources: StateResource[]) => declaredWorkloads({ deployment: { resources } });
const whats = (...resources: StateResource[]) => declared(...resources).map(({ what }) => what);

describe("the workloads of a stack", () => {
  it("are what its components made, whatever the component is called", () => {
    const router = component("SubnetRouter", "router");
    expect(
      declared(
        router,
        object("Deployment", "guildnet-router/subnet-router", router),
        object("ReplicaSet", "guildnet-router/other", router),
        component("Portal", "portal"),
      ),
    ).toEqual([
      {
        what: "subnet router",
        component: { type: "SubnetRouter", name: "router" },
        workload: { kind: "Deployment", namespace: "guildnet-router", name: "subnet-router" },
      },
    ]);
  });

  it("are not a volume's backup, of which its own line tells more", () => {
    const backup = component("Backup", "ada-backup"),
      server = component("BackupServer", "backup-server");
    const job = { ...object("CronJob", "ws-ada/restore", backup), type: "kubernetes:batch/v1:CronJob" };
    expect(whats(backup, job, server, object("Deployment", "guildnet-backup/backup-server", server))).toEqual([
      "backup server",
    ]);
  });

  it("belong to the nearest of our components, also through those of others", () => {
    const cluster = component("EmbeddedCluster", "cluster"),
      dns = component("ClusterDns", "cluster-dns", cluster);
    const group = {
      urn: `${root}kubernetes:yaml/v2:ConfigGroup::upstream`,
      type: "kubernetes:yaml/v2:ConfigGroup",
      parent: dns.urn,
    };
    expect(whats(cluster, dns, group, object("DaemonSet", "kube-system/coredns", group))).toEqual(["cluster DNS"]);
  });

  it("are told apart by their own names within a component, and by the component's name between alike ones", () => {
    const balancer = component("LoadBalancer", "balancer"),
      one = component("Registry", "lab"),
      other = component("Registry", "home");
    expect(
      whats(
        balancer,
        object("Deployment", "metallb/controller", balancer),
        object("DaemonSet", "metallb/speaker", balancer),
      ),
    ).toEqual(["load balancer controller", "load balancer speaker"]);
    expect(
      whats(one, other, object("Deployment", "a/registry", one), object("Deployment", "b/registry", other)),
    ).toEqual(["registry home", "registry lab"]);
    expect(whats(one, object("Deployment", "a/registry", one), object("DaemonSet", "a/collector", one))).toEqual([
      "registry",
      "registry collector",
    ]);
  });

  it("of people come last, by name", () => {
    const [ada, app, portal] = [
      component("Workspace", "ada"),
      component("App", "hello"),
      component("Portal", "portal"),
    ];
    expect(
      whats(
        app,
        ada,
        portal,
        object("Deployment", "app-hello/app", app),
        object("Deployment", "ws-ada/workspace", ada),
        object("Deployment", "guildnet-portal/portal", portal),
      ),
    ).toEqual(["portal", "workspace ada", "app hello"]);
  });

  it("are not those that were replaced and wait for their deletion, nor patches of others'", () => {
    expect(declared({ ...object("Deployment", "a/old"), delete: true }, object("DeploymentPatch", "a/theirs"))).toEqual(
      [],
    );
  });

  it("outside of any component go by their own name, and without a namespace are in the default one", () => {
    expect(declared(object("StatefulSet", "db"))).toEqual([
      { what: "db", workload: { kind: "StatefulSet", namespace: "default", name: "db" } },
    ]);
  });
});

it("finds releases of charts, by their component and the namespace that they are in", () => {
  const longhorn = component("Longhorn", "storage");
  const release = {
    urn: `${root}kubernetes:helm.sh/v3:Release::storage-release`,
    type: "kubernetes:helm.sh/v3:Release",
    parent: longhorn.urn,
    inputs: { name: "longhorn", namespace: "longhorn-system" },
  };
  expect(declaredReleases({ deployment: { resources: [longhorn, release, { ...release, delete: true }] } })).toEqual([
    { what: "longhorn", component: { type: "Longhorn", name: "storage" }, namespace: "longhorn-system" },
  ]);
  expect(declaredReleases({ deployment: { resources: [{ ...release, parent: undefined }] } })).toEqual([
    { what: "longhorn", namespace: "longhorn-system" },
  ]);
});
