import { beforeAll, describe, expect, test } from "vitest";
import type { Registered } from "../components/testing/record.ts";
import { resourceRules, stackRules } from "../policy/src/rules.ts";
import { stackViolations, violations } from "../policy/src/testing/check.ts";
import type { Given } from "../policy/src/testing/check.ts";
import { registeredBy, wholeGuilds, without } from "../tests/support/guilds.ts";
import { renderedObjects } from "../tests/support/rendered.ts";
import type { KubernetesObject } from "../tests/support/rendered.ts";

// A guild with everything, each time without one of its systems: whatever is left out, the rest is whole.

const namespacesOf = (objects: readonly KubernetesObject[]): Set<string> =>
  new Set(objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name));

describe.each(["embedded with everything", "existing with everything"])("a guild that is %s", (which) => {
  const whole = wholeGuilds[which] ?? {};
  let all: Set<string>;
  beforeAll(async () => void (all = namespacesOf(renderedObjects(await registeredBy(whole)))), 60_000);

  /** People and the cluster are no systems that one leaves out. */
  const systems = Object.keys(whole).filter((key) => !["people", "workspaces", "cluster", "portal"].includes(key));
  const ofItsOwn: string[] = [];

  test.each(systems)("is whole without %s", async (system) => {
    const registered = await registeredBy(without(whole, system));
    const objects = renderedObjects(registered);
    const there = namespacesOf(objects),
      gone = [...all].filter((namespace) => !there.has(namespace));
    if (gone.length > 0) ofItsOwn.push(system);
    // Nobody has a way to what is not there, or an address of it.
    for (const namespace of gone)
      expect(
        objects.filter((object) => JSON.stringify(object).includes(namespace)).map(nameOf),
        `what names ${namespace}`,
      ).toEqual([]);
    expect([...there].filter((namespace) => !all.has(namespace))).toEqual([]);
    expect(danglingIn(registered)).toEqual([]);
    const given = registered.filter(({ custom }) => custom).map(({ type, inputs }): Given => ({ type, props: inputs }));
    for (const rule of resourceRules)
      expect(
        given.flatMap((resource) => violations(rule, resource)),
        rule.name,
      ).toEqual([]);
    for (const rule of stackRules) expect(stackViolations(rule, given), rule.name).toEqual([]);
  });

  test("has most of its systems in places of their own, which were missing", () => {
    expect(ofItsOwn.length).toBeGreaterThan(6);
  });
});

function nameOf({ kind, metadata: { namespace, name } }: KubernetesObject): string {
  return `${kind} ${namespace}/${name}`;
}

/** What a resource stands on and nobody has made. */
function danglingIn(registered: readonly Registered[]): string[] {
  const known = new Set(registered.map(({ urn }) => urn));
  return registered.flatMap(({ name, parent, dependencies }) =>
    [parent, ...dependencies].filter((urn) => urn !== "" && !known.has(urn)).map((urn) => `${name} → ${urn}`),
  );
}
