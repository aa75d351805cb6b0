import { createHmac } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RandomSecret } from "../../provider/sdk/index.ts";
import type { WorkspaceAttachment } from "../kube/attachment.ts";
import type { Authority } from "../kube/authority.ts";
import type { CertificateIssuer } from "../kube/certificate-issuer.ts";
import { appSelector, label } from "../kube/labels.ts";
import { unawaited } from "../kube/metadata.ts";
import { networkPolicies, program, tcp } from "../kube/network-policy.ts";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { serverCertificate } from "../kube/tls.ts";
import type { ServerCertificate } from "../kube/tls.ts";
import type { Transforms } from "../kube/transform.ts";
import { portalIdentity } from "../workspace/portal-identity.ts";
import { TOOLS_PORT } from "./deployment.ts";

const TOOLS = "tools";

/** Resolved by the cluster's DNS, whatever its domain is called. */
export const toolsHost = `${TOOLS}.${portalIdentity.namespace}.svc`;

/** Has a workspace's token for the tools. */
export const TOOLS_TOKEN_VARIABLE = "GUILDNET_TOOLS_TOKEN";

export interface ToolsArgs {
  /** Signs its certificate; workspaces trust it. */
  authority: Authority;
  /** Renews its certificate while it runs; of the same authority. @default any `up` renews it */
  issuer?: CertificateIssuer;
  /** Raising it gives every workspace another token, and ends the old ones; the workspaces start anew. @default 1 */
  tokenGeneration?: number;
}

/** What a portal has, where agents ask it. */
export interface ToolsEntrance {
  /** What workspaces' tokens are made with. */
  readonly key: RandomSecret;
  readonly certificate: ServerCertificate;
}

/**
 * Children `<portal>-tools-…`: an entrance of its own for agents in workspaces, which serves tools (MCP) and none of the pages.
 * The portal's own Service would open it wherever browsers come from.
 */
export function toolsEntrance(portal: Place, { authority, issuer, tokenGeneration = 1 }: ToolsArgs): ToolsEntrance {
  const place = { ...portal, name: `${portal.name}-${TOOLS}` },
    { parent } = place;
  // One of another length is another one.
  const key = new RandomSecret(`${place.name}-key`, { bytes: 31 + tokenGeneration }, { parent });
  networkPolicies(
    place,
    {
      "from-workspaces": {
        pods: appSelector("portal"),
        from: [{ peers: [{ namespacesWith: label.workspace }], ports: tcp(TOOLS_PORT) }],
      },
    },
    { prefix: `${TOOLS}-` },
  );
  new k8s.core.v1.Service(
    `${place.name}-service`,
    {
      metadata: metaIn(place, TOOLS, unawaited),
      spec: {
        type: "ClusterIP",
        selector: appSelector("portal"),
        ports: [{ name: TOOLS, port: 443, targetPort: TOOLS_PORT, protocol: "TCP" }],
      },
    },
    { parent },
  );
  const certificate = serverCertificate(place, { authority, issuer, dnsNames: [toolsHost], prefix: `${TOOLS}-` });
  return { key, certificate };
}

/** What `transform` changes in each workspace. */
export interface ToolsAttachmentChildren {
  "tools-access": k8s.core.v1.SecretArgs;
}

/**
 * Lets agents in a workspace ask the portal, each as its workspace, which is answered as its owner.
 * @param key what tokens are made with: `Portal`'s `toolsKey`
 */
export function toolsAttachment({
  key,
  tokenGeneration = 1,
  transform,
}: {
  key: pulumi.Input<string>;
  tokenGeneration?: number;
  transform?: Transforms<ToolsAttachmentChildren>;
}): WorkspaceAttachment {
  return {
    name: TOOLS,
    transform,
    attach: (workspace, owner) => {
      const token = pulumi.secret(pulumi.all([key, owner]).apply(([made, of]) => toolsToken(made, workspace.name, of)));
      const secret = new k8s.core.v1.Secret(
        `${workspace.name}-tools-access`,
        { metadata: metaIn(workspace, "tools-access"), stringData: { token } },
        { parent: workspace.parent },
      ).metadata.name;
      return {
        environment: {
          GUILDNET_TOOLS: `https://${toolsHost}`,
          // Programs are told of their token at their start alone: with another one the workspace is another, too.
          GUILDNET_TOOLS_GENERATION: String(tokenGeneration),
        },
        secretDefaults: { [TOOLS_TOKEN_VARIABLE]: { secret, key: "token" } },
        reach: {
          "to-tools": { to: [{ peers: [program("portal", portalIdentity.namespace)], ports: tcp(TOOLS_PORT) }] },
        },
      };
    },
  };
}

/** As the portal makes it again when it is shown. @param key base64url */
export function toolsToken(key: string, workspace: string, owner: string): string {
  const sum = createHmac("sha256", Buffer.from(key, "base64url")).update(`workspace\n${workspace}\n${owner}`);
  return `${workspace}.${sum.digest("base64url")}`;
}
