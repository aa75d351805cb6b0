import { beforeAll, describe, expect, it } from "vitest";
import type { Registered } from "../../components/testing/record.ts";
import type { StackState } from "../../engine/stack-state.ts";
import { systemsIn } from "../../images/portal/watch/systems.ts";
import { apiServer } from "../../provider/testing/cluster.ts";
import { registeredBy, wholeGuilds } from "../../tests/support/guilds.ts";
import type { Declared } from "../../images/pod/workload-words.ts";
import { workloadPaths, type WorkloadKind } from "../../images/pod/workloads.ts";
import type { StackOutputs } from "../stack-outputs.ts";
import { declaredReleases, declaredWorkloads } from "./declared.ts";
import { runningFindings } from "./stack.ts";

// Guilds as their program makes them, on an API server that says of each workload what the test wants.

/** Components that have no pods, and what else proves them. */
const PROVEN_OTHERWISE: Readonly<Record<string, string>> = {
  BatchSpace: "its objects",
  Scheduling: "its objects",
  EmbeddedCluster: "the node's own health",
  ExistingCluster: "the API server's answer",
  ExistingEventBus: "its streams, which every run looks at",
  ExistingOllama: "the models that it lists",
  Tailnet: "the router that joins it",
  Backup: "the last snapshot",
};

/** As the engine would keep it. */
function stateOf(registered: readonly Registered[]): StackState {
  return {
    deployment: {
      resources: registered.map(({ urn, type, parent, custom, inputs }) => ({
        urn,
        type,
        custom,
        ...(parent !== "" && { parent }),
        ...(custom && { id: idOf(inputs) }),
        inputs,
      })),
    },
  };
}

function idOf({ metadata }: Record<string, unknown>): string {
  const { name = "", namespace } = (metadata ?? {}) as { name?: string; namespace?: string };
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Of a stack whose portal is where its API server is. */
function outputsFor(kubeconfig: string): StackOutputs {
  const { clusters } = JSON.parse(kubeconfig) as {
    clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
  };
  const { server = "", "certificate-authority-data": authority = "" } = clusters[0]?.cluster ?? {};
  const caCertificate = Buffer.from(authority, "base64").toString();
  const probes = [{ what: "portal", component: { type: "Portal" }, url: server, authority: caCertificate }];
  return { portalUrl: server, caCertificate, people: [], workspaces: [], signInKey: "", kubeconfig, probes };
}

/** A workload as the API server has it. */
function live({ workload: { kind, namespace, name } }: Declared, isWell: boolean): object {
  const ready = isWell ? 1 : 0,
    metadata = { namespace, name, generation: 1 },
    template = { metadata: { labels: { name } } },
    selector = { matchLabels: { name } };
  if (kind === "CronJob")
    return { metadata, spec: { schedule: "@daily", suspend: !isWell, jobTemplate: { spec: { template } } } };
  const status = {
    observedGeneration: 1,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas: ready,
    currentNumberScheduled: 1,
    desiredNumberScheduled: 1,
    updatedNumberScheduled: 1,
    numberReady: ready,
  };
  return { metadata, spec: { selector, template }, status };
}

/** What is said of a guild's workloads where one of them is ill. */
async function findings(state: StackState, ill?: Declared): Promise<{ what: string; healthy: boolean }[]> {
  const declared = declaredWorkloads(state),
    kindAt = new Map(Object.entries(workloadPaths).map(([kind, path]) => [path, kind as WorkloadKind]));
  const { kubeconfig } = await apiServer(({ url = "" }, response) => {
    const kind = kindAt.get(url);
    const items = declared
      .filter(({ workload }) => workload.kind === kind)
      .map((one) => live(one, one.what !== ill?.what));
    response
      .writeHead(200, { "Content-Type": "application/json" })
      .end(JSON.stringify(url === "/version" ? { gitVersion: "v1.36.3" } : { items }));
  });
  return (await runningFindings(outputsFor(kubeconfig), state)).findings;
}

describe("a guild", () => {
  let everything: Registered[], joined: Registered[], others: Registered[];
  beforeAll(async () => {
    everything = await registeredBy(wholeGuilds["embedded with everything"] ?? {});
    joined = await registeredBy(wholeGuilds["existing with everything"] ?? {});
    others = await registeredBy(wholeGuilds["existing, on somebody's tailnet, with volumes on several nodes"] ?? {});
  }, 60_000);

  it("has a probe for each of its components: pods, or what else is said here", () => {
    for (const registered of [everything, joined, others]) {
      const components = registered
        .filter(({ custom, type }) => !custom && type.startsWith("guildnet:index:"))
        .map(({ type, name }) => ({ type: type.slice("guildnet:index:".length), name }));
      const probed = new Set(
        [...declaredWorkloads(stateOf(registered)), ...declaredReleases(stateOf(registered))].map(
          ({ component }) => `${component?.type} ${component?.name}`,
        ),
      );
      expect(components.length).toBeGreaterThan(10);
      expect(
        components.filter(({ type, name }) => !probed.has(`${type} ${name}`) && !(type in PROVEN_OTHERWISE)),
      ).toEqual([]);
    }
  });

  it("shows in its portal, word for word, the workloads of its systems that `npm run status` tells of", () => {
    for (const registered of [everything, joined, others]) {
      const [written] = registered.filter(({ name }) => name === "portal-systems");
      const told = declaredWorkloads(stateOf(registered)).filter(
        ({ component }) => !["Workspace", "App"].includes(component?.type ?? ""),
      );
      expect(told.length).toBeGreaterThan(5);
      const shown = systemsIn(written?.inputs["data"] as Record<string, string>);
      // Where each is reached is told to its admins alone, by the portal.
      expect(shown.map(({ address: _, ...system }) => system)).toEqual(told);
    }
  });

  it.each(["everything of its own", "a cluster that it joined"])(
    "of %s: each workload that is not well fails its own probe, and no other",
    async (which) => {
      const all = stateOf(which === "everything of its own" ? everything : joined);
      // The node is asked on this machine, and there is none.
      const state = {
        deployment: {
          resources: all.deployment.resources?.filter(({ type }) => type !== "guildnet:index:EmbeddedNode"),
        },
      };
      const declared = declaredWorkloads(state);
      expect(declared.length).toBeGreaterThan(10);
      expect((await findings(state)).filter(({ healthy }) => !healthy)).toEqual([]);
      for (const one of declared) {
        const ill = (await findings(state, one)).filter(({ healthy }) => !healthy).map(({ what }) => what);
        expect(ill, one.what).toEqual([one.what]);
      }
    },
  );
});
