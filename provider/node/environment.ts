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
