import { useCallback, useEffect, useState } from "react";
import type { Me, SignInHelp } from "../../api/types.ts";
import { Events } from "./events.tsx";
import { EVENTS_PATH, Header } from "./header.tsx";
import { Notice } from "./notice.tsx";
import { ApiError, fetchMe, signOut } from "./portal-api.ts";
import { requestedApp } from "./return-to.ts";
import { SignIn } from "./sign-in.tsx";
import { SignedOut } from "./signed-out.tsx";
import { WorkspaceList } from "./workspace-list.tsx";

type Person =
  | { kind: "unknown" }
  | { kind: "signed-out"; help: SignInHelp }
  | { kind: "signed-in"; me: Me }
  | { kind: "error"; error: ApiError };

/** Taken out of the address bar at once, so that it is in no history, bookmark or screenshot. */
const signInToken = takeSignInToken();

export function App() {
  const [token, setToken] = useState(signInToken);
  const [person, setPerson] = useState<Person>({ kind: "unknown" });
  const refresh = useCallback(() => void whoIsHere().then(setPerson), []);
  // Where something was wanted, the portal leads there now.
  const lookAgain = useCallback(
    () =>
      void whoIsHere().then((found) => {
        if (found.kind === "signed-in" && requestedApp() !== undefined) window.location.reload();
        else setPerson(found);
      }),
    [],
  );
  useEffect(() => {
    if (token === undefined) refresh();
  }, [token, refresh]);

  const leave = useCallback(() => void signOut().then(refresh, refresh), [refresh]);
  const me = person.kind === "signed-in" ? person.me : undefined;

  return (
    <>
      <Header me={me} onSignOut={leave} />
      <main>
        {token !== undefined ? (
          <SignIn token={token} onDone={() => setToken(undefined)} />
        ) : (
          <Content person={person} onSessionEnded={refresh} onReturn={lookAgain} />
        )}
      </main>
    </>
  );
}

function Content({
  person,
  onSessionEnded,
  onReturn,
}: {
  person: Person;
  onSessionEnded: () => void;
  onReturn: () => void;
}) {
  switch (person.kind) {
    case "unknown":
      return null;
    case "signed-out":
      return <SignedOut help={person.help} onReturn={onReturn} />;
    case "error":
      return (
        <Notice tone="bad" title="That did not work" action={{ label: "Try again", run: onSessionEnded }}>
          {person.error.message}
        </Notice>
      );
    case "signed-in":
      if (window.location.pathname === EVENTS_PATH) return <Events me={person.me} onSessionEnded={onSessionEnded} />;
      return <WorkspaceList me={person.me} refused={requestedApp()} onSessionEnded={onSessionEnded} />;
  }
}

async function whoIsHere(): Promise<Person> {
  try {
    return { kind: "signed-in", me: await fetchMe() };
  } catch (error) {
    if (error instanceof ApiError)
      return error.code === "signed_out"
        ? { kind: "signed-out", help: error.details as unknown as SignInHelp }
        : { kind: "error", error };
    throw error;
  }
}

function takeSignInToken(): string | undefined {
  if (window.location.pathname !== "/sign-in") return undefined;
  const token = new URLSearchParams(window.location.search).get("token") ?? "";
  window.history.replaceState(null, "", "/");
  return token;
}
