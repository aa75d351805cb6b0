import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { Certificate, CertificateAuthority } from "../../provider/sdk/index.ts";
import { accepted } from "../kube/accepted-findings.ts";
import type { Authority } from "../kube/authority.ts";
import { issuedCertificate } from "../kube/certificate-issuer.ts";
import type { CertificateIssuer } from "../kube/certificate-issuer.ts";
import { appLabels, appSelector, label, objectMeta, podSecurityLabels, unawaited } from "../kube/labels.ts";
import { endpointPort, toApiServer } from "../portal/network-policies.ts";
import { denyAll, toDns } from "../kube/network-policies.ts";
import type { BackupVolume } from "../backup/backup.ts";
import { registryHost, registryIdentity } from "./identity.ts";
import type { RegistryAccess } from "./identity.ts";
import { fromCluster } from "./network.ts";
import { collectorCronJob, REGISTRY_USER, registryDeployment } from "./pods.ts";
import type { ResolvedRegistry } from "./pods.ts";
import { registrySettings, TOKEN_PORT } from "./settings.ts";

export interface RegistryArgs {
  /** Image of the CNCF registry, version 3. */
  image: pulumi.Input<string>;
  /** Image of the portal, which has the token server in it. */
  tokenImage: pulumi.Input<string>;
  /** Address of its Service, one of the cluster's Service range that nothing else has. Nodes and pods reach it there. */
  address: string;
  /** What signs its certificate; nodes and workspaces trust it. */
  authority: Authority;
  /** Renews its certificate while it runs; of the same authority, as nodes are told of one before the cluster is there. @default any `up` renews it */
  issuer?: CertificateIssuer;
  /** URL of the cluster's API server. */
  endpoint: pulumi.Input<string>;
  /** Size of its volume; it can grow, not shrink. @default "20Gi" */
  storage?: string;
  /** StorageClass of its volume. @default the cluster's default class */
  storageClass?: pulumi.Input<string>;
  /** Whether namespace and volume stay when it is removed. To remove them with it, apply `false` first, then remove it. @default true */
  keepData?: boolean;
  /** Hour of the day, UTC, 0 to 23, from which for half an hour nothing can be pushed and garbage is collected. @default 3 */
  maintenanceHour?: number;
  /** PriorityClass of its pods, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
}

/**
 * The guild's own image registry. Everything in the cluster may pull from it, nodes without
 * any set-up of credentials; a workspace may push below its own name, `<host>/<workspace>/…`.
 * Nothing outside the cluster reaches it.
 *
 * The registry itself knows no such rules: a token server beside it does, in a container of
 * its own, since a browser's entrance should not hold the key that tokens are signed with.
 * Nodes pull by `address`; an `EmbeddedNode` is told in its `registries`, and a cluster that
 * somebody else keeps needs the same in its nodes' container runtime.
 */
export class Registry extends pulumi.ComponentResource implements RegistryAccess {
  readonly host = registryHost;
  readonly identity = registryIdentity;
  declare readonly caCertificate: pulumi.Output<string>;
  /** What `Backup` takes. */
  readonly volume: BackupVolume;

