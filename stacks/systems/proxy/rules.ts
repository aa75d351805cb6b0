import ipaddr from "ipaddr.js";
import { proxyHost } from "../../../components/index.ts";
import type { Broken, Given } from "../../check/broken.ts";
import type { Path } from "../../check/mistakes.ts";
import { INTERNET, networkMistake } from "../cluster/internet.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { ProxyKeys } from "./schema.ts";

/** What is wrong with where the proxy is said to be. */
export function proxyMistakes(
  config: ProxyKeys & ClusterKeys,
  { proxyCredentials }: Given<"proxyCredentials">,
): Broken[] {
  const { proxy } = config;
  if (proxy === undefined) {
    return proxyCredentials !== true
      ? []
      : [
          {
            paths: [["proxy"]],
            allowed: "a proxy, as the secret guildnet:proxyCredentials is set",
            fix: "add it, or run: pulumi config rm guildnet:proxyCredentials",
          },
        ];
  }
  return [
    ...(["https", "http"] as const).flatMap((key) =>
      proxy[key] === undefined ? [] : placeMistake(config, proxy[key], ["proxy", key]),
    ),
    ...proxy.networks.flatMap((cidr, index) =>
      cidr === INTERNET
        ? [
            {
              paths: [["proxy", "networks", index]],
              allowed: "the networks that the proxy is in",
              fix: "name them; a proxy of the internet needs none",
            },
          ]
        : networkMistake(config, cidr, ["proxy", "networks", index]),
    ),
  ];
}

/** The node is in a network of its own, and workspaces reach no address of the machine that they run on. */
function placeMistake(config: ClusterKeys, address: string, path: Path): Broken[] {
  const { host } = proxyHost(address);
  if (isLoopback(host)) {
    return [
      {
        paths: [path],
        allowed: "a proxy that workspaces reach, not one on this machine's loopback",
        fix: "name the one in your network. What is on this machine's loopback can serve tools and image builds: name it by HTTPS_PROXY in the environment",
      },
    ];
  }
  return ipaddr.IPv4.isValid(host) ? networkMistake(config, `${host}/32`, path) : [];
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || /^(127|0)\./.test(host);
}
