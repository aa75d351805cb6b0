import { PassThrough } from "node:stream";
import type { FastifyReply } from "fastify";
import type { Workspace } from "../guild/workspaces.ts";
import type { Session } from "../identity/sessions.ts";
import type { Services } from "./services.ts";
import type { ListedWorkspace, LiveEvents, MachineNotice } from "./types.ts";

const KEEP_ALIVE_MS = 25_000;
const MOST_UNREAD_BYTES = 1024 * 1024;

/**
 * The list of workspaces as server-sent events, until the browser leaves or the session ends.
 * @param view what of a workspace this person may see; undefined for nothing
 */
export function streamEvents(
  reply: FastifyReply,
  session: Session,
  services: Services,
  view: (workspace: Workspace) => ListedWorkspace | undefined,
): FastifyReply {
  const stream = new PassThrough();
  const shown = new Set<string>();
  const send = <K extends keyof LiveEvents>(event: K, data: LiveEvents[K]): void => {
    // Who does not read is cut off, and gets a fresh snapshot on coming back.
    if (stream.writableLength + stream.readableLength > MOST_UNREAD_BYTES) stream.destroy();
    if (stream.writable) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const sendChange = (id: string): void => {
    const found = services.directory.get(id);
    const workspace = found && view(found);
    if (workspace) {
      shown.add(id);
      send("change", { workspace });
    } else if (shown.delete(id)) {
      send("remove", { id });
    }
  };

  const unsubscribe = services.directory.onChange(sendChange);
  const unsubscribeMachine = services.machine.onChange(({ diskFree, fullHomes }) => {
    const now = services.machine.state;
    if (now.diskFree !== diskFree) send("machine", machineNotice(services));
    for (const id of [...fullHomes, ...now.fullHomes]) if (now.fullHomes.has(id) !== fullHomes.has(id)) sendChange(id);
  });
  const release = services.leases.hold({ session, end: () => stream.end() });
  const keepAlive = setInterval(() => stream.writable && stream.write(": still here\n\n"), KEEP_ALIVE_MS);
  stream.once("close", () => {
    clearInterval(keepAlive);
    unsubscribe();
    unsubscribeMachine();
    release();
  });
  reply.raw.once("close", () => stream.destroy());

  const workspaces = services.directory
    .list()
    .map(view)
    .filter((workspace) => workspace !== undefined);
  for (const workspace of workspaces) shown.add(workspace.id);
  send("snapshot", { workspaces, machine: machineNotice(services) });
  return reply.type("text/event-stream").header("x-accel-buffering", "no").send(stream);
}

function machineNotice({
  machine: {
    state: { diskFree },
  },
}: Services): MachineNotice {
  return { ...(diskFree !== undefined && { diskFree }) };
}
