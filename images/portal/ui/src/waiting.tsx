import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import type { WaitingState } from "../../api/types.ts";
import { Header } from "./header.tsx";
import { Notice } from "./notice.tsx";
import { Reason, StateBadge } from "./state.tsx";
import "./style.css";

const LOOK_AGAIN_MS = 500;

const TITLES = { starting: "is starting", stopped: "is stopped", failed: "did not start", running: "is getting ready" };

/** Stands in for a workspace that does not answer, and makes way as soon as it does. */
function Waiting() {
  const [waiting, setWaiting] = useState<WaitingState>();
  useEffect(() => {
    const stop = new AbortController();
    void watch(setWaiting, stop.signal);
    return () => stop.abort();
  }, []);

  if (!waiting) return <Notice title="Looking whether it answers" busy />;
  const { workspace, portal } = waiting;
  return (
    <Notice
      title={`${workspace.visibility === undefined ? "Your workspace" : "This app"} ${TITLES[workspace.state]}`}
      busy={workspace.state === "starting" || workspace.state === "running"}
    >
      <p className="centred">
        <strong>{workspace.id}</strong> <StateBadge workspace={workspace} />
      </p>
      <Reason workspace={workspace} />
      <p className="dim">
        This page opens it as soon as it answers. <a href={portal}>All workspaces</a>
      </p>
    </Notice>
  );
}

async function watch(show: (state: WaitingState) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Where the portal itself is away, what was shown last stays.
    const response = await fetch("/.guildnet/state", { signal }).catch(() => undefined);
    // Signed out, or no longer ours: loading the page again leads through the portal, which says so.
    if (response?.status === 401) return window.location.reload();
    if (response?.ok) {
      const state = (await response.json()) as WaitingState;
      if (state.answers) return window.location.reload();
      show(state);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Header me={undefined} onSignOut={() => undefined} />
      <main>
        <Waiting />
      </main>
    </StrictMode>,
  );
}
