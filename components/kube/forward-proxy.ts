import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { withCredentials } from "../../provider/sdk/index.ts";
import { INTERNET } from "./network-policies.ts";
import type { Internet } from "./network-policies.ts";
import { tcp } from "./network-policy.ts";
import type { Policy } from "./network-policy.ts";
import { metaIn } from "./place.ts";
import type { Place } from "./place.ts";

/** What stands between a network and the internet: a forward proxy, by which alone programs get out. */
export interface Proxy {
  /** Where addresses with `https://` are asked for, as "http://proxy.example.org:3128". */
  https: string;
  /** The same for `http://`. @default that for `https://` */
  http?: string;
  /** Host names, each with all below it, addresses and networks that are asked without it. @default none but what is in the cluster */
  exclude?: readonly string[];
  /**
   * Private networks that the proxy is in where it is called by a name. NetworkPolicies know addresses alone, and nobody
   * looks names up for them: a name that leads to a private address which no network here has is not let through, nor is one
   * that leads elsewhere tomorrow. @default none, which does for a proxy whose address is public
   */
  networks?: readonly string[];
  /** "user:password" for it. Whoever is in a workspace or app that uses it can read them. @default none */
  credentials?: pulumi.Input<string>;
}

/** An address that a proxy can have: nothing but host and port, so that no program reads it otherwise than another. */
export const PROXY_ADDRESS =
  /^http:\/\/(?<host>[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*):(?<port>[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/;

/** Host and port of a proxy's address. @throws Error where it is none */
export function proxyHost(address: string): { host: string; port: number } {
  const { host, port } = PROXY_ADDRESS.exec(address)?.groups ?? {};
  if (host === undefined) throw new Error("a proxy's address is of the form http://proxy.example.org:3128");
  return { host, port: Number(port) };
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/**
 * The proxy of a workspace or app that reaches so much. Who has the internet goes through it; who has none, or some networks alone,
 * does not: it would lead past that.
 */
export function usedProxy(proxy: Proxy | undefined, internet: Internet): Proxy | undefined {
  return internet === true || (internet !== false && internet.includes(INTERNET)) ? proxy : undefined;
}

/** Out: to the proxy, at its port alone. None where it is called by a name and nobody says in which networks it is: then it is of the internet. */
export function toProxy(proxy: Proxy | undefined): { "to-proxy"?: Policy } {
  if (proxy === undefined) return {};
  const { https, http = https, networks = [] } = proxy;
  const to = [...new Set([https, http])].map(proxyHost).flatMap(({ host, port }) => {
    const peers = (IPV4.test(host) ? [`${host}/32`] : networks).map((network) => ({ network }));
    return peers.length === 0 ? [] : [{ peers, ports: tcp(port) }];
  });
  return to.length === 0 ? {} : { "to-proxy": { to } };
}

/** What is never asked through a proxy. Of two spellings of a domain some programs know one, and some the other. */
const INSIDE = ["localhost", ".localhost", "127.0.0.1", "::1", ".svc", ".cluster.local"];

/** The variables that tell programs of a proxy; a password is in none. */
export function proxyVariables({
  https,
  http = https,
  exclude = [],
}: Proxy): Record<"HTTPS_PROXY" | "HTTP_PROXY" | "NO_PROXY", string> {
  return { HTTPS_PROXY: https, HTTP_PROXY: http, NO_PROXY: [...new Set([...exclude, ...INSIDE])].join(",") };
}

type Variable = k8s.types.input.core.v1.EnvVar;

/**
 * The variables of a workspace or app, in capitals and in small letters, as programs read one or the other. With credentials the
 * addresses are in a Secret, child `<place>-proxy`; programs have no other way to be told them than these variables.
 * @param own variables of the person's: one of them, however it is spelled, stands instead of ours
 */
export function proxyEnvironment(
  place: Place,
  proxy: Proxy | undefined,
  own: Readonly<Record<string, unknown>>,
): Variable[] {
  if (proxy === undefined) return [];
  const { NO_PROXY, ...addresses } = proxyVariables(proxy);
  const { credentials } = proxy;
  const secret =
    credentials === undefined
      ? undefined
      : new k8s.core.v1.Secret(
          `${place.name}-proxy`,
          {
            metadata: metaIn(place, "proxy"),
            stringData: pulumi
              .secret(credentials)
              .apply((known) =>
                Object.fromEntries(
                  Object.entries(addresses).map(([name, address]) => [name, withCredentials(address, known)]),
                ),
              ),
          },
          { parent: place.parent },
        );
  const address = ([name, value]: [string, string]): [string, Omit<Variable, "name">] => [
    name,
    secret === undefined ? { value } : { valueFrom: { secretKeyRef: { name: secret.metadata.name, key: name } } },
  ];
  const given = new Set(Object.keys(own).map((name) => name.toUpperCase()));
  return [...Object.entries(addresses).map(address), ["NO_PROXY", { value: NO_PROXY }] as const]
    .filter(([name]) => !given.has(name))
    .flatMap(([name, value]) => [name, name.toLowerCase()].map((spelled) => ({ name: spelled, ...value })));
}

/** What scanners find in a Deployment that has them, and why it stands. */
export function acceptedOfProxy(proxy: Proxy | undefined): { "secret-variable"?: string } {
  return proxy?.credentials === undefined
    ? {}
    : { "secret-variable": "programs are told of a proxy, and of the password it wants, by their environment alone" };
}

/** What is wrong with a proxy's plain fields; empty when nothing is. Values are not shown: somebody may have written a password. */
export function proxyMistakes({ https, http }: Proxy): string[] {
  return Object.entries({ https, http }).flatMap(([key, value]) =>
    value === undefined || PROXY_ADDRESS.test(value)
      ? []
      : [`proxy.${key}: allowed is an address such as "http://proxy.example.org:3128"`],
  );
}
