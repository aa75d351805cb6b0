import type { Me } from "../../api/types.ts";
import mark from "./favicon.svg";

export function Header({ me, onSignOut }: { me: Me | undefined; onSignOut: () => void }) {
  return (
    <header className="top">
      <a className="brand" href="/">
        <img src={mark} alt="" width="28" height="28" />
        <span>{me?.guild ?? "GuildNet"}</span>
      </a>
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
