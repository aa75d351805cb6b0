import type { NodeSpec } from "./spec.ts";

const TAKEN = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/**
 * What a node takes over from this program: where programs are, the way out to the internet
 * and whom to trust there. The rest is a person's own. Services and pods are on no proxy's
 * side: images come from a registry among them too. (Go takes networks in NO_PROXY.)
 */
export function nodeEnvironment(own: NodeJS.ProcessEnv, { serviceCidr, podCidr, lanCidr }: Pick<NodeSpec, "serviceCidr" | "podCidr" | "lanCidr">): NodeJS.ProcessEnv {
  const direct = [own["NO_PROXY"] ?? own["no_proxy"], serviceCidr, podCidr, lanCidr].filter(Boolean).join(",");
  return {
    PATH: `${own["PATH"]}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    ...Object.fromEntries(TAKEN.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]]]))),
    NO_PROXY: direct,
    no_proxy: direct,
  };
}

/** The way out of what pulls images, where the node's own settings say it: one variable a line. Secret where it has credentials. */
export function proxySettings({ proxy, serviceCidr, podCidr, lanCidr }: Pick<NodeSpec, "proxy" | "serviceCidr" | "podCidr" | "lanCidr">): string | undefined {
  if (proxy === undefined) return undefined;
  const { https, http = https, exclude, credentials } = proxy;
  const [user = "", ...password] = credentials?.trim().split(":") ?? [];
  const signIn = credentials === undefined ? "" : `${encodeURIComponent(user)}:${encodeURIComponent(password.join(":"))}@`;
  const variables = {
    HTTPS_PROXY: https.replace("//", `//${signIn}`), HTTP_PROXY: http.replace("//", `//${signIn}`),
    NO_PROXY: [...new Set([...exclude, serviceCidr, podCidr, lanCidr, "localhost", "127.0.0.1", ".svc"])].join(","),
  };
  return Object.entries(variables).flatMap(([name, value]) => [`${name}=${value}\n`, `${name.toLowerCase()}=${value}\n`]).join("");
}
