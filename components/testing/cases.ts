import * as pulumi from "@pulumi/pulumi";
import { identityOn, joinedTo } from "../events/join.ts";
import { toEvents } from "../events/reach.ts";
import type { WorkspaceAttachment } from "../kube/attachment.ts";
import type { EventBusAccess } from "../kube/event-access.ts";
import { Workspace } from "../workspace/workspace.ts";
import type { Case } from "./contract.ts";

// Words in which cases of the contract are written, and stand-ins for what components stand on.

export const core = (kind: string, name: string) => `kubernetes:core/v1:${kind} ${name}`;
export const rbac = (kind: string, name: string) => `kubernetes:rbac.authorization.k8s.io/v1:${kind} ${name}`;
export const policy = (name: string) => `kubernetes:networking.k8s.io/v1:NetworkPolicy network-${name}`;
export const issued = (name: string) => `kubernetes:cert-manager.io/v1:Certificate ${name}`;

export const issuer = { name: "guildnet", kind: "ClusterIssuer", caCertificate: "CA CERTIFICATE" } as const;
export const guildAuthority = { certificatePem: "CA CERTIFICATE", privateKeyPem: pulumi.secret("CA KEY") };

export const bus: EventBusAccess = {
  url: "tls://bus",
  join: (place, user) => joinedTo(keeper, place, user),
  identity: (name, user, parent) => identityOn(keeper, name, user, parent),
};
const keeper = {
  url: "tls://bus",
  server: { url: "tls://bus", caCertificatePem: "CA CERTIFICATE" },
  operator: { systemCredentials: "SYSTEM CREDENTIALS", operatorSeed: "OPERATOR SEED" },
  caCertificate: "CA CERTIFICATE",
  people: ["ada"],
  generation: 1,
  reach: toEvents(1),
};

/** What a component has that joins it. */
export const busChildren = [
  "guildnet:index:EventIdentity events-identity",
  "guildnet:index:EventAccount events-account",
  core("Secret", "events-access"),
  policy("to-events"),
];

export const workspaceChildren = [
  core("Namespace", "namespace"),
  core("ResourceQuota", "quota"),
  core("LimitRange", "limits"),
  policy("deny-all"),
  policy("from-portal"),
  policy("to-dns"),
  policy("to-internet"),
  rbac("Role", "portal-role"),
  rbac("RoleBinding", "portal-binding"),
  core("ServiceAccount", "account"),
  core("PersistentVolumeClaim", "home"),
  "guildnet:index:RandomSecret ide-token",
  core("Secret", "ide-access"),
  "kubernetes:apps/v1:Deployment deployment",
  core("Service", "service"),
];

/** A workspace called "it", of ada, with one attachment: its children beside the workspace's own. */
export function attachedToWorkspace(
  attachment: () => WorkspaceAttachment,
  { children, ...more }: Pick<Case, "children" | "canaries" | "attached">,
): Case {
  return {
    component: "Workspace",
    make: (on, transform) =>
      new Workspace(
        "it",
        { transform, owner: "ada", image: "example.org/workspace:1", attachments: [attachment()] },
        { provider: on() },
      ),
    children: [...workspaceChildren, ...children],
    outputs: ["namespace"],
    secret: [],
    ...more,
  };
}
