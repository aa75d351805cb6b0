import type { Workspace, WorkspaceState } from "../../api/types.ts";

const WORDS: Readonly<Record<WorkspaceState, string>> = {
  running: "Running",
  starting: "Starting",
  stopped: "Stopped",
  failed: "Needs attention",
};

/** The state in a dot and in words: colour alone tells nothing to whoever cannot see it. */
export function StateBadge({ workspace: { state, since } }: { workspace: Workspace }) {
  return (
    <span className={`state ${state}`} title={since && `since ${new Date(since).toLocaleString()}`}>
      <span className="dot" aria-hidden="true" />
      {WORDS[state]}
    </span>
  );
}

/** Why, in Kubernetes' own words; of what runs, why it had to be started anew. Nothing where there is nothing to explain. */
export function Reason({ workspace: { state, reason, message } }: { workspace: Workspace }) {
  if (!reason && !message) return null;
  return (
    <p className={`reason ${state}`}>
      {reason && <strong>{reason}</strong>}
      {message && <span>{message}</span>}
    </p>
  );
}
