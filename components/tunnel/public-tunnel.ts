import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createHmac } from "node:crypto";
import { RandomSecret } from "../../provider/sdk/index.ts";
import { accepted } from "../kube/accepted-findings.ts";
import { GuildError } from "../kube/errors.ts";
import { networkPolicies, tcp, udp } from "../kube/network-policy.ts";
import type { Policies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount } from "../kube/place.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { CLOUDFLARE_PORT, cloudflaredSettings } from "./cloudflared-settings.ts";
import { frpClientSettings, paths } from "./frp-settings.ts";
import { tunnelIdentity } from "./identity.ts";
import type { TunnelEnd } from "./identity.ts";
import { tunnelDeployment } from "./pods.ts";
import { tunnelReach } from "./reach.ts";

/** What `transform` changes. */
export interface PublicTunnelChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  settings: k8s.core.v1.ConfigMapArgs;
  token: k8s.core.v1.SecretArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
}

/** The public end of a tunnel. */
export type TunnelServerAddress =
  /** frp's server, on a machine that the internet reaches. `TunnelServer` is one. */
  | {
      readonly kind: "frp";
      /** Host name or IPv4 address, which its certificate is for. */
      readonly server: string;
      /** Port that clients connect to. @default 7000 */
      readonly port?: number;
      /** PEM of the authority that signed its certificate. @default one that every system trusts */
      readonly caCertificate?: pulumi.Input<string>;
    }
  /** Cloudflare's network. */
  | { readonly kind: "cloudflare" };

export interface PublicTunnelArgs {
  to: TunnelServerAddress;
  /** What lets it in there: frp's token, or that of a tunnel at Cloudflare. */
  token: pulumi.Input<string>;
  /** Host names that are published, at least one; nothing is asked for under another. */
  hosts: readonly string[];
  /** Where it ends in the cluster. */
  end: TunnelEnd;
  /** frp's client, or cloudflared. */
  image: pulumi.Input<string>;
  /** PriorityClass of its pod, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<PublicTunnelChildren>;
}

/**
 * The way from the internet to what a guild publishes, for a cluster that the internet doesn't reach: it connects
 * outwards, to a server that takes visitors. It hands their TLS on to one end in the cluster, which decides by the name
 * what is open to whom; it has no right in the cluster, and may reach nothing but that end.
 */
export class PublicTunnel extends pulumi.ComponentResource {
  constructor(name: string, args: PublicTunnelArgs, opts?: pulumi.ComponentResourceOptions) {
    if (args.hosts.length === 0)
      throw new GuildError("tunnel-args", `tunnel "${name}": hosts is empty, and a tunnel is for at least one`);
    super(
      "guildnet:index:PublicTunnel",
      name,
      { reaches: "visitors from the internet: what is published is away for some seconds" },
      transformed(name, args.transform, opts),
    );
    const { namespace, app } = tunnelIdentity;
    const place = ownNamespace(name, { app, namespace, level: "restricted" }, this);
    const { files, command, reach } = programOf(args);
    const guards = networkPolicies(place, reach);
    const account = powerlessAccount(place);
    const settings = new k8s.core.v1.ConfigMap(
      `${name}-settings`,
      { metadata: metaIn(place, "settings"), data: files },
      { parent: this },
    );
    const secret = new k8s.core.v1.Secret(
      `${name}-token`,
      { metadata: metaIn(place, "token"), stringData: { token: pulumi.secret(args.token) } },
      { parent: this },
    );
    const salt = new RandomSecret(`${name}-salt`, {}, { parent: this });
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: metaIn(
          place,
          app,
          accepted({
            "no-probes":
              "it connects anew by itself; whether it stands is seen from outside, under the published names",
          }),
        ),
        spec: tunnelDeployment({
          image: args.image,
          command,
          priorityClass: args.priorityClass,
          serviceAccount: account.metadata.name,
          settings: settings.metadata.name,
          tokenSecret: secret.metadata.name,
          mountedVersion: versionOf(files, args.token, salt.value),
        }),
      },
      { parent: this, dependsOn: guards },
    );
    this.registerOutputs({});
  }
}

interface Program {
  files: Record<string, pulumi.Input<string>>;
  command: string[];
  reach: Policies;
}

function programOf({ to, hosts, end }: PublicTunnelArgs): Program {
  const authority = `${paths.settings}/authority.crt`;
  if (to.kind === "cloudflare") {
    const own = end.caCertificate !== undefined;
    return {
      files: {
        "cloudflared.yml": JSON.stringify(cloudflaredSettings({ hosts, end, authority: own })),
        ...(own && { "authority.crt": end.caCertificate }),
      },
      // A name and no path: entry points differ between builds.
      command: [
        "cloudflared",
        "tunnel",
        "--config",
        `${paths.settings}/cloudflared.yml`,
        "run",
        "--token-file",
        `${paths.token}/token`,
      ],
      reach: tunnelReach(end, { ports: [...tcp(CLOUDFLARE_PORT), ...udp(CLOUDFLARE_PORT)] }),
    };
  }
  const { server, port = 7000, caCertificate } = to;
  const settings = frpClientSettings({ server, port, hosts, end, ...(caCertificate !== undefined && { authority }) });
  return {
    files: {
      "frpc.json": JSON.stringify(settings),
      ...(caCertificate !== undefined && { "authority.crt": caCertificate }),
    },
    command: ["/usr/bin/frpc", "--config", `${paths.settings}/frpc.json`],
    reach: tunnelReach(end, { server, ports: tcp(port) }),
  };
}

/** Another for other settings and another token. Anybody may read it: who doesn't know the salt can't try tokens by it. */
function versionOf(
  files: Program["files"],
  token: pulumi.Input<string>,
  salt: pulumi.Input<string>,
): pulumi.Output<string> {
  return pulumi.unsecret(
    pulumi.all([pulumi.output(files), pulumi.output(token), pulumi.output(salt)]).apply(([read, secret, key]) =>
      createHmac("sha256", key)
        .update(JSON.stringify([read, secret]))
        .digest("hex")
        .slice(0, 16),
    ),
  );
}
