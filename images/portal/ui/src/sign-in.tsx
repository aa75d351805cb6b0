import { useCallback, useEffect, useRef, useState } from "react";
import { Notice } from "./notice.tsx";
import { ApiError, signIn } from "./portal-api.ts";

/** Uses a sign-in link up. It is this page's script that does it, so that whoever merely fetches the link spoils nothing. */
export function SignIn({ token, onDone }: { token: string; onDone: () => void }) {
  const [error, setError] = useState<ApiError>();
  const submit = useCallback(
    (switchPerson: boolean) => {
      setError(undefined);
      signIn(token, switchPerson).then(onDone, (reason: unknown) => setError(reason instanceof ApiError ? reason : new ApiError("unexpected", String(reason))));
    },
    [token, onDone],
  );
  const started = useRef(false);
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    submit(false);
  }, [submit]);

  if (!error) return <Notice title="Signing you in" busy />;
  if (error.code === "signed_in_as_another") {
    const { link, signed_in: before } = error.details as { link: string; signed_in: string };
    return (
      <Notice title={`Sign in as ${link}?`} action={{ label: `Continue as ${link}`, run: () => submit(true) }}>
        <p>This link is for <strong>{link}</strong>, and this browser is signed in as <strong>{before}</strong>. Going on signs {before} out.</p>
        <p><a href="/">Stay signed in as {before}</a></p>
      </Notice>
    );
  }
  return (
    <Notice title="This link does not sign you in" tone="bad" action={{ label: "To the portal", run: onDone }}>
      <p>{error.message}</p>
      <pre><code>npm run link -- <em>your-name</em></code></pre>
    </Notice>
  );
}
