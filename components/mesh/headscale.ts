import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { HeadscaleApiKey } from "../../provider/sdk/index.ts";
import { accepted } from "../kube/accepted-findings.ts";
import type { Authority } from "../kube/authority.ts";
import type { BackupVolume } from "../kube/backup-volume.ts";
import type { CertificateIssuer } from "../kube/certificate-issuer.ts";
import type { ClusterAccess } from "../kube/cluster-access.ts";
import { GuildError } from "../kube/errors.ts";
import { exposureAnnotations } from "../kube/exposure.ts";
import type { Exposure } from "../kube/exposure.ts";
import { appSelector } from "../kube/labels.ts";
import { contentVersion, unawaited } from "../kube/metadata.ts";
import { networkPolicies, tcp, udp } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount, retention, volumeClaim } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { serverCertificate } from "../kube/tls.ts";
import type { ServerCertificate } from "../kube/tls.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images } from "../versions.ts";
import { control, preAuthKey } from "./headscale-control.ts";
import type { KeySource } from "./headscale-control.ts";
import {
  HEADSCALE_PORT,
  MESH_NETWORKS,
  serverUrl,
  settingsFiles,
  settingsMistakes,
  STUN_PORT,
} from "./headscale-settings.ts";
import { HEADSCALE_APP, HEADSCALE_CONTAINER, HEADSCALE_USER, headscaleDeployment } from "./headscale-workload.ts";
import type { AuthKeyRequest, HostAlias, Mesh } from "./mesh.ts";
import type { MeshPolicy } from "./policy.ts";
import { headscaleReach } from "./reach.ts";

/** Namespace of the mesh's servers. */
export const MESH_NAMESPACE = "guildnet-mesh";
/** Where its volume is. */
export const MESH_PLACE = { namespace: MESH_NAMESPACE, claim: HEADSCALE_APP };

/** What a server tells devices, wherever it runs. */
export interface HeadscaleNetwork {
  /** DNS name that clients log in at, outside of `baseDomain`. They remember it: where it changes, each has to be told once. */
  hostname: string;
  /** Port clients reach it at, inside the cluster and outside: it is in the relay's address as well. @default 443 */
  port?: number;
  /** Domain of the devices' names. */
  baseDomain: string;
  /** Networks devices get their addresses from. @default 100.64.0.0/10 and fd7a:115c:a1e0::/48, upstream's */
  prefixes?: { v4?: string; v6?: string };
  dns?: {
    /** Further names below `baseDomain`, each with an address. @default none */
    records?: { name: string; type: "A" | "AAAA"; value: pulumi.Input<string> }[];
    /** Domains outside of `baseDomain`, each with the addresses of its name servers. @default none */
    split?: Record<string, pulumi.Input<string>[]>;
    /** Name servers for everything else. @default devices keep their own */
    nameservers?: string[];
  };
  /** Whether devices can reach UDP port 3478 of the server, by which they find direct ways to each other. @default false */
  stun?: boolean;
  /** Handles of the people who may have devices. @default nobody but the guild itself */
  people?: readonly string[];
  /** Who may reach what. @default nobody anything: a policy without rules */
  policy?: pulumi.Input<MeshPolicy>;
}

/** What `transform` changes. */
export interface HeadscaleChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  certificate: k8s.apiextensions.CustomResourceArgs;
  tls: k8s.core.v1.SecretArgs;
  config: k8s.core.v1.ConfigMapArgs;
  data: k8s.core.v1.PersistentVolumeClaimArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  service: k8s.core.v1.ServiceArgs;
}