  constructor(name: string, args: RegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:Registry", name, {}, opts);
    this.caCertificate = pulumi.output(args.authority.certificatePem);
    const place: Place = { name, namespace: namespace(name, args, this), parent: this };
    this.volume = { namespace: place.namespace.metadata.name, claim: "data", user: REGISTRY_USER, workload: "registry" };
    const signer = new CertificateAuthority(`${name}-signer`, { commonName: "GuildNet registry tokens" }, { parent: this });
    const serve = JSON.stringify(registrySettings({ host: this.host, address: args.address }));
    const account = new k8s.core.v1.ServiceAccount(`${name}-account`, {
      metadata: meta(place, this.identity.serviceAccount), automountServiceAccountToken: false,
    }, { parent: this });
    const settings = new k8s.core.v1.ConfigMap(`${name}-settings`, {
      metadata: meta(place, "settings"), data: { "serve.json": serve },
    }, { parent: this });
    const server = serverCertificate(place, args);
    const resolved: ResolvedRegistry = {
      image: args.image, tokenImage: args.tokenImage, host: this.host, maintenanceHour: args.maintenanceHour ?? 3, priorityClass: args.priorityClass,
      serviceAccount: account.metadata.name, settings: settings.metadata.name, claim: volume(place, args).metadata.name,
      tlsSecret: server.secret, signerSecret: tlsSecret(place, "signer", signer), renewed: args.issuer !== undefined,
      mountedVersion: mountedVersion(serve, [...server.readAtStart, signer]),
    };
    const guards = networkPolicies(place, args.endpoint);
    new k8s.apps.v1.Deployment(`${name}-deployment`, { metadata: meta(place, "registry", oneRegistry), spec: registryDeployment(resolved) }, { parent: this, dependsOn: guards });
    new k8s.batch.v1.CronJob(`${name}-collector`, { metadata: meta(place, "collector"), spec: collectorCronJob(resolved) }, { parent: this, dependsOn: guards });
    service(place, args.address);
    this.registerOutputs({ host: this.host, caCertificate: this.caCertificate });
  }
}

/** What scanners find in its Deployment, and why it stands. */
const oneRegistry = accepted({
  "single-replica": "its volume is writable on one node, and uploads under way are known to one process",
  recreated: "its volume is writable by one pod at a time",
});

/** Where the registry's objects go. */
interface Place {
  name: string;
  namespace: k8s.core.v1.Namespace;
  parent: Registry;
}

function meta(place: Place, name: string, annotations: Record<string, string> = {}) {
  return objectMeta({ name, namespace: place.namespace.metadata.name, labels: appLabels("registry"), annotations });
}

/** What becomes of the images when the registry is removed. */
function fate({ keepData }: RegistryArgs): "kept" | "disposable" {
  return keepData ?? true ? "kept" : "disposable";
}

function namespace(name: string, args: RegistryArgs, parent: Registry): k8s.core.v1.Namespace {
  return new k8s.core.v1.Namespace(`${name}-namespace`, {
    metadata: objectMeta({
      name: registryIdentity.namespace,
      labels: { ...appLabels("registry"), ...podSecurityLabels("restricted"), [label.data]: fate(args) },
    }),
    // Deleting the namespace would delete the claim in it.
  }, { parent, retainOnDelete: fate(args) === "kept" });
}

function volume(place: Place, args: RegistryArgs): k8s.core.v1.PersistentVolumeClaim {
  return new k8s.core.v1.PersistentVolumeClaim(`${place.name}-data`, {
    metadata: objectMeta({
      name: "data", namespace: place.namespace.metadata.name,
      labels: { ...appLabels("registry"), [label.data]: fate(args) },
      // As a workspace's home: a claim that is taken over is never "Pending" again.
      annotations: unawaited,
    }),
    spec: { accessModes: ["ReadWriteOnce"], storageClassName: args.storageClass, resources: { requests: { storage: args.storage ?? "20Gi" } } },
  }, { parent: place.parent, retainOnDelete: fate(args) === "kept", ignoreChanges: ["spec.storageClassName"] });
}

/** For the name that images have, and for the address that nodes and the token server's clients use. */
function serverCertificate(place: Place, { authority, address, issuer }: RegistryArgs): { secret: pulumi.Output<string>; /** With which the pod starts anew. */ readAtStart: Pair[] } {
  const { name, parent } = place, dnsNames: [string] = [registryHost], ipAddresses = [address];
  if (issuer !== undefined) return { secret: issuedCertificate(`${name}-certificate`, { issuer, meta: meta(place, "server-tls"), dnsNames, ipAddresses }, parent), readAtStart: [] };
  const certificate = new Certificate(`${name}-certificate`, {
    caCertificatePem: authority.certificatePem, caPrivateKeyPem: authority.privateKeyPem, commonName: registryHost, dnsNames, ipAddresses,
  }, { parent });
  return { secret: tlsSecret(place, "tls", certificate), readAtStart: [certificate] };
}

interface Pair {
  certificatePem: pulumi.Output<string>;
  privateKeyPem: pulumi.Output<string>;
}

function tlsSecret(place: Place, name: string, pair: Pair): pulumi.Output<string> {
  const secret = new k8s.core.v1.Secret(`${place.name}-${name}`, {
    metadata: meta(place, name),
    type: "kubernetes.io/tls",
    stringData: { "tls.crt": pair.certificatePem, "tls.key": pulumi.secret(pair.privateKeyPem) },
  }, { parent: place.parent });
  return secret.metadata.name;
}

function mountedVersion(settings: string, pairs: Pair[]): pulumi.Output<string> {
  return pulumi.all(pairs.map(({ certificatePem }) => certificatePem))
    .apply((parts) => createHash("sha256").update([settings, ...parts].join("\n")).digest("hex").slice(0, 16));
}

function networkPolicies(place: Place, endpoint: pulumi.Input<string>): pulumi.Resource[] {
  const specs = {
    "deny-all": denyAll(),
    "from-cluster": fromCluster(),
    "to-dns": toDns(),
    "to-api-server": toApiServer(pulumi.output(endpoint).apply(endpointPort), "registry"),
  };
  return Object.entries(specs).map(([name, spec]) =>
    new k8s.networking.v1.NetworkPolicy(`${place.name}-network-${name}`, { metadata: meta(place, name), spec }, { parent: place.parent }));
}

function service(place: Place, address: string): void {
  new k8s.core.v1.Service(`${place.name}-service`, {
    metadata: meta(place, "registry", unawaited),
    spec: {
      clusterIP: address,
      selector: appSelector("registry"),
      ports: [
        { name: "registry", port: 443, targetPort: "registry", protocol: "TCP" },
        { name: "tokens", port: TOKEN_PORT, targetPort: "tokens", protocol: "TCP" },
      ],
    },
  }, { parent: place.parent });
}
