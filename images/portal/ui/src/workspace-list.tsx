import type { ListedWorkspace, Me } from "../../api/types.ts";
import { Contacts } from "./contacts.tsx";
import { Notice } from "./notice.tsx";
import { Reason, StateBadge } from "./state.tsx";
import { Systems } from "./systems.tsx";
import { useWorkspaces } from "./use-workspaces.ts";

interface WorkspaceListProps {
  readonly me: Me;
  /** The workspace the person asked for and may not open. */
  readonly refused: string | undefined;
  readonly onSessionEnded: () => void;
}

export function WorkspaceList({ me, refused, onSessionEnded }: WorkspaceListProps) {
  const { workspaces, machine, connected } = useWorkspaces(onSessionEnded);
  return (
    <>
      {refused && (
        <p className="banner bad" role="alert">
          There is no workspace <strong>{refused}</strong> that you may open.
        </p>
      )}
      {!connected && (
        <p className="banner" role="status">
          The portal does not answer. Trying again; what you see may be old.
        </p>
      )}
      {machine.diskFree && (
        <p className="banner" role="status">
          The disk that everybody’s work is on has {machine.diskFree} left. Remove what you don’t need: at 1 GiB
          workspaces are ended.
        </p>
      )}
      {workspaces && (workspaces.length > 0 ? <Groups workspaces={workspaces} /> : <Empty me={me} />)}
      {me.admin && <Systems />}
    </>
  );
}

function Groups({ workspaces }: { workspaces: readonly ListedWorkspace[] }) {
  const apps = workspaces.filter(({ visibility }) => visibility !== undefined);
  const mine = workspaces.filter((workspace) => workspace.mine && !apps.includes(workspace));
  const others = workspaces.filter((workspace) => !workspace.mine && !apps.includes(workspace));
  return (
    <>
      <Group title={mine.length === 1 ? "Your workspace" : "Your workspaces"} workspaces={mine} />
      <Group title="Apps" workspaces={apps} />
      <Group title="Everyone else’s" workspaces={others} />
    </>
  );
}

function Group({ title, workspaces }: { title: string; workspaces: readonly ListedWorkspace[] }) {
  if (workspaces.length === 0) return null;
  return (
    <section>
      <h1 className="group">
        {title} {workspaces.length > 1 && <span className="count">{workspaces.length}</span>}
      </h1>
      <ul className="cards">
        {workspaces.map((workspace) => (
          <Card key={workspace.id} workspace={workspace} />
        ))}
      </ul>
    </section>
  );
}

function Card({ workspace }: { workspace: ListedWorkspace }) {
  return (
    <li className="card">
      <div className="card-head">
        <h2>{workspace.id}</h2>
        <StateBadge workspace={workspace} />
      </div>
      <About workspace={workspace} />
      <Reason workspace={workspace} />
      {workspace.homeNearlyFull && (
        <p className="reason starting">Its home is nearly full: more than nine tenths of its size are taken.</p>
      )}
      {workspace.openable && <OpenButton workspace={workspace} />}
    </li>
  );
}

/** Who may open an app, in words. */
const VISIBLE = { private: "for its owner", members: "for everybody who is signed in", public: "for everybody" };

function About({ workspace: { mine, owner, visibility, state, since } }: { workspace: ListedWorkspace }) {
  const facts = [
    !mine && `belongs to ${owner}`,
    visibility && VISIBLE[visibility],
    state === "running" && since && `since ${shortTime(since)}`,
  ].filter(Boolean);
  return (
    facts.length > 0 && (
      <p className="dim facts">
        {facts.map((fact) => (
          <span key={String(fact)}>{fact}</span>
        ))}
      </p>
    )
  );
}

/** The time of day, with the date where it was not today. */
function shortTime(iso: string): string {
  const time = new Date(iso);
  const today = time.toDateString() === new Date().toDateString();
  return time.toLocaleString(undefined, today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

function OpenButton({ workspace: { id, state, url } }: { workspace: ListedWorkspace }) {
  // A link without a target is what a disabled link is; the state beside it says why.
  if (state !== "running")
    return (
      <a className="primary" role="link" aria-disabled="true">
        Open
      </a>
    );
  return (
    <a className="primary" href={`${url}/`} target={`guildnet-${id}`} aria-label={`Open ${id}`}>
      Open
    </a>
  );
}

function Empty({ me }: { me: Me }) {
  return (
    <Notice title="No workspace yet">
      {me.admin ? (
        <>
          <p>
            Workspaces are declared in the guild’s configuration. Add one with <strong>{me.handle}</strong> as its owner
            and run
          </p>
          <pre>
            <code>npm run up</code>
          </pre>
        </>
      ) : (
        <p>
          Ask <Contacts people={me.ask} /> for one.
        </p>
      )}
      <p className="dim">It appears here by itself.</p>
    </Notice>
  );
}
