import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RandomSecret } from "../../provider/sdk/index.ts";
import { accepted } from "../kube/accepted-findings.ts";
import type { Authority } from "../kube/authority.ts";
import type { BackupVolume } from "../kube/backup-volume.ts";
import type { CertificateIssuer } from "../kube/certificate-issuer.ts";
import type { EventBusAccess } from "../kube/event-access.ts";
import { appSelector } from "../kube/labels.ts";
import { contentVersion, unawaited } from "../kube/metadata.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount, retention, volumeClaim } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { serverCertificate } from "../kube/tls.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { RADICLE_APP, radicleHost, radicleIdentity } from "./identity.ts";
import type { RadicleAccess } from "./identity.ts";
import { RADICLE_USER, seedDeployment } from "./pods.ts";
import { radicleReach } from "./reach.ts";
import { NODE_PORT, PEOPLE_PORT, seedSettings } from "./settings.ts";
import type { SeedingPolicy } from "./settings.ts";

/** What `transform` changes. */
export interface RadicleSeedChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  settings: k8s.core.v1.ConfigMapArgs;
  data: k8s.core.v1.PersistentVolumeClaimArgs;
  certificate: k8s.apiextensions.CustomResourceArgs;
  tls: k8s.core.v1.SecretArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  service: k8s.core.v1.ServiceArgs;
  "events-access": k8s.core.v1.SecretArgs;
}

export interface RadicleSeedArgs {
  /** The guild's image of Radicle, `images/radicle`. */
  image: pulumi.Input<string>;
  /** Image of the portal, which has what knows the people in it. */
  peopleImage: pulumi.Input<string>;
  /** Signs the certificate by which workspaces know whom they tell who they are. */
  authority: Authority;
  /** Renews it while it is served; of the same authority. @default any `up` renews it */
  issuer?: CertificateIssuer;
  /** Takes what people push, and what becomes of patches. @default none: nobody is told */
  events?: EventBusAccess;
  /** Label `app.kubernetes.io/name` of the routers by which devices on a mesh reach its node, `ROUTER_APP` of the guild's own. @default none: workspaces alone reach it */
  routers?: string;
  /** URL of the cluster's API server. */
  endpoint: pulumi.Input<string>;
  /** Which repositories it keeps. @default every one that it is told of, with what everybody says in it */
  seeding?: SeedingPolicy;
  /** Size of its volume; it can grow, not shrink. @default "10Gi" */
  storage?: string;
  /** StorageClass of its volume. @default the cluster's default class */
  storageClass?: pulumi.Input<string>;
  /** Whether namespace and volume stay when it is removed. To remove them with it, apply `false` first, then remove it. @default true */
  keepData?: boolean;
  /** PriorityClass of its pod, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<RadicleSeedChildren>;
}

/**
 * A seed of Radicle (https://radicle.xyz): a node that is always there, and keeps the guild's repositories while the
 * workspaces that they are made in are not. Its identity is made on its volume at its first start, and stays with it.
 *
 * A workspace tells it, by a password of its own, by which identity it signs; the seed follows all of them by itself, and
 * tells each who the others are. One more workspace changes nothing of it.
 */
export class RadicleSeed extends pulumi.ComponentResource implements RadicleAccess {
  readonly host = radicleHost;
  readonly identity = radicleIdentity;
  declare readonly image: pulumi.Output<string>;
  declare readonly caCertificate: pulumi.Output<string>;
  declare readonly identityKey: pulumi.Output<string>;
  /** Where the cluster reaches it, and devices that are led there. */
  declare readonly clusterAddress: pulumi.Output<string>;
  /** What `Backup` takes. */
  readonly volume: BackupVolume;

  constructor(name: string, args: RadicleSeedArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "guildnet:index:RadicleSeed",
      name,
      { reaches: "nobody; what is pushed meanwhile is fetched once the seed is there again" },
      transformed(name, args.transform, opts),
    );
    this.image = pulumi.output(args.image);
    this.caCertificate = pulumi.output(args.authority.certificatePem);
    this.identityKey = pulumi.secret(new RandomSecret(`${name}-identity-key`, {}, { parent: this }).value);
    const data = retention(args.keepData),
      { namespace } = this.identity;
    const place = ownNamespace(name, { app: RADICLE_APP, namespace, level: "restricted", data }, this);
    this.volume = {
      namespace: place.namespace,
      claim: "data",
      user: RADICLE_USER,
      workload: RADICLE_APP,
      databases: { image: args.peopleImage },
    };
    const text = JSON.stringify(seedSettings(args.seeding ?? {}, [`${radicleHost}:${NODE_PORT}`]));
    const settings = new k8s.core.v1.ConfigMap(
      `${name}-settings`,
      { metadata: metaIn(place, "settings"), data: { "seed.json": text } },
      { parent: this },
    );
    const certificate = serverCertificate(place, {
      authority: args.authority,
      issuer: args.issuer,
      dnsNames: [radicleHost],
    });
    const account = powerlessAccount(place);
    const claim = volumeClaim(place, "data", {
      claim: "data",
      size: args.storage ?? "10Gi",
      storageClass: args.storageClass,
      data,
    });
    const bus = args.events?.join(place, { kind: "service", service: "seed" });
    const guards = networkPolicies(place, radicleReach(args.endpoint, { toBus: bus?.reach, routers: args.routers }));
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: metaIn(place, RADICLE_APP, acceptedOf(bus !== undefined)),
        spec: seedDeployment({
          image: args.image,
          peopleImage: args.peopleImage,
          priorityClass: args.priorityClass,
          serviceAccount: account.metadata.name,
          settings: settings.metadata.name,
          tlsSecret: certificate.secret,
          claim: claim.metadata.name,
          events: bus?.secret,
          mountedVersion: pulumi
            .all([
              ...certificate.readAtStart.map(({ certificatePem }) => certificatePem),
              ...(bus ? [bus.version] : []),
            ])
            .apply((pems) => contentVersion([text, ...pems].join("\n"))),
        }),
      },
      { parent: this, dependsOn: guards },
    );
    this.clusterAddress = service(place).spec.clusterIP;
    this.registerOutputs({ image: this.image, caCertificate: this.caCertificate, identityKey: this.identityKey });
  }
}

/** What scanners find in its Deployment, and why it stands. */
function acceptedOf(tells: boolean): Record<string, string> {
  return accepted({
    "single-replica": "its volume is writable on one node, and workspaces have all that they work on themselves",
    recreated: "its volume is writable by one pod at a time",
    ...(tells && { "no-readiness": "nobody asks what tells of pushes, and the seed is there without it" }),
  });
}

function service(place: Place): k8s.core.v1.Service {
  return new k8s.core.v1.Service(
    `${place.name}-service`,
    {
      metadata: metaIn(place, "seed", unawaited),
      spec: {
        selector: appSelector(RADICLE_APP),
        ports: [
          { name: "radicle", port: NODE_PORT, targetPort: "radicle", protocol: "TCP" },
          { name: "people", port: PEOPLE_PORT, targetPort: "people", protocol: "TCP" },
        ],
      },
    },
    { parent: place.parent },
  );
}
