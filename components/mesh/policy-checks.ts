import { isIP, isIPv6 } from "node:net";
import { networkMistake } from "../kube/cidr.ts";
import { GuildError } from "../kube/errors.ts";
import type { MeshPolicy } from "./policy.ts";

/** Groups that Headscale 0.27 makes of devices itself (hscontrol/policy/v2/types.go). */
const SOURCE_AUTOGROUPS = ["autogroup:member", "autogroup:tagged"];
const AUTOGROUPS = [...SOURCE_AUTOGROUPS, "autogroup:self", "autogroup:internet"];
/** What the three kinds of names look like. */
const NAMES = {
  group: /^group:[a-z0-9][a-z0-9_-]*$/,
  tag: /^tag:[a-z][a-z0-9-]*$/,
  host: /^[a-z0-9][a-z0-9.-]*$/,
  user: /^[^@\s]+@[^@\s]*$/,
};

/** One thing wrong in a policy. */
export interface PolicyMistake {
  /** For instance "acls[0].dst[1]". */
  key: string;
  found: string;
  allowed: string;
}

/** Everything in a policy that the server would refuse or silently ignore; empty when nothing is. */
export function policyMistakes(policy: MeshPolicy): PolicyMistake[] {
  return [...definitionMistakes(policy), ...ruleMistakes(policy), ...approverMistakes(policy)];
}

/**
 * The policy as the server takes it.
 * @throws GuildError with every mistake at once
 */
export function policyText(policy: MeshPolicy): string {
  const mistakes = policyMistakes(policy);
  if (mistakes.length === 0) return JSON.stringify(policy);
  const lines = mistakes.map(({ key, found, allowed }) => `${key} is "${found}", allowed is ${allowed}`);
  throw new GuildError("mesh-policy", `The mesh's policy was not applied: ${lines.join("; ")}.`);
}

function definitionMistakes({ groups = {}, hosts = {}, tagOwners }: MeshPolicy): PolicyMistake[] {
  const mistakes: PolicyMistake[] = [];
  for (const [group, members] of Object.entries(groups)) {
    if (!NAMES.group.test(group))
      mistakes.push({ key: `groups["${group}"]`, found: group, allowed: 'a name such as "group:people"' });
    mistakes.push(
      ...members.flatMap((member, index) =>
        NAMES.user.test(member)
          ? []
          : [{ key: `groups["${group}"][${index}]`, found: member, allowed: 'a user, for instance "ada@"' }],
      ),
    );
  }
  for (const [host, address] of Object.entries(hosts)) {
    if (!NAMES.host.test(host))
      mistakes.push({ key: `hosts["${host}"]`, found: host, allowed: "a name in lower case" });
    if (addressMistake(address) !== undefined)
      mistakes.push({ key: `hosts["${host}"]`, found: address, allowed: "an address or a network" });
  }
  for (const [tag, owners] of Object.entries(tagOwners)) {
    if (!NAMES.tag.test(tag))
      mistakes.push({ key: `tagOwners["${tag}"]`, found: tag, allowed: 'a name such as "tag:client"' });
    mistakes.push(...owners.flatMap((owner, index) => ownerMistake(owner, groups, `tagOwners["${tag}"][${index}]`)));
  }
  return mistakes;
}

function ownerMistake(owner: string, groups: Record<string, string[]>, key: string): PolicyMistake[] {
  if (owner.startsWith("group:") ? owner in groups : NAMES.user.test(owner)) return [];
  return [{ key, found: owner, allowed: `a user such as "ada@", or a group: ${list(groups)}` }];
}

function ruleMistakes(policy: MeshPolicy): PolicyMistake[] {
  return policy.acls.flatMap(({ src, dst }, index) => [
    ...src.flatMap((source, place) => aliasMistake(source, policy, `acls[${index}].src[${place}]`, SOURCE_AUTOGROUPS)),
    ...dst.flatMap((destination, place) => destinationMistakes(destination, policy, `acls[${index}].dst[${place}]`)),
  ]);
}

function destinationMistakes(destination: string, policy: MeshPolicy, key: string): PolicyMistake[] {
  const colon = destination.lastIndexOf(":");
  const ports = destination.slice(colon + 1);
  if (colon < 1 || !isPorts(ports))
    return [
      {
        key,
        found: destination,
        allowed:
          'something with its ports behind, for instance "portal:443", "tag:router:53,8000-8010" or "10.0.0.0/24:*"',
      },
    ];
  return aliasMistake(destination.slice(0, colon), policy, key, AUTOGROUPS).map((mistake) => ({
    ...mistake,
    found: destination,
  }));
}

function isPorts(text: string): boolean {
  if (text === "*") return true;
  return text.split(",").every((part) => {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    const first = Number(match?.[1]),
      last = Number(match?.[2] ?? match?.[1]);
    return match !== null && first >= 1 && first <= last && last <= 65535;
  });
}

function aliasMistake(
  alias: string,
  { groups = {}, hosts = {}, tagOwners }: MeshPolicy,
  key: string,
  autogroups: string[],
): PolicyMistake[] {
  const wrong = (allowed: string) => [{ key, found: alias, allowed }];
  if (alias === "*" || NAMES.user.test(alias)) return [];
  if (alias.startsWith("autogroup:")) return autogroups.includes(alias) ? [] : wrong(autogroups.join(", "));
  if (alias.startsWith("group:")) return alias in groups ? [] : wrong(`a group of the policy: ${list(groups)}`);
  if (alias.startsWith("tag:")) return alias in tagOwners ? [] : wrong(`a tag of the policy: ${list(tagOwners)}`);
  if (/^[\d.]+(\/|$)|:/.test(alias))
    return addressMistake(alias) === undefined ? [] : wrong(addressMistake(alias) ?? "");
  return alias in hosts ? [] : wrong(`a host of the policy: ${list(hosts)}`);
}

function approverMistakes({ groups = {}, tagOwners, autoApprovers }: MeshPolicy): PolicyMistake[] {
  return Object.entries(autoApprovers.routes).flatMap(([network, approvers]) => {
    const key = `autoApprovers.routes["${network}"]`;
    const syntax = network.includes("/") ? addressMistake(network) : "a network with its length behind a slash";
    return [
      ...(syntax === undefined ? [] : [{ key, found: network, allowed: syntax }]),
      ...approvers.flatMap((approver, index) =>
        approver in tagOwners || approver in groups || NAMES.user.test(approver)
          ? []
          : [
              {
                key: `${key}[${index}]`,
                found: approver,
                allowed: `a tag or group of the policy: ${list({ ...tagOwners, ...groups })}`,
              },
            ],
      ),
    ];
  });
}

/** What is allowed where something is no address and no network; undefined where it is one. */
function addressMistake(text: string): string | undefined {
  const [address = "", length, ...more] = text.split("/");
  if (isIP(address) === 0 || more.length > 0) return "an address or a network";
  if (length === undefined) return undefined;
  if (isIPv6(address)) return /^\d{1,3}$/.test(length) && Number(length) <= 128 ? undefined : "a length from 0 to 128";
  return networkMistake(text);
}

function list(named: object): string {
  return Object.keys(named).join(", ") || "it has none";
}
