import { useEffect, useState } from "react";

/** Where in the notes one is, as the address says it. */
export type Place =
  | { readonly view: "note"; readonly vault: string; readonly path: string }
  | { readonly view: "search" | "graph"; readonly vault: string; readonly query: string };

const CHANGED = "place-changed";

export function placeOf({ pathname, search }: Pick<Location, "pathname" | "search">): Place {
  const [vault = "", view = "", ...rest] = pathname.slice(1).split("/").map(decoded);
  const known = vault === "" ? "guild" : vault;
  if (view === "note" && rest.length > 0) return { view, vault: known, path: rest.join("/") };
  return {
    view: view === "graph" ? "graph" : "search",
    vault: known,
    query: new URLSearchParams(search).get("q") ?? "",
  };
}

export function addressOf(place: Place): string {
  if (place.view === "note") return `/${place.vault}/note/${place.path.split("/").map(encodeURIComponent).join("/")}`;
  if (place.view === "graph") return `/${place.vault}/graph`;
  return place.query === "" ? `/${place.vault}` : `/${place.vault}/search?${new URLSearchParams({ q: place.query })}`;
}

/** @param replaces the current entry of the history: typing in a search makes no hundred of them */
export function goTo(place: Place | string, replaces = false): void {
  const address = typeof place === "string" ? place : addressOf(place);
  window.history[replaces ? "replaceState" : "pushState"](null, "", address);
  window.dispatchEvent(new Event(CHANGED));
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(window.location));
  useEffect(() => {
    const look = (): void => setPlace(placeOf(window.location));
    for (const event of ["popstate", CHANGED]) window.addEventListener(event, look);
    return () => {
      for (const event of ["popstate", CHANGED]) window.removeEventListener(event, look);
    };
  }, []);
  return place;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
