import type { FastifyReply } from "fastify";
import type { Workspace } from "../guild/workspaces.ts";
import type { Session } from "../identity/sessions.ts";
import { liveStream } from "./live-stream.ts";
import type { Services } from "./services.ts";
import type { ListedWorkspace, LiveWorkspaces, MachineNotice } from "./types.ts";

/**
 * The list of workspaces as server-sent events, until the browser leaves or the session ends.
 * @param view what of a workspace this person may see; undefined for nothing
 */
export function streamWorkspaces(
  reply: FastifyReply,
  session: Session,
  services: Services,
  view: (workspace: Workspace) => ListedWorkspace | undefined,
): FastifyReply {
  const stream = liveStream<LiveWorkspaces>(reply, session, services.leases);
  const shown = new Set<string>();
  const sendChange = (id: string): void => {
    const found = services.directory.get(id);
    const workspace = found && view(found);
    if (workspace) {
      shown.add(id);
      stream.send("change", { workspace });
    } else if (shown.delete(id)) {
      stream.send("remove", { id });
    }
  };

  stream.onClose(services.directory.onChange(sendChange));
  stream.onClose(
    services.machine.onChange(({ diskFree, fullHomes }) => {
      const now = services.machine.state;
      if (now.diskFree !== diskFree) stream.send("machine", machineNotice(services));
      for (const id of [...fullHomes, ...now.fullHomes])
        if (now.fullHomes.has(id) !== fullHomes.has(id)) sendChange(id);
    }),
  );

  const workspaces = services.directory
    .list()
    .map(view)
    .filter((workspace) => workspace !== undefined);
  for (const workspace of workspaces) shown.add(workspace.id);
  stream.send("snapshot", { workspaces, machine: machineNotice(services) });
  return stream.answer();
}

function machineNotice({
  machine: {
    state: { diskFree },
  },
}: Services): MachineNotice {
  return { ...(diskFree !== undefined && { diskFree }) };
}
