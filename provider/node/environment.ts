import { addresses } from "./layout.ts";
import { withCredentials } from "./proxy-sign-in.ts";
import type { NodeSpec } from "./spec.ts";

const TAKEN = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/** A proxy on this machine's loopback: the node has a loopback of its own, on which there is none. */
const HERE = /^\w+:\/\/([^/]*@)?(localhost|127\.[\d.]+|\[::1\])(:|\/|$)/;

type Networks = Pick<NodeSpec, "serviceCidr" | "podCidr" | "lanCidr">;

/**
 * What of a node is on no proxy's side: services and pods, by which images come from a registry among them, and the node
 * itself, whom its API server asks for logs, and its webhooks by names. (Go takes networks in NO_PROXY.)
 */
function inside({ serviceCidr, podCidr, lanCidr }: Networks): string[] {
  return [serviceCidr, podCidr, lanCidr, addresses.range, "localhost", "127.0.0.1", "::1", ".svc", ".cluster.local"];
}

/**
 * What a node takes over from this program: where programs are, the way out to the internet
 * and whom to trust there. The rest is a person's own.
 */
export function nodeEnvironment(own: NodeJS.ProcessEnv, networks: Networks): NodeJS.ProcessEnv {
  const given = (own["NO_PROXY"] ?? own["no_proxy"] ?? "").split(",").filter((name) => name !== "");
  const direct = [...new Set([...given, ...inside(networks)])].join(",");
  return {
    PATH: `${own["PATH"]}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    ...Object.fromEntries(
      TAKEN.flatMap((name) => (own[name] === undefined || HERE.test(own[name]) ? [] : [[name, own[name]]])),
    ),
    NO_PROXY: direct,
    no_proxy: direct,
  };
}

/** The way out of what pulls images, where the node's own settings say it: one variable a line. Secret where it has credentials. */
export function proxySettings({ proxy, ...networks }: Networks & Pick<NodeSpec, "proxy">): string | undefined {
  if (proxy === undefined) return undefined;
  const { https, http = https, exclude, credentials } = proxy;
  const variables = {
    HTTPS_PROXY: withCredentials(https, credentials),
    HTTP_PROXY: withCredentials(http, credentials),
    NO_PROXY: [...new Set([...exclude, ...inside(networks)])].join(","),
  };
  return Object.entries(variables)
    .flatMap(([name, value]) => [`${name}=${value}\n`, `${name.toLowerCase()}=${value}\n`])
    .join("");
}
