/** Who the portal is inside a cluster: the ServiceAccount that workspaces let read their state. */
export interface PortalIdentity {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/**
 * Fixed names, not outputs of the portal: a workspace's RoleBinding may name an account
 * that isn't there yet, and an edge would make every workspace wait for the portal.
 */
export const portalIdentity: PortalIdentity = { namespace: "guildnet-portal", serviceAccount: "portal" };
