import { useCallback, useRef, useState } from "react";
import type { Hit } from "../../http/types.ts";
import { followed } from "./follow.ts";
import { fetchTags, search } from "./notes-api.ts";
import { addressOf, goTo, type Place } from "./place.ts";
import { useFetched } from "./use-fetched.ts";
import { useKeys } from "./use-keys.ts";

const MOST_TAGS = 24;

/** Search, what was found, and tags. */
export function Sidebar({ place }: { place: Place }) {
  const { vault } = place;
  const [typed, setTyped] = useState("");
  const query = place.view === "search" ? place.query : typed;
  const { value: hits, error } = useFetched(useCallback(() => search(vault, query), [vault, query]));
  const { value: tags } = useFetched(useCallback(() => fetchTags(vault), [vault]));
  const field = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => field.current?.focus() });
  const ask = (text: string): void => {
    setTyped(text);
    if (place.view === "search") goTo({ view: "search", vault, query: text }, true);
  };
  const current = place.view === "note" ? place.path : undefined;
  return (
    <nav className="sidebar" aria-label="Notes" onClick={followed}>
      <input
        ref={field}
        type="search"
        value={query}
        placeholder="Search notes"
        aria-label="Search notes"
        onChange={({ target }) => ask(target.value)}
      />
      {error !== undefined && (
        <p className="banner bad" role="alert">
          {error.message}
        </p>
      )}
      <p className="unseen" role="status">
        {hits === undefined ? "" : `${hits.length} found`}
      </p>
      <ul className="hits">
        {hits?.map((hit) => (
          <HitLink key={hit.path} vault={vault} hit={hit} isCurrent={hit.path === current} />
        ))}
      </ul>
      {hits?.length === 0 && <p className="dim">{query === "" ? "No notes yet." : "Nothing found."}</p>}
      {tags !== undefined && tags.length > 0 && (
        <ul className="tags" aria-label="Tags">
          {tags.slice(0, MOST_TAGS).map(({ tag, count }) => (
            <li key={tag}>
              <a className="tag" href={addressOf({ view: "search", vault, query: `#${tag}` })}>
                #{tag} <span className="dim">{count}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </nav>
  );
}

function HitLink({ vault, hit: { path, title, snippet }, isCurrent }: { vault: string; hit: Hit; isCurrent: boolean }) {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return (
    <li>
      <a href={addressOf({ view: "note", vault, path })} aria-current={isCurrent ? "page" : undefined}>
        <strong>{title}</strong>
        {folder !== "" && <span className="dim"> {folder}</span>}
        {snippet.length > 0 && (
          <span className="snippet dim">
            {snippet.map(({ text, found }, at) => (found ? <mark key={at}>{text}</mark> : text))}
          </span>
        )}
      </a>
    </li>
  );
}
