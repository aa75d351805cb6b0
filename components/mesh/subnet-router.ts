import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accepted } from "../kube/accepted-findings.ts";
import { GuildError } from "../kube/errors.ts";
import { contentVersion } from "../kube/metadata.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount, retention, volumeClaim } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import type { PrivilegedName } from "../kube/privileged-namespaces.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images } from "../versions.ts";
import { tag } from "./mesh.ts";
import type { Mesh } from "./mesh.ts";
import { routerReach } from "./reach.ts";
import { ROUTER_APP, routerDeployment, routerSettings, TAILSCALE } from "./router-workload.ts";
import type { RouterMode } from "./router-workload.ts";

/** What `transform` changes. */
export interface SubnetRouterChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  "auth-key": k8s.core.v1.SecretArgs;
  authorities: k8s.core.v1.ConfigMapArgs;
  settings: k8s.core.v1.ConfigMapArgs;
  data: k8s.core.v1.PersistentVolumeClaimArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
}

export interface SubnetRouterArgs {
  mesh: Mesh;
  /** Networks it leads to, for instance the cluster's Services and pods; the policy says which need no approval. */
  routes: pulumi.Input<string>[];
  /** @default "userspace", which needs no rights */
  mode?: RouterMode;
  /** Its name on the mesh. @default "router" */
  hostname?: pulumi.Input<string>;
  /** Raising it makes a new key and ends the old one; the router, which has joined, stays. @default 1 */
  keyGeneration?: number;
  /** @default upstream's */
  image?: pulumi.Input<string>;
  /** Size of the volume with its identity. @default "64Mi" */
  storage?: pulumi.Input<string>;
  /** @default the cluster's default class */
  storageClass?: pulumi.Input<string>;
  /** Whether namespace and volume stay when it is removed. @default true */
  keepData?: boolean;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<SubnetRouterChildren>;
}

/** Two names, so that only a router that must be privileged is in the namespace that allows it. */
const NAMESPACES = { userspace: "guildnet-router", kernel: "guildnet-kernel-router" } as const satisfies {
  userspace: string;
  kernel: PrivilegedName;
};

/**
 * The way from the mesh into the cluster: a device of the mesh that advertises the cluster's
 * networks. Its identity is on a volume, so that after a restart it is the same device, with
 * the same address and approval; its key is only used where there is no identity yet, and may
 * be used again where that was lost. Linux clients must ask for routes: `--accept-routes`.
 *
 * Where the same login server is at another name or port by now, it is the same device there.
 * Another server, or another `mode`, is another device: the old one stays on its mesh's list
 * until somebody removes it there.
 */
export class SubnetRouter extends pulumi.ComponentResource {
  /** Networks it advertises, comma-separated. */
  declare readonly routes: pulumi.Output<string>;

  constructor(name: string, args: SubnetRouterArgs, opts?: pulumi.ComponentResourceOptions) {
    if (args.routes.length === 0)
      throw new GuildError("router-args", `subnet router "${name}": it has no routes; name at least one network`);
    super(
      "guildnet:index:SubnetRouter",
      name,
      { reaches: "whoever has a device on the mesh: the guild is away for some seconds" },
      transformed(name, args.transform, opts),
    );
    const { mesh } = args;
    const mode = args.mode ?? "userspace";
    const data = retention(args.keepData);
    this.routes = pulumi.all(args.routes).apply((routes) => routes.join(","));
    const place = ownNamespace(
      name,
      { app: ROUTER_APP, namespace: NAMESPACES[mode], level: mode === "kernel" ? "privileged" : "restricted", data },
      this,
    );
    const guards = networkPolicies(
      place,
      routerReach(ROUTER_APP, { networks: args.routes, loginServer: mesh.loginServer ?? TAILSCALE }),
      { prefix: `${ROUTER_APP}-` },
    );
    const account = powerlessAccount(place);
    const authKey = mesh.authKey(
      `${name}-key`,
      { tags: [tag.router], reusable: true, generation: args.keyGeneration },
      { parent: this },
    );
    const keySecret = new k8s.core.v1.Secret(
      `${name}-auth-key`,
      {
        metadata: metaIn(place, "auth-key"),
        stringData: { "auth-key": authKey },
      },
      { parent: this },
    );
    const authorities = mesh.caCertificate === undefined ? undefined : trusted(place, mesh.caCertificate);
    const settings = pulumi.output(mesh.loginServer).apply(routerSettings);
    const settingsFile = new k8s.core.v1.ConfigMap(
      `${name}-settings`,
      { metadata: metaIn(place, "tailscaled"), data: settings },
      { parent: this },
    );
    const claim = volumeClaim(place, "data", {
      claim: ROUTER_APP,
      size: args.storage ?? "64Mi",
      storageClass: args.storageClass,
      data,
    });
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: metaIn(
          place,
          ROUTER_APP,
          accepted(
            mode === "kernel"
              ? { privileged: "it makes a network device and lets the kernel forward packets" }
              : { "low-user": "the files on its volume are user 1000's" },
          ),
        ),
        spec: routerDeployment({
          image: args.image ?? images.tailscale,
          mode,
          hostname: args.hostname ?? "router",
          routes: this.routes,
          loginServer: mesh.loginServer,
          hostAliases: mesh.hostAliases ?? [],
          serviceAccount: account.metadata.name,
          claim: claim.metadata.name,
          keySecret: keySecret.metadata.name,
          authorities: authorities?.metadata.name,
          settings: settingsFile.metadata.name,
          // Not the key: a new one is for the next login, and needs no restart.
          mountedVersion: pulumi
            .all([mesh.caCertificate, settings])
            .apply((read) => contentVersion(JSON.stringify(read))),
        }),
      },
      { parent: this, dependsOn: guards },
    );
    this.registerOutputs({ routes: this.routes });
  }
}

function trusted(place: Place, pem: pulumi.Input<string>): k8s.core.v1.ConfigMap {
  return new k8s.core.v1.ConfigMap(
    `${place.name}-authorities`,
    {
      metadata: metaIn(place, "authorities"),
      data: { "guild.crt": pem },
    },
    { parent: place.parent },
  );
}
