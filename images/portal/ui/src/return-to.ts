/** Where it is kept what a person wanted to open who had to sign in first: the link opens in a tab of its own, maybe after a while. */
const STORAGE_KEY = "guildnet-wanted";
const KEPT_MS = 3600_000;

/** The workspace or app that this page's address asks for; the portal shows the page at such an address where it can't send the person on. */
export function requestedApp(): string | undefined {
  return /^\/open\/([^/]+)$/.exec(window.location.pathname)?.[1];
}

/** Without the address's state: it belongs to the round that began it, and may be too old by then. */
export function rememberReturn(): void {
  if (requestedApp() === undefined) return;
  const back = new URLSearchParams(window.location.search).get("return");
  const path = `${window.location.pathname}${back === null ? "" : `?${new URLSearchParams({ return: back })}`}`;
  window.localStorage.setItem(STORAGE_KEY, JSON.stringify({ path, until: Date.now() + KEPT_MS }));
}

/** Where to go after signing in. */
export function takeReturn(): string {
  const kept = window.localStorage.getItem(STORAGE_KEY);
  window.localStorage.removeItem(STORAGE_KEY);
  const { path, until } = JSON.parse(kept ?? "{}") as { path?: string; until?: number };
  return path?.startsWith("/open/") && (until ?? 0) > Date.now() ? path : "/";
}
