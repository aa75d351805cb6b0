import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as docker from "../../components/docker.ts";
import * as components from "../../components/index.ts";
import * as tailscale from "../../components/tailscale.ts";
import { exceptionsForAll, mismatches, withoutAccepted } from "../support/exceptions.ts";
import type { Scanner } from "../support/exceptions.ts";
import { registeredBy, wholeGuilds } from "../support/guilds.ts";
import { containersOf, listOf, renderedObjects } from "../support/rendered.ts";
import type { KubernetesObject } from "../support/rendered.ts";
import { scanners } from "../support/scanners.ts";
import type { Found, JudgedPod } from "../support/scanners.ts";

// kube-score, checkov and the API server's Pod Security over every object that a config can lead to.

interface Scanned {
  objects: KubernetesObject[];
  pods: JudgedPod[];
  /** With what is accepted left out, and as it is. */
  bare: Record<Scanner, Found[]>;
  asIs: Record<Scanner, Found[]>;
}

const folder = mkdtempSync(join(tmpdir(), "guildnet-scanners-"));
const names = Object.keys(wholeGuilds);
const scanned = new Map<string, Scanned>();
/** Types of all that is in any of the guilds. */
const types = new Set<string>();

beforeAll(async () => {
  const { kubeScore, checkov, podSecurity } = await scanners();
  const rendered: KubernetesObject[][] = [];
  // One after the other: there is one mocked engine.
  for (const raw of Object.values(wholeGuilds)) {
    const registered = await registeredBy(raw);
    for (const { type } of registered) types.add(type);
    rendered.push(renderedObjects(registered));
  }
  const lists = join(folder, "lists");
  mkdirSync(lists);
  for (const [index, objects] of rendered.entries()) {
    writeFileSync(join(lists, `bare-${index}.json`), listOf(objects.map(withoutAccepted)));
    writeFileSync(join(lists, `as-is-${index}.json`), listOf(objects));
  }
  const ofCheckov = await checkov(lists);
  for (const [index, objects] of rendered.entries()) {
    const by = async (file: string) => ({
      kubeScore: await kubeScore(join(lists, file)),
      checkov: ofCheckov.get(file) ?? [],
    });
    scanned.set(names[index] ?? "", {
      objects,
      pods: await podSecurity(listOf(objects)),
      bare: await by(`bare-${index}.json`),
      asIs: await by(`as-is-${index}.json`),
    });
  }
}, 1_800_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const of = (name: string): Scanned => {
  const found = scanned.get(name);
  if (found === undefined) throw new Error(`no guild "${name}"`);
  return found;
};

describe.each(names)("the guild that is %s", (name) => {
  test.each(["kubeScore", "checkov"] as const)(
    "has nothing that %s finds and nobody explains, nor the other way round",
    (scanner) => {
      const { objects, bare } = of(name);
      expect(objects.length).toBeGreaterThan(50);
      expect(mismatches(scanner, objects, bare[scanner])).toEqual([]);
    },
  );

  test.each(["kubeScore", "checkov"] as const)("says so to %s as well, whoever starts it", (scanner) => {
    const { asIs } = of(name);
    expect(asIs[scanner].filter(({ check }) => !(check in exceptionsForAll[scanner]))).toEqual([]);
  });

  test("has no pod that its namespace refuses, nor one that restricted refuses outside of the listed namespaces", () => {
    const listed = new Set<string>(components.privilegedNamespaces.map(({ name: namespace }) => namespace));
    const { pods } = of(name);
    expect(pods.length).toBeGreaterThan(3);
    for (const { namespace, name: pod, level, refused, refusedRestricted } of pods) {
      expect(refused, pod).toEqual([]);
      expect(level, `the level of ${namespace}`).toBe(listed.has(namespace) ? "privileged" : "restricted");
      if (!listed.has(namespace)) expect(refusedRestricted, pod).toEqual([]);
    }
  });

  test("has no container whose liveness gives up before its readiness has", () => {
    const patience = (probe: { periodSeconds?: number; failureThreshold?: number }) =>
      (probe.periodSeconds ?? 10) * (probe.failureThreshold ?? 3);
    const probed = of(name)
      .objects.flatMap(containersOf)
      .filter(({ livenessProbe, readinessProbe }) => livenessProbe !== undefined && readinessProbe !== undefined);
    expect(probed.length).toBeGreaterThan(2);
    for (const { name: container, livenessProbe = {}, readinessProbe = {} } of probed)
      expect(patience(livenessProbe), container).toBeGreaterThan(patience(readinessProbe));
  });
});

test("each component is in one of the guilds, but those that have no object in a cluster", () => {
  const all = Object.entries({ ...components, ...docker, ...tailscale })
    .filter(([, value]) => typeof value === "function" && value.prototype instanceof pulumi.ComponentResource)
    .map(([name]) => name);
  expect(all.filter((name) => !types.has(`guildnet:index:${name}`)).sort()).toEqual([
    "ExistingHeadscale",
    "HeadscaleOnHost",
    "OllamaOnHost",
    "TunnelServer",
  ]);
});

test("only the router in the kernel and MetalLB's speaker ask for more than restricted allows", () => {
  const more = names.flatMap((name) => of(name).pods).filter(({ refusedRestricted }) => refusedRestricted.length > 0);
  expect(new Set(more.map(({ namespace, kind }) => `${kind} ${namespace}`))).toEqual(
    new Set(["Deployment guildnet-kernel-router", "DaemonSet guildnet-load-balancer"]),
  );
});

test.each(["kubeScore", "checkov"] as const)(
  "each exception that is made for all objects of %s is still needed",
  (scanner) => {
    const found = new Set(names.flatMap((name) => of(name).bare[scanner]).map(({ check }) => check));
    expect(Object.keys(exceptionsForAll[scanner]).filter((check) => !found.has(check))).toEqual([]);
  },
);
