import { core, policy } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { MeshDns } from "./dns.ts";
import { ExistingHeadscale } from "./existing-headscale.ts";
import { HeadscaleOnHost } from "./headscale-on-host.ts";
import { Headscale } from "./headscale.ts";
import { SubnetRouter } from "./subnet-router.ts";
import { Tailnet } from "./tailnet.ts";
import { network, plainMesh } from "./testing/mesh.ts";

holdsToContract([
  {
    component: "Headscale",
    make: (on, transform) =>
      new Headscale("it", { transform, ...network, cluster: { kubeconfig: "CANARY" } }, { provider: on() }),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("from-clients"),
      core("ServiceAccount", "account"),
      "guildnet:index:Certificate certificate",
      core("Secret", "tls"),
      core("ConfigMap", "config"),
      core("PersistentVolumeClaim", "data"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
      "guildnet:index:HeadscaleApiKey api-key",
      "guildnet:index:HeadscaleUser user-guildnet",
      "guildnet:index:HeadscaleUser user-ada",
      "guildnet:index:HeadscalePolicy policy",
    ],
    outputs: ["loginServer", "baseDomain", "caCertificate"],
    secret: [],
    canaries: ["CANARY", "API KEY", "AUTHORITY KEY"],
  },
  {
    component: "HeadscaleOnHost",
    make: (_, transform) =>
      new HeadscaleOnHost("it", {
        transform,
        ...network,
        host: "ssh://root@192.0.2.1",
        address: "192.0.2.1",
        apiKey: "CANARY",
      }),
    children: [
      "pulumi:providers:docker docker",
      "guildnet:index:Certificate certificate",
      "docker:index/volume:Volume data",
      "docker:index/remoteImage:RemoteImage image",
      "docker:index/container:Container container",
      "guildnet:index:HeadscaleUser user-guildnet",
      "guildnet:index:HeadscaleUser user-ada",
      "guildnet:index:HeadscalePolicy policy",
    ],
    outputs: ["loginServer", "baseDomain", "caCertificate"],
    secret: [],
    canaries: ["CANARY", "AUTHORITY KEY"],
  },
  {
    component: "ExistingHeadscale",
    make: () =>
      new ExistingHeadscale("it", {
        url: "https://mesh.example.org",
        apiKey: "CANARY",
        baseDomain: "mesh.internal",
        people: ["ada"],
      }),
    children: ["guildnet:index:HeadscaleUser user-guildnet", "guildnet:index:HeadscaleUser user-ada"],
    outputs: ["loginServer", "baseDomain"],
    secret: [],
    canaries: ["CANARY"],
  },
  {
    component: "Tailnet",
    make: (_, transform) =>
      new Tailnet("it", {
        transform,
        apiKey: "CANARY",
        baseDomain: "tail1234.ts.net",
        split: { "guildnet.internal": ["10.96.3.5"] },
        policy: network.policy,
      }),
    children: [
      "pulumi:providers:tailscale tailscale",
      "tailscale:index/dnsSplitNameservers:DnsSplitNameservers split-guildnet.internal",
      "tailscale:index/acl:Acl policy",
    ],
    outputs: ["baseDomain"],
    secret: [],
    canaries: ["CANARY"],
  },
  {
    component: "MeshDns",
    make: (on, transform) =>
      new MeshDns(
        "it",
        { transform, domain: "apps.guildnet.internal", names: { "*": "10.96.3.4" } },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("from-routers"),
      core("ServiceAccount", "account"),
      core("ConfigMap", "config"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
    ],
    outputs: ["address"],
    secret: [],
    canaries: [],
  },
  {
    component: "SubnetRouter",
    make: (on, transform) =>
      new SubnetRouter("it", { transform, mesh: plainMesh, routes: ["10.96.0.0/16"] }, { provider: on() }),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("from-devices"),
      policy("to-networks"),
      core("ServiceAccount", "account"),
      "guildnet:index:HeadscalePreAuthKey key",
      core("Secret", "auth-key"),
      core("ConfigMap", "authorities"),
      core("ConfigMap", "settings"),
      core("PersistentVolumeClaim", "data"),
      "kubernetes:apps/v1:Deployment deployment",
    ],
    outputs: ["routes"],
    secret: [],
    canaries: ["auth key it-key"],
  },
]);
