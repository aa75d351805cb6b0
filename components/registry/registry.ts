import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority } from "../../provider/sdk/index.ts";
import { accepted } from "../kube/accepted-findings.ts";
import type { Authority } from "../kube/authority.ts";
import type { BackupVolume } from "../kube/backup-volume.ts";
import type { CertificateIssuer } from "../kube/certificate-issuer.ts";
import { appSelector } from "../kube/labels.ts";
import { contentVersion, unawaited } from "../kube/metadata.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount, retention, volumeClaim } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { serverCertificate, tlsSecret } from "../kube/tls.ts";
import type { KeyPair } from "../kube/tls.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { registryHost, registryIdentity } from "./identity.ts";
import type { RegistryAccess } from "./identity.ts";
import { collectorCronJob, REGISTRY_USER, registryDeployment } from "./pods.ts";
import type { ResolvedRegistry } from "./pods.ts";
import { registryReach } from "./reach.ts";
import { registrySettings, TOKEN_PORT } from "./settings.ts";

/** What `transform` changes. */
export interface RegistryChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  settings: k8s.core.v1.ConfigMapArgs;
  data: k8s.core.v1.PersistentVolumeClaimArgs;
  certificate: k8s.apiextensions.CustomResourceArgs;
  tls: k8s.core.v1.SecretArgs;
  signer: k8s.core.v1.SecretArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  collector: k8s.batch.v1.CronJobArgs;
  service: k8s.core.v1.ServiceArgs;
}

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
  /** Changes its children before they are made. @default none */
  transform?: Transforms<RegistryChildren>;
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
    super(
      "guildnet:index:Registry",
      name,
      { reaches: "whoever pushes or pulls an image: it has to be tried again" },
      transformed(name, args.transform, opts),
    );
    this.caCertificate = pulumi.output(args.authority.certificatePem);
    const data = retention(args.keepData);
    const place = ownNamespace(
      name,
      { app: "registry", namespace: this.identity.namespace, level: "restricted", data },
      this,
    );
    this.volume = { namespace: place.namespace, claim: "data", user: REGISTRY_USER, workload: "registry" };
    const signer = new CertificateAuthority(
      `${name}-signer`,
      { commonName: "GuildNet registry tokens" },
      { parent: this },
    );
    const serve = JSON.stringify(registrySettings({ host: this.host, address: args.address }));
    const account = powerlessAccount(place);
    const settings = new k8s.core.v1.ConfigMap(
      `${name}-settings`,
      {
        metadata: metaIn(place, "settings"),
        data: { "serve.json": serve },
      },
      { parent: this },
    );
    // For the name that images have, and for the address that nodes and the token server's clients use.
    const server = serverCertificate(place, {
      authority: args.authority,
      issuer: args.issuer,
      dnsNames: [registryHost],
      ipAddresses: [args.address],
    });
    const claim = volumeClaim(place, "data", {
      claim: "data",
      size: args.storage ?? "20Gi",
      storageClass: args.storageClass,
      data,
    });
    const resolved: ResolvedRegistry = {
      image: args.image,
      tokenImage: args.tokenImage,
      host: this.host,
      maintenanceHour: args.maintenanceHour ?? 3,
      priorityClass: args.priorityClass,
      serviceAccount: account.metadata.name,
      settings: settings.metadata.name,
      claim: claim.metadata.name,
      tlsSecret: server.secret,
      signerSecret: tlsSecret(place, "signer", signer),
      renewed: args.issuer !== undefined,
      mountedVersion: mountedVersion(serve, [...server.readAtStart, signer]),
    };
    const guards = networkPolicies(place, registryReach(args.endpoint));
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      { metadata: metaIn(place, "registry", oneRegistry), spec: registryDeployment(resolved) },
      { parent: this, dependsOn: guards },
    );
    new k8s.batch.v1.CronJob(
      `${name}-collector`,
      { metadata: metaIn(place, "collector"), spec: collectorCronJob(resolved) },
      { parent: this, dependsOn: guards },
    );
    service(place, args.address);
    this.registerOutputs({ host: this.host, caCertificate: this.caCertificate });
  }
}

/** What scanners find in its Deployment, and why it stands. */
const oneRegistry = accepted({
  "single-replica": "its volume is writable on one node, and uploads under way are known to one process",
  recreated: "its volume is writable by one pod at a time",
});

function mountedVersion(settings: string, pairs: readonly KeyPair[]): pulumi.Output<string> {
  return pulumi
    .all(pairs.map(({ certificatePem }) => certificatePem))
    .apply((pems) => contentVersion([settings, ...pems].join("\n")));
}

function service(place: Place, address: string): void {
  new k8s.core.v1.Service(
    `${place.name}-service`,
    {
      metadata: metaIn(place, "registry", unawaited),
      spec: {
        clusterIP: address,
        selector: appSelector("registry"),
        ports: [
          { name: "registry", port: 443, targetPort: "registry", protocol: "TCP" },
          { name: "tokens", port: TOKEN_PORT, targetPort: "tokens", protocol: "TCP" },
        ],
      },
    },
    { parent: place.parent },
  );
}
