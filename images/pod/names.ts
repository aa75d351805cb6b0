/** A person's name in this guild. It is also the value of the label `guildnet.io/owner`. */
export const HANDLE = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/;

/** A workspace's id: a DNS label of at most 40 characters. */
export const WORKSPACE_ID = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;

/** The namespace that is a workspace's own. */
export const workspaceNamespace = (id: string): string => `ws-${id}`;

/** What may stand before the apps domain in a Host header: one DNS label, so never an address and never two levels. */
export const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The name of the Service port that is the workspace's editor. It is served at `<id>.<apps-domain>` itself. */
export const IDE_PORT = "ide";

/** The same of an app: what it is there for. */
export const APP_PORT = "app";
