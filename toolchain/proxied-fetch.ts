/** Where nothing of ours goes through a proxy: what runs here speaks to itself. */
export const LOOPBACK = ["localhost", ".localhost", "127.0.0.1", "::1"] as const;

/** Like `fetch`, which knows of no proxy: where the environment names one for the address, through it. */
export async function proxiedFetch(
  url: string,
  init: { readonly method?: "HEAD"; readonly headers?: Record<string, string>; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  const proxy = proxyFor(url);
  if (proxy === undefined) return fetch(url, init);
  const { fetch: fetchThrough, ProxyAgent } = await import("undici");
  // The same class, by another name than Node's types have for it.
  return (await fetchThrough(url, { ...init, dispatcher: new ProxyAgent(proxy) })) as unknown as Response;
}

/** The proxy that an address is asked for through, as the environment of most programs says it; undefined where that is none. */
export function proxyFor(url: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { protocol, hostname } = new URL(url);
  const proxy = protocol === "https:" ? proxyVariable(env, "https_proxy") : proxyVariable(env, "http_proxy");
  return proxy === undefined || isDirect(hostname, proxyVariable(env, "no_proxy") ?? "") ? undefined : proxy;
}

/** A variable in small letters or capitals; the small ones win, as with curl. */
export function proxyVariable(
  env: NodeJS.ProcessEnv,
  name: "http_proxy" | "https_proxy" | "no_proxy",
): string | undefined {
  return env[name] || env[name.toUpperCase()] || undefined;
}

/** Names, with all below them; "*" is everything. Networks are for programs that ask for addresses: archives and registries have names. */
function isDirect(host: string, exceptions: string): boolean {
  if (/^127\./.test(host) || host === "[::1]") return true;
  const names = [...exceptions.split(/[\s,]+/), ...LOOPBACK]
    .filter((name) => name !== "")
    .map((name) => name.toLowerCase().replace(/^\*?\./, ""));
  return names.some((name) => name === "*" || host === name || host.endsWith(`.${name}`));
}
