import { useEffect, useState } from "react";
import type { SystemState } from "../../api/types.ts";
import { ApiError, fetchSystems } from "./portal-api.ts";

const LOOK_EVERY_MS = 5_000;

type Seen = { systems: readonly SystemState[] } | { error: ApiError };

/** How the guild's systems are, as `npm run status` says it. */
export function Systems() {
  const seen = useSystems();
  if (seen === undefined) return null;
  if ("error" in seen)
    return (
      <section>
        <Title />
        <p className="banner bad" role="alert">
          {seen.error.message}
        </p>
      </section>
    );
  const { systems } = seen,
    ill = systems.filter(({ healthy }) => !healthy).length;
  return (
    <section>
      <Title count={ill === 0 ? "all well" : `${ill} of ${systems.length} not well`} />
      <ul className="systems">
        {systems.map(({ what, where, state, healthy }) => (
          <li key={where} className={healthy ? "running" : "failed"}>
            <span className="state">
              <span className="dot" aria-hidden="true" />
              {healthy ? "Well" : "Not well"}
            </span>
            <strong>{what}</strong>
            <span className="dim">{where}</span>
            <span className="words">{state}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Title({ count }: { count?: string }) {
  return <h1 className="group">Systems {count && <span className="count">{count}</span>}</h1>;
}

/** Looked at again and again while the page is in sight. */
function useSystems(): Seen | undefined {
  const [seen, setSeen] = useState<Seen>();
  useEffect(() => {
    let gone = false;
    const look = (): void => {
      if (document.hidden) return;
      fetchSystems()
        .then(
          (found) => found,
          (error: unknown) => {
            if (error instanceof ApiError) return { error };
            throw error;
          },
        )
        .then((found) => void (gone || setSeen(found)), reportError);
    };
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      gone = true;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return seen;
}
