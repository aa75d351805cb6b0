import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accepted } from "../kube/accepted-findings.ts";
import { GuildError } from "../kube/errors.ts";
import { appLabels, appSelector } from "../kube/labels.ts";
import { contentVersion, mountedVersion, unawaited } from "../kube/metadata.ts";
import { networkPolicies, tcp, udp } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount } from "../kube/place.ts";
import { restrictedContainer, restrictedPod } from "../kube/restricted.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images } from "../versions.ts";
import { meshDnsReach } from "./reach.ts";
import { ROUTER_APP } from "./router-workload.ts";

/** What `transform` changes. */
export interface MeshDnsChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  config: k8s.core.v1.ConfigMapArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  service: k8s.core.v1.ServiceArgs;
}

export interface MeshDnsArgs {
  /** Domain it answers for, for instance "apps.guildnet.internal". */
  domain: string;
  /** Addresses by name below the domain: "*" is every name of one label, "portal" one of them, "*.apps" one level further down. */
  names: Record<string, pulumi.Input<string>>;
  /** CoreDNS. @default upstream's */
  image?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<MeshDnsChildren>;
}

export const MESH_DNS_NAMESPACE = "guildnet-mesh-dns";
const APP = "mesh-dns";
/** Above 1023, so that the pod needs no capability; the Service maps 53 to it. */
const POD_PORT = 1053;
/** Seconds an answer may be remembered. */
const TTL = 60;

/**
 * Names on the mesh that no list could hold: every workspace, each with every port of it,
 * also those that are made next week. Tailscale's DNS knows exact names alone; it passes a
 * whole domain on to a name server instead (split DNS), and this is that server. Devices
 * reach it, like all of the cluster, through the router.
 */
export class MeshDns extends pulumi.ComponentResource {
  /** Its address in the cluster. */
  declare readonly address: pulumi.Output<string>;

  constructor(name: string, args: MeshDnsArgs, opts?: pulumi.ComponentResourceOptions) {
    const wrong = Object.keys(args.names).filter(
      (key) => !/^(\*|[a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(key),
    );
    if (wrong.length > 0)
      throw new GuildError(
        "mesh-dns-args",
        `mesh DNS "${name}": names are labels below ${args.domain}, the first of which may be "*"; found ${wrong.map((key) => `"${key}"`).join(", ")}`,
      );
    super(
      "guildnet:index:MeshDns",
      name,
      { reaches: "whoever has a device on the mesh: the guild's names are not found for some seconds" },
      transformed(name, args.transform, opts),
    );
    const place = ownNamespace(
      name,
      { app: APP, namespace: MESH_DNS_NAMESPACE, level: "restricted", data: "disposable" },
      this,
    );
    const queries = [...udp(POD_PORT), ...tcp(POD_PORT)];
    const guards = networkPolicies(place, meshDnsReach(APP, ROUTER_APP, queries), { prefix: `${APP}-` });
    const account = powerlessAccount(place);
    const data = pulumi
      .output(args.names)
      .apply((names) => ({ Corefile: corefile(args.domain), zone: zoneFile(args.domain, names) }));
    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      { metadata: metaIn(place, APP), data },
      { parent: this },
    );
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: metaIn(
          place,
          APP,
          accepted({ "single-replica": "every name leads through the one router, and ends with it" }),
        ),
        spec: deploymentSpec({
          image: args.image ?? images.coredns,
          account: account.metadata.name,
          config: config.metadata.name,
          version: data.apply((files) => contentVersion(JSON.stringify(files))),
        }),
      },
      { parent: this, dependsOn: guards },
    );
    const service = new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: metaIn(place, APP, unawaited),
        spec: {
          selector: appSelector(APP),
          ports: queries.map(({ protocol }) => ({
            name: `dns-${protocol.toLowerCase()}`,
            port: 53,
            protocol,
            targetPort: POD_PORT,
          })),
        },
      },
      { parent: this },
    );
    this.address = service.spec.clusterIP;
    this.registerOutputs({ address: this.address });
  }
}

/** CoreDNS' settings: one zone from a file, and no word about anything else. See https://coredns.io/plugins/file/ */
export function corefile(domain: string): string {
  const plugins = [
    "errors",
    "health :8080",
    "ready :8181",
    `file /etc/coredns/zone ${domain} {\n        reload 0\n    }`,
  ];
  return `${domain}:${POD_PORT} {\n${plugins.map((plugin) => `    ${plugin}\n`).join("")}}\n`;
}

/** The zone (RFC 1035, section 5). Its number stays 1: nobody copies the zone, which is all the number is for. */
export function zoneFile(domain: string, names: Record<string, string>): string {
  const origin = `${domain}.`;
  const records = [
    [origin, "SOA", `ns.invalid. hostmaster.invalid. 1 3600 600 86400 ${TTL}`],
    [origin, "NS", "ns.invalid."],
    ...Object.entries(names)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, address]) => [`${name}.${origin}`, "A", address]),
  ];
  return records.map(([owner, type, value]) => `${owner} ${TTL} IN ${type} ${value}\n`).join("");
}

function deploymentSpec(v: {
  image: pulumi.Input<string>;
  account: pulumi.Input<string>;
  config: pulumi.Input<string>;
  version: pulumi.Input<string>;
}): k8s.types.input.apps.v1.DeploymentSpec {
  return {
    replicas: 1,
    revisionHistoryLimit: 1,
    progressDeadlineSeconds: 60,
    selector: { matchLabels: appSelector(APP) },
    template: {
      metadata: { labels: appLabels(APP), annotations: mountedVersion(v.version) },
      spec: {
        serviceAccountName: v.account,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: restrictedPod(65532),
        containers: [
          {
            name: "coredns",
            image: v.image,
            imagePullPolicy: "IfNotPresent",
            args: ["-conf", "/etc/coredns/Corefile"],
            securityContext: restrictedContainer,
            ports: ["UDP", "TCP"].map((protocol) => ({
              name: `dns-${protocol.toLowerCase()}`,
              containerPort: POD_PORT,
              protocol,
            })),
            resources: {
              requests: { cpu: "10m", memory: "32Mi", "ephemeral-storage": "16Mi" },
              limits: { cpu: "500m", memory: "128Mi", "ephemeral-storage": "64Mi" },
            },
            readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1, failureThreshold: 30 },
            livenessProbe: {
              httpGet: { path: "/health", port: 8080 },
              initialDelaySeconds: 30,
              periodSeconds: 10,
              failureThreshold: 5,
            },
            volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
          },
        ],
        volumes: [{ name: "config", configMap: { name: v.config } }],
      },
    },
  };
}