export interface HeadscaleArgs extends HeadscaleNetwork {
  /** The cluster it runs in; the first API key is made inside its pod. */
  cluster: Pick<ClusterAccess, "kubeconfig">;
  /** Signs its certificate; clients must trust it. */
  authority: Authority;
  /** Renews its certificate while it runs, of the same authority. @default any `up` renews it */
  renewal?: {
    issuer: CertificateIssuer;
    /** Image of the portal, which has in it what notices that the server has to read the new one. */ watcherImage: pulumi.Input<string>;
  };
  /** Further addresses its certificate is for, for instance "127.0.0.1". @default none */
  certificateAddresses?: string[];
  /** URL where this program reaches its API. @default where clients log in */
  apiUrl?: string;
  /** How clients reach it from outside the cluster. @default not at all */
  exposure?: Exposure;
  /** @default upstream's */
  image?: pulumi.Input<string>;
  /** Size of the volume. @default "1Gi", room for thousands of devices */
  storage?: pulumi.Input<string>;
  /** @default the cluster's default class */
  storageClass?: pulumi.Input<string>;
  /** Whether namespace and volume stay when it is removed. @default true */
  keepData?: boolean;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<HeadscaleChildren>;
}

/**
 * The guild's own coordination server: who is on the mesh, under which name and address, and
 * who may reach whom. Devices encrypt between themselves; what they can't send directly goes
 * through the server's relay, over TLS as well. Its database and keys are on a volume that is
 * kept: with new keys every device would have to join anew.
 */
export class Headscale extends pulumi.ComponentResource implements Mesh {
  readonly kind = "headscale";
  readonly loginServer: string;
  readonly baseDomain: string;
  readonly caCertificate: pulumi.Output<string>;
  readonly hostAliases: readonly HostAlias[];
  /** What `Backup` takes, for the image that copies its database. */
  readonly volume: BackupVolume;
  private readonly keys: KeySource;

  constructor(name: string, args: HeadscaleArgs, opts?: pulumi.ComponentResourceOptions) {
    checkNetwork(name, args);
    super(
      "guildnet:index:Headscale",
      name,
      { reaches: "whoever has a device on the mesh: those that are connected stay so, others wait for some seconds" },
      transformed(name, args.transform, opts),
    );
    const port = args.port ?? 443;
    this.loginServer = serverUrl({ hostname: args.hostname, port });
    this.baseDomain = args.baseDomain;
    this.caCertificate = pulumi.output(args.authority.certificatePem);

    const data = retention(args.keepData);
    const place = ownNamespace(
      name,
      { app: HEADSCALE_APP, namespace: MESH_NAMESPACE, level: "restricted", data },
      this,
    );
    this.volume = { namespace: place.namespace, claim: HEADSCALE_APP, user: HEADSCALE_USER, workload: HEADSCALE_APP };
    const guards = networkPolicies(
      place,
      headscaleReach(HEADSCALE_APP, [...tcp(HEADSCALE_PORT), ...(args.stun ? udp(STUN_PORT) : [])]),
      { prefix: `${HEADSCALE_APP}-` },
    );
    const account = powerlessAccount(place);
    const certificate = serverCertificate(place, {
      authority: args.authority,
      issuer: args.renewal?.issuer,
      dnsNames: [args.hostname],
      ipAddresses: args.certificateAddresses ?? [],
      prefix: `${HEADSCALE_APP}-`,
    });
    const files = networkFiles(args);
    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      { metadata: metaIn(place, "headscale"), data: files },
      { parent: this },
    );
    const claim = volumeClaim(place, "data", {
      claim: HEADSCALE_APP,
      size: args.storage ?? "1Gi",
      storageClass: args.storageClass,
      data,
    });
    const deployment = new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: metaIn(
          place,
          HEADSCALE_APP,
          accepted({
            "single-replica": "its database is SQLite, which has one writer",
            "low-user": "the files on its volume are user 1000's",
            recreated: "its database is SQLite, which two servers at once would spoil",
            ...(args.renewal === undefined
              ? {}
              : {
                  "no-readiness":
                    "what watches its certificate answers the kubelet alone; where it hangs, clients still reach the server",
                }),
          }),
        ),
        spec: headscaleDeployment({
          image: args.image ?? images.headscale,
          serviceAccount: account.metadata.name,
          config: config.metadata.name,
          tlsSecret: certificate.secret,
          claim: claim.metadata.name,
          stun: args.stun ?? false,
          watcherImage: args.renewal?.watcherImage,
          mountedVersion: versionOf(certificate, files),
        }),
      },
      { parent: this, dependsOn: guards },
    );
    const service = clusterService(place, port, args);
    this.hostAliases = [{ ip: service.spec.clusterIP, hostnames: [args.hostname] }];

    const api = { url: args.apiUrl ?? this.loginServer, caCertificatePem: this.caCertificate };
    const server = { ...api, apiKey: apiKey(place, args, api, [deployment, service]) };
    this.keys = {
      ...control(
        name,
        { server, people: args.people ?? [], policy: args.policy ?? closedPolicy, machine: deployment },
        this,
      ),
      machine: deployment,
    };
    this.registerOutputs({
      loginServer: this.loginServer,
      baseDomain: this.baseDomain,
      caCertificate: this.caCertificate,
    });
  }

  authKey(name: string, request: AuthKeyRequest, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
    return preAuthKey(this.keys, name, request, opts);
  }
}

