import type { Me } from "../../api/types.ts";
import mark from "./favicon.svg";

export const EVENTS_PATH = "/events";

/** The portal's pages. */
const PAGES = [
  { path: "/", words: "Workspaces" },
  { path: EVENTS_PATH, words: "Events" },
];

export function Header({ me, onSignOut }: { me: Me | undefined; onSignOut: () => void }) {
  return (
    <header className="top">
      <a className="brand" href="/">
        <img src={mark} alt="" width="28" height="28" />
        <span>{me?.guild ?? "GuildNet"}</span>
      </a>
      {me && (
        <nav aria-label="Pages">
          {PAGES.map(({ path, words }) => (
            <a key={path} href={path} aria-current={path === window.location.pathname ? "page" : undefined}>
              {words}
            </a>
          ))}
          {me.pages.map(({ title, url }) => (
            <a key={url} href={url}>
              {title}
            </a>
          ))}
        </nav>
      )}
      {me && (
        <div className="person">
          <span className="avatar" aria-hidden="true">
            {me.handle.slice(0, 1).toUpperCase()}
          </span>
          <span className="handle">{me.handle}</span>
          {me.admin && <span className="tag">admin</span>}
          <button type="button" className="quiet" onClick={onSignOut}>
            Sign out
          </button>
        </div>
      )}
    </header>
  );
}
