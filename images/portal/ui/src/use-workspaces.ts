import { useEffect, useState } from "react";
import type { ListedWorkspace, LiveWorkspaces, MachineNotice } from "../../api/types.ts";

export interface LiveList {
  /** Undefined until the first answer. */
  readonly workspaces: readonly ListedWorkspace[] | undefined;
  readonly machine: MachineNotice;
  /** False while the connection is lost; the browser keeps trying. */
  readonly connected: boolean;
}

/**
 * The list of workspaces, kept current by the portal's event stream.
 * @param onEnded the stream was closed for good: the session is over
 */
export function useWorkspaces(onEnded: () => void): LiveList {
  const [list, setList] = useState<LiveList>({ workspaces: undefined, machine: {}, connected: true });

  useEffect(() => {
    const source = new EventSource("/api/workspaces/live");
    const on = <K extends keyof LiveWorkspaces>(
      event: K,
      apply: (data: LiveWorkspaces[K], before: LiveList) => Partial<LiveList>,
    ): void =>
      source.addEventListener(event, ({ data }: MessageEvent<string>) =>
        setList((before) => ({ ...before, connected: true, ...apply(JSON.parse(data) as LiveWorkspaces[K], before) })),
      );
    on("snapshot", ({ workspaces, machine }) => ({ workspaces: sorted([...workspaces]), machine }));
    on("change", ({ workspace }, { workspaces = [] }) => ({
      workspaces: sorted([...workspaces.filter(({ id }) => id !== workspace.id), workspace]),
    }));
    on("remove", ({ id: gone }, { workspaces = [] }) => ({ workspaces: workspaces.filter(({ id }) => id !== gone) }));
    on("machine", (machine) => ({ machine }));
    source.onerror = () => {
      setList((before) => ({ ...before, connected: false }));
      if (source.readyState === EventSource.CLOSED) onEnded();
    };
    return () => source.close();
  }, [onEnded]);

  return list;
}

function sorted(workspaces: ListedWorkspace[]): ListedWorkspace[] {
  return workspaces.sort((a, b) => Number(b.mine) - Number(a.mine) || a.id.localeCompare(b.id, "en"));
}
