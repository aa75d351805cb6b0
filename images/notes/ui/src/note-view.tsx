import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import type { Me, NoteAnswer } from "../../http/types.ts";
import { followed } from "./follow.ts";
import { NameDialog } from "./name-dialog.tsx";
import { createNote, fetchNote, removeNote, renameNote } from "./notes-api.ts";
import { addressOf, goTo } from "./place.ts";
import { useFetched } from "./use-fetched.ts";
import { useKeys } from "./use-keys.ts";

const Editor = lazy(() => import("./editor.tsx"));

interface NoteViewProps {
  readonly vault: string;
  readonly path: string;
  readonly me: Me;
}

/** A note to read, or to edit together with whoever has it open. */
export function NoteView({ vault, path, me }: NoteViewProps) {
  const { value: note, error, again } = useFetched(useCallback(() => fetchNote(vault, path), [vault, path]));
  const [isEditing, setEditing] = useState(() => window.location.search === "?edit");
  const [isRenaming, setRenaming] = useState(false);
  useKeys({ e: () => setEditing(true) });
  useTitle(note?.title);
  const leave = useCallback(() => {
    setEditing(false);
    again();
  }, [again]);
  // Whoever writes in it at that moment is told so beside what they wrote.
  if (error?.code === "missing" && !(isEditing && note !== undefined)) return <Missing vault={vault} path={path} />;
  if (note === undefined)
    return error === undefined ? null : (
      <p className="banner bad" role="alert">
        {error.message}
      </p>
    );
  return (
    <article>
      <div className="note-head">
        <p className="dim">{path}</p>
        <button
          type="button"
          className="quiet"
          aria-pressed={isEditing}
          onClick={() => (isEditing ? leave() : setEditing(true))}
        >
          {isEditing ? "Read" : "Edit"}
        </button>
        <button type="button" className="quiet" onClick={() => setRenaming(true)}>
          Rename
        </button>
        <button type="button" className="quiet" onClick={() => void remove(vault, path, note.title)}>
          Remove
        </button>
      </div>
      {isEditing ? (
        <Suspense fallback={<p className="dim">Loading …</p>}>
          <Editor vault={vault} path={path} handle={me.handle} onLeave={leave} />
        </Suspense>
      ) : (
        // Cleaned by the server, which lets no script, style or form through, and the page's policy would run none.
        <div className="text" onClick={followed} dangerouslySetInnerHTML={{ __html: note.html }} />
      )}
      <Backlinks vault={vault} note={note} />
      {isRenaming && (
        <NameDialog
          title={`Rename ${note.title}`}
          action="Rename, with all links"
          initial={path}
          onCancel={() => setRenaming(false)}
          onName={async (to) => goTo({ view: "note", vault, path: (await renameNote(vault, path, to)).path })}
        />
      )}
    </article>
  );
}

function Backlinks({ vault, note: { backlinks } }: { vault: string; note: NoteAnswer }) {
  if (backlinks.length === 0) return null;
  return (
    <section className="backlinks" onClick={followed}>
      <h2>Linked from</h2>
      <ul>
        {backlinks.map(({ path, title, lines }) => (
          <li key={path}>
            <a href={addressOf({ view: "note", vault, path })}>{title}</a>
            {lines.map((line) => (
              <p key={line} className="dim">
                {line}
              </p>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Missing({ vault, path }: { vault: string; path: string }) {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.md$/i, "");
  const make = async (): Promise<void> => {
    await createNote(vault, path, `# ${name}\n`);
    goTo(`${addressOf({ view: "note", vault, path })}?edit`);
    window.location.reload();
  };
  return (
    <div className="empty">
      <p>
        There is no note <strong>{path}</strong> yet.
      </p>
      <button type="button" className="primary" onClick={() => void make()}>
        Make it
      </button>
    </div>
  );
}

async function remove(vault: string, path: string, title: string): Promise<void> {
  if (!window.confirm(`Remove "${title}"? It stays in the vault's history.`)) return;
  await removeNote(vault, path);
  goTo({ view: "search", vault, query: "" });
}

function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title === undefined ? "Notes" : `${title} · Notes`;
  }, [title]);
}
