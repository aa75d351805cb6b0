import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "./notes-api.ts";

export interface Fetched<T> {
  /** The last there was: a server that is away for a moment takes nothing off the page, where somebody may be writing. */
  readonly value: T | undefined;
  /** Of the last question. */
  readonly error: ApiError | undefined;
  readonly again: () => void;
}

/** Others write, too: what is shown is looked at anew so often. */
const EVERY_MS = 5_000;

/** What the server answers, kept fresh. A late answer to an earlier question is dropped. */
export function useFetched<T>(ask: () => Promise<T>, everyMs = EVERY_MS): Fetched<T> {
  const [state, setState] = useState<{ ask: () => Promise<T>; value?: T; error?: ApiError }>();
  const latest = useRef(ask);
  latest.current = ask;
  const again = useCallback(() => {
    ask().then(
      (value) => latest.current === ask && setState({ ask, value }),
      (error: unknown) => {
        if (latest.current !== ask) return;
        const told = error instanceof ApiError ? error : new ApiError("internal", String(error));
        setState((before) => ({ ask, value: before?.ask === ask ? before.value : undefined, error: told }));
      },
    );
  }, [ask]);
  useEffect(() => {
    again();
    const timer = setInterval(() => document.visibilityState === "visible" && again(), everyMs);
    return () => clearInterval(timer);
  }, [again, everyMs]);
  const isCurrent = state?.ask === ask;
  return { value: isCurrent ? state.value : undefined, error: isCurrent ? state.error : undefined, again };
}
