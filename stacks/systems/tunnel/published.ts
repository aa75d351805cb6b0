import type { Publication } from "../../../components/index.ts";
import type { AppConfig, AppsKeys } from "../apps/schema.ts";
import { workspaceName } from "../workspaces/schema.ts";
import type { WorkspaceConfig, WorkspacesKeys } from "../workspaces/schema.ts";
import type { PublicationConfig, TunnelKeys } from "./schema.ts";

/** An entry of `tunnel.publish`, with what it means. */
export interface Published extends Publication {
  /** For people: "app wiki", "port web of the workspace ada". */
  what: string;
  /** Handle of the person who answers for it. */
  owner: string;
  /** Whether its time is over. */
  isOver: boolean;
}

export type Publishing = TunnelKeys & AppsKeys & WorkspacesKeys;

const DAY = 24 * 60 * 60 * 1000;

/**
 * All that the config says is published, in its order; what it names wrongly is left out, and told by the rules.
 * @param now in milliseconds since the epoch
 */
export function publishedOf(config: Publishing, now = Date.now()): Published[] {
  return (config.tunnel?.publish ?? []).flatMap((entry): Published[] => {
    const { app, workspace } = targetOf(config, entry);
    const target = app ?? workspace;
    if (target === undefined) return [];
    const { host, evenThoughPrivate, until } = entry;
    const end = until === undefined ? undefined : endOf(until);
    return [
      {
        host,
        label: app === undefined || entry.port !== undefined ? `${entry.port}--${nameOf(entry)}` : app.name,
        ...(end !== undefined && { until: new Date(end).toISOString() }),
        evenThoughPrivate,
        what: whatIs(entry),
        owner: entry.owner ?? target.owner,
        isOver: end !== undefined && end <= now,
      },
    ];
  });
}

/** What is to be open now. */
export function openNow(config: Publishing): Published[] {
  return publishedOf(config).filter(({ isOver }) => !isOver);
}

/** What an entry names, where there is such a thing. */
export function targetOf(
  { apps, workspaces }: Publishing,
  { app, workspace }: PublicationConfig,
): { app?: AppConfig; workspace?: WorkspaceConfig } {
  return app === undefined
    ? { workspace: workspaces.find((one) => workspaceName(one) === workspace) }
    : { app: apps.find(({ name }) => name === app) };
}

/** The first moment at which it is no longer open, in milliseconds since the epoch: a day is open to its end. */
export function endOf(until: string): number {
  return until.includes("T") ? Date.parse(until) : Date.parse(`${until}T00:00:00Z`) + DAY;
}

function nameOf({ app, workspace }: PublicationConfig): string {
  return app ?? workspace ?? "";
}

function whatIs({ app, workspace, port }: PublicationConfig): string {
  const whole = app === undefined ? `the workspace ${workspace}` : `app ${app}`;
  return port === undefined ? whole : `port ${port} of ${whole}`;
}
