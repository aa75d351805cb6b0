import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Certificate } from "../../provider/sdk/index.ts";
import { accepted } from "../kube/accepted-findings.ts";
import type { Authority } from "../kube/authority.ts";
import { appSelector } from "../kube/labels.ts";
import { contentVersion, unawaited } from "../kube/metadata.ts";
import { denyAll } from "../kube/network-policies.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount, retention, volumeClaim } from "../kube/place.ts";
import { serverCertificate } from "../kube/tls.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images } from "../versions.ts";
import { keyId, signInPassword, userLine } from "./key.ts";
import { fromBackups } from "./reach.ts";
import { passwordOf, withUser } from "./repository.ts";
import type { BackupRepository, BackupTarget } from "./repository.ts";
import { BACKUP_SERVER_APP, BACKUP_SERVER_PORT, backupServerDeployment } from "./server-workload.ts";

/** What `transform` changes. */
export interface BackupServerChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  tls: k8s.core.v1.SecretArgs;
  users: k8s.core.v1.SecretArgs;
  data: k8s.core.v1.PersistentVolumeClaimArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  service: k8s.core.v1.ServiceArgs;
}

export interface BackupServerArgs {
  /** Names of the repositories' owners, usually of the volumes' namespaces. */
  repositories: readonly string[];
  /** What all passwords are made of, at least 128 random bits. */
  key: pulumi.Input<string>;
  /** Signs its certificate. */
  authority: Authority;
  /** @default upstream's restic REST server */
  image?: pulumi.Input<string>;
  /** Size of its volume; it can grow, not shrink. @default "50Gi" */
  storage?: pulumi.Input<string>;
  /** @default the cluster's default class */
  storageClass?: pulumi.Input<string>;
  /** Whether namespace and volume stay when it is removed. @default true */
  keepData?: boolean;
  /** PriorityClass of its pod, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<BackupServerChildren>;
}

const NAMESPACE = "guildnet-backup";

/** Where its volume is. */
export const BACKUP_SERVER_PLACE = { namespace: NAMESPACE, claim: BACKUP_SERVER_APP };
/** Its name in the cluster. */
export const backupServerHost = `${BACKUP_SERVER_APP}.${NAMESPACE}.svc`;

/**
 * A place for backups inside the cluster: restic's REST server. It guards against what people
 * and programs delete, not against the loss of the machine or of the cluster's storage.
 *
 * Each owner signs in with a password of its own and reaches its own repository alone. It
 * isn't append-only, as the owner's job removes old snapshots itself.
 */
export class BackupServer extends pulumi.ComponentResource implements BackupTarget {
  private readonly args: BackupServerArgs;

  constructor(name: string, args: BackupServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "guildnet:index:BackupServer",
      name,
      { reaches: "nobody; a backup that runs begins anew" },
      transformed(name, args.transform, opts),
    );
    this.args = args;
    const data = retention(args.keepData);
    const place = ownNamespace(name, { app: BACKUP_SERVER_APP, namespace: NAMESPACE, level: "restricted", data }, this);
    const guards = networkPolicies(
      place,
      { "deny-all": denyAll, "from-backups": fromBackups(BACKUP_SERVER_APP, BACKUP_SERVER_PORT) },
      { prefix: `${BACKUP_SERVER_APP}-` },
    );
    const account = powerlessAccount(place);
    const certificate = serverCertificate(place, { authority: args.authority, dnsNames: [backupServerHost] });
    const users = new k8s.core.v1.Secret(
      `${name}-users`,
      { metadata: metaIn(place, "users"), stringData: { htpasswd: htpasswd(args) } },
      { parent: this },
    );
    const claim = volumeClaim(place, "data", {
      claim: BACKUP_SERVER_APP,
      size: args.storage ?? "50Gi",
      storageClass: args.storageClass,
      data,
    });
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: metaIn(
          place,
          BACKUP_SERVER_APP,
          accepted({
            "single-replica":
              "its volume is writable on one node, and a job that finds it away is tried again the next night",
            recreated: "its volume is writable by one pod at a time",
          }),
        ),
        spec: backupServerDeployment({
          image: args.image ?? images.restServer,
          priorityClass: args.priorityClass,
          serviceAccount: account.metadata.name,
          tlsSecret: certificate.secret,
          usersSecret: users.metadata.name,
          claim: claim.metadata.name,
          mountedVersion: versionOf(args, certificate.readAtStart),
        }),
      },
      { parent: this, dependsOn: guards },
    );
    new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: metaIn(place, BACKUP_SERVER_APP, unawaited),
        spec: {
          selector: appSelector(BACKUP_SERVER_APP),
          ports: [{ name: "https", port: BACKUP_SERVER_PORT, targetPort: "https", protocol: "TCP" }],
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }

  /** @throws where `args.repositories` has no such name: the server would let nobody in by it */
  repository(name: string): BackupRepository {
    const { key, authority, repositories } = this.args;
    if (!repositories.includes(name)) throw new Error(`the backup server was given no repository "${name}"`);
    const address = `https://${backupServerHost}:${BACKUP_SERVER_PORT}`;
    return {
      url: pulumi
        .secret(key)
        .apply((known) => `rest:${withUser(address, name, signInPassword(known, name))}/${name}/${keyId(known)}/`),
      password: passwordOf(key, name),
      caCertificate: authority.certificatePem,
      reach: { app: BACKUP_SERVER_APP, namespace: NAMESPACE, port: BACKUP_SERVER_PORT },
    };
  }
}

function htpasswd({ repositories, key }: BackupServerArgs): pulumi.Output<string> {
  return pulumi.secret(key).apply((known) =>
    [...repositories]
      .sort()
      .map((name) => `${userLine(name, signInPassword(known, name))}\n`)
      .join(""),
  );
}

/** Changes with what the server reads at its start. Of the key it has an id, which is no secret. */
function versionOf(
  { repositories, key }: BackupServerArgs,
  certificates: readonly Certificate[],
): pulumi.Output<string> {
  const id = pulumi.unsecret(pulumi.output(key).apply(keyId));
  return pulumi
    .all([...certificates.map(({ certificatePem }) => certificatePem), id])
    .apply((parts) => contentVersion(JSON.stringify([...parts, [...repositories].sort()])));
}
