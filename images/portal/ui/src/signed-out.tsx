import { useEffect } from "react";
import type { SignInHelp } from "../../api/types.ts";
import { Contacts } from "./contacts.tsx";
import { Notice } from "./notice.tsx";
import { rememberReturn, requestedApp } from "./return-to.ts";

/** How to get in: there are no passwords. What was wanted opens afterwards. */
export function SignedOut({
  help: { ask, link_command: linkCommand },
  onReturn,
}: {
  help: SignInHelp;
  onReturn: () => void;
}) {
  const wanted = requestedApp();
  useEffect(rememberReturn, []);
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
      <p>
        There is no password here. Ask <Contacts people={ask} /> for a sign-in link, and open it in this browser
        {wanted !== undefined && (
          <>
            : <strong>{wanted}</strong> comes next
          </>
        )}
        .
      </p>
      <p className="dim">
        A link works once and for 15 minutes. You then stay signed in until 12 hours pass without use.
      </p>
      {linkCommand !== undefined && (
        <details>
          <summary>You keep this guild?</summary>
          <p>On its machine, in its folder:</p>
          <pre>
            <code>
              {linkCommand} <em>your-name</em>
            </code>
          </pre>
        </details>
      )}
    </Notice>
  );
}
