import { lazy, Suspense, useCallback, useState } from "react";
import type { Me } from "../../http/types.ts";
import mark from "./favicon.svg";
import { followed } from "./follow.ts";
import { NameDialog } from "./name-dialog.tsx";
import { NoteView } from "./note-view.tsx";
import { createNote, fetchMe } from "./notes-api.ts";
import { addressOf, goTo, usePlace, type Place } from "./place.ts";
import { Sidebar } from "./sidebar.tsx";
import { useFetched } from "./use-fetched.ts";
import { useKeys } from "./use-keys.ts";

const GraphView = lazy(() => import("./graph-view.tsx"));

export function App() {
  const place = usePlace();
  const { value: me, error } = useFetched(fetchMe, 60_000);
  const [isNaming, setNaming] = useState(false);
  useKeys({ n: () => setNaming(true), g: () => goTo({ view: "graph", vault: place.vault, query: "" }) });
  const leaveDialog = useCallback(() => setNaming(false), []);
  const trouble = error && (
    <p className="banner bad" role="alert">
      {error.message}
    </p>
  );
  if (me === undefined) return trouble;
  return (
    <>
      <Header me={me} place={place} onNew={() => setNaming(true)} />
      <div className="columns">
        <Sidebar key={place.vault} place={place} />
        <main>
          {trouble}
          <Content place={place} me={me} />
        </main>
      </div>
      {isNaming && (
        <NameDialog
          title="New note"
          action="Make it"
          initial=""
          onCancel={leaveDialog}
          onName={async (path) => {
            const note = await createNote(place.vault, path, "");
            leaveDialog();
            goTo(`${addressOf({ view: "note", vault: place.vault, path: note.path })}?edit`);
          }}
        />
      )}
    </>
  );
}

function Content({ place, me }: { place: Place; me: Me }) {
  if (place.view === "note") return <NoteView key={addressOf(place)} vault={place.vault} path={place.path} me={me} />;
  if (place.view === "search")
    return (
      <p className="empty dim">
        Choose a note, or search: words are found by their beginnings, <code>"several words"</code> as they stand,{" "}
        <code>#tags</code> by their names.
        <br />
        <kbd>/</kbd> search <kbd>n</kbd> new note <kbd>e</kbd> edit <kbd>g</kbd> graph
      </p>
    );
  return (
    <Suspense fallback={<p className="empty dim">Loading …</p>}>
      <GraphView vault={place.vault} />
    </Suspense>
  );
}

function Header({ me, place, onNew }: { me: Me; place: Place; onNew: () => void }) {
  const link = (to: Place, words: string, isCurrent: boolean) => (
    <a key={words} href={addressOf(to)} aria-current={isCurrent ? "page" : undefined} onClick={followed}>
      {words}
    </a>
  );
  const words = (vault: string): string => (vault === "guild" ? me.guildName : "My notes");
  return (
    <header className="top">
      <a className="brand" href="/guild" onClick={followed}>
        <img src={mark} alt="" width="28" height="28" />
        <span>Notes</span>
      </a>
      <nav aria-label="Vaults">
        {me.vaults.map((vault) => link({ view: "search", vault, query: "" }, words(vault), vault === place.vault))}
        {link({ view: "graph", vault: place.vault, query: "" }, "Graph", place.view === "graph")}
      </nav>
      <button type="button" className="primary" onClick={onNew}>
        New note
      </button>
      <span className="handle">{me.handle}</span>
    </header>
  );
}
