import { useEffect } from "react";
import type { WayIn } from "../../api/types.ts";
import { Notice } from "./notice.tsx";
import { keepWanted, wantedHere } from "./wanted.ts";
import { WhomToAsk } from "./whom-to-ask.tsx";

/** How to get in: there are no passwords. What was wanted opens afterwards. */
export function SignedOut({ way: { ask, link_command: linkCommand }, onReturn }: { way: WayIn; onReturn: () => void }) {
  const wanted = wantedHere();
  useEffect(keepWanted, []);
  // The link opens in another tab: who comes back to this one may be signed in by then.
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === "visible") onReturn();
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [onReturn]);

  return (
    <Notice title={wanted === undefined ? "Sign in with a link" : `Sign in to open ${wanted}`}>
      <p>There is no password here. Ask <WhomToAsk people={ask} /> for a sign-in link, and open it in this browser{wanted !== undefined && <>: <strong>{wanted}</strong> comes next</>}.</p>
      <p className="dim">A link works once and for 15 minutes. You then stay signed in until 12 hours pass without use.</p>
      {linkCommand !== undefined && (
        <details>
          <summary>You keep this guild?</summary>
          <p>On its machine, in its folder:</p>
          <pre><code>{linkCommand} <em>your-name</em></code></pre>
        </details>
      )}
    </Notice>
  );
}