/** Headscale without a policy lets everybody reach everything; a policy without rules lets nobody. */
export const closedPolicy: MeshPolicy = { tagOwners: {}, acls: [], autoApprovers: { routes: {} } };

/** @throws GuildError with every mistake at once */
export function checkNetwork(name: string, args: HeadscaleNetwork): void {
  const { records = [], split = {} } = args.dns ?? {};
  const mistakes = settingsMistakes({
    hostname: args.hostname,
    baseDomain: args.baseDomain,
    prefixes: args.prefixes ?? MESH_NETWORKS,
    records: records.map((record) => ({ ...record, value: "" })),
    split: Object.fromEntries(Object.keys(split).map((domain) => [domain, []])),
  });
  if (mistakes.length > 0) throw new GuildError("headscale-args", `headscale "${name}": ${mistakes.join("; ")}`);
}

/** The settings as files, once the addresses in them are known. */
export function networkFiles(args: HeadscaleNetwork): pulumi.Output<ReturnType<typeof settingsFiles>> {
  const { records = [], split = {}, nameservers = [] } = args.dns ?? {};
  return pulumi.output({ records, split }).apply((known) =>
    settingsFiles({
      hostname: args.hostname,
      port: args.port ?? 443,
      baseDomain: args.baseDomain,
      prefixes: args.prefixes ?? MESH_NETWORKS,
      nameservers,
      stun: args.stun ?? false,
      ...known,
    }),
  );
}

function versionOf({ readAtStart }: ServerCertificate, files: pulumi.Output<object>): pulumi.Output<string> {
  return pulumi
    .all([pulumi.all(readAtStart.map(({ certificatePem }) => certificatePem)), files])
    .apply(([pems, known]) => contentVersion(JSON.stringify([...pems, known])));
}

/** At the port clients use outside as well, so that the relay's one address is right on both sides. */
function clusterService(
  place: Place,
  port: number,
  { exposure = { type: "ClusterIP" }, stun = false }: HeadscaleArgs,
): k8s.core.v1.Service {
  return new k8s.core.v1.Service(
    `${place.name}-service`,
    {
      // The Deployment is waited for; that says the same, and doesn't hang on a load balancer without a pool.
      metadata: metaIn(place, HEADSCALE_APP, { ...exposureAnnotations(exposure), ...unawaited }),
      spec: {
        type: exposure.type,
        selector: appSelector(HEADSCALE_APP),
        ports: [
          {
            name: "https",
            port,
            targetPort: HEADSCALE_PORT,
            protocol: "TCP",
            ...("nodePort" in exposure ? { nodePort: exposure.nodePort } : {}),
          },
          ...(stun ? [{ name: "stun", port: STUN_PORT, targetPort: STUN_PORT, protocol: "UDP" }] : []),
        ],
      },
    },
    { parent: place.parent },
  );
}

function apiKey(
  place: Place,
  { cluster }: HeadscaleArgs,
  api: { url: string; caCertificatePem: pulumi.Output<string> },
  running: pulumi.Resource[],
): pulumi.Output<string> {
  const { key } = new HeadscaleApiKey(
    `${place.name}-api-key`,
    {
      kubeconfig: cluster.kubeconfig,
      namespace: place.namespace,
      labelSelector: `app.kubernetes.io/name=${HEADSCALE_APP}`,
      container: HEADSCALE_CONTAINER,
      api,
    },
    { parent: place.parent, dependsOn: running },
  );
  return pulumi.secret(key);
}
