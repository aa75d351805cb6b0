import { useCallback, useEffect, useState } from "react";
import type { LinkInfo, LinkErrorDetails } from "../../api/types.ts";
import { Contacts } from "./contacts.tsx";
import { Notice } from "./notice.tsx";
import { ApiError, checkLink, signIn } from "./portal-api.ts";
import { takeReturn } from "./return-to.ts";

type Step =
  | { kind: "looking" }
  | { kind: "asking"; link: LinkInfo }
  | { kind: "signing-in" }
  | { kind: "refused"; error: ApiError };

/**
 * Asks before it uses a sign-in link up. It is a person's click that does it: whoever merely fetches the link spoils
 * nothing, and nobody is signed in as somebody else by an address that they were led to.
 */
export function SignIn({ token, onDone }: { token: string; onDone: () => void }) {
  const [step, setStep] = useState<Step>({ kind: "looking" });
  const refuse = useCallback(
    (reason: unknown) =>
      setStep({
        kind: "refused",
        error: reason instanceof ApiError ? reason : new ApiError("unexpected", String(reason)),
      }),
    [],
  );
  useEffect(() => void checkLink(token).then((link) => setStep({ kind: "asking", link }), refuse), [token, refuse]);
  const goOn = useCallback(() => {
    setStep({ kind: "signing-in" });
    signIn(token, true).then(() => window.location.replace(takeReturn()), refuse);
  }, [token, refuse]);

  switch (step.kind) {
    case "looking":
      return <Notice title="Looking at your link" busy />;
    case "asking":
      return <Asking link={step.link} onYes={goOn} onDone={onDone} />;
    case "signing-in":
      return <Notice title="Signing you in" busy />;
    case "refused":
      return <Refused error={step.error} onDone={onDone} />;
  }
}

function Asking({
  link: { guild, handle, signed_in: before },
  onYes,
  onDone,
}: {
  link: LinkInfo;
  onYes: () => void;
  onDone: () => void;
}) {
  if (before === handle) {
    return (
      <Notice title="You are signed in already" action={{ label: "To the portal", run: onDone }}>
        <p>
          As <strong>{handle}</strong>, for whom this link is. It is not used up: it works in another browser.
        </p>
      </Notice>
    );
  }
  return (
    <Notice
      title={`Sign in as ${handle}?`}
      action={{ label: before === undefined ? `Sign in as ${handle}` : `Continue as ${handle}`, run: onYes }}
    >
      {before === undefined ? (
        <p>
          This link signs this browser in to {guild} as <strong>{handle}</strong>. Go on if you asked for it.
        </p>
      ) : (
        <>
          <p>
            This link is for <strong>{handle}</strong>, and this browser is signed in as <strong>{before}</strong>.
            Going on signs {before} out.
          </p>
          <p>
            <a href="/">Stay signed in as {before}</a>
          </p>
        </>
      )}
    </Notice>
  );
}

function Refused({ error: { message, details }, onDone }: { error: ApiError; onDone: () => void }) {
  const { ask = [], signed_in: before } = details as Partial<LinkErrorDetails>;
  if (before !== undefined) {
    return (
      <Notice title={`You are signed in as ${before}`} action={{ label: "To the portal", run: onDone }}>
        <p>And you stay so. {message}</p>
      </Notice>
    );
  }
  return (
    <Notice title="This link does not sign you in" tone="bad" action={{ label: "To the portal", run: onDone }}>
      <p>{message}</p>
      <p>
        You get another from <Contacts people={ask} />.
      </p>
    </Notice>
  );
}
