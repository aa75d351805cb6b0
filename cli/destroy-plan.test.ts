import { expect, it } from "vitest";
import { ownersIn, planText, volumesIn, type DestroyPlan } from "./destroy-plan.ts";
import type { StateResource } from "../engine/stack-state.ts";

const object = (kind: string, metadata: object, spec: object = {}): StateResource => ({
  urn: `urn:x::${JSON.stringify(metadata)}`,
  type: `kubernetes:core/v1:${kind}`,
  inputs: { metadata, spec },
});
const claim = (namespace: string, name: string, data: string, storage: string) =>
  object(
    "PersistentVolumeClaim",
    { namespace, name, labels: { "guildnet.io/data": data } },
    { resources: { requests: { storage } } },
  );
const state = {
  deployment: {
    resources: [
      object("Namespace", { name: "ws-lab", labels: { "guildnet.io/owner": "ada" } }),
      object("Namespace", { name: "guildnet-registry" }),
      claim("ws-lab", "home", "kept", "10Gi"),
      claim("guildnet-registry", "data", "disposable", "20Gi"),
    ],
  },
};

it("reads out of a state which volumes there are and whose they are", () => {
  expect([...ownersIn(state)]).toEqual([["ws-lab", "ada"]]);
  expect(volumesIn(state)).toEqual([
    { namespace: "ws-lab", claim: "home", size: "10Gi", kept: true, owner: "ada" },
    { namespace: "guildnet-registry", claim: "data", size: "20Gi", kept: false },
  ]);
});

const embedded: DestroyPlan = {
  stack: "lab",
  data: false,
  clusters: ["guildnet-lab-cluster"],
  people: ["ada", "bob"],
  volumes: volumesIn(state),
  used: new Map([["ws-lab/home", 3 * 2 ** 29]]),
  folders: ["/clusters/lab/volumes"],
  backups: "cluster",
};

/** The lines of each half. */
function halves(plan: DestroyPlan): [string, string] {
  const [, goes = "", stays = ""] = /Goes[^\n]*\n([^]*)\n\nStays:\n([^]*)/.exec(planText(plan)) ?? [];
  return [goes, stays];
}

it("says who loses access, which homes stay and how large they are, and that the key of backups goes", () => {
  const [goes, stays] = halves(embedded);
  expect(goes).toMatch(/cluster guildnet-lab-cluster[^]*access of ada, bob/);
  expect(goes).not.toContain("ws-lab");
  expect(stays).toMatch(
    /in \/clusters\/lab\/volumes:[^]*ws-lab\/home +ada +1\.5 GiB of 10Gi[^]*guildnet-registry\/data +the guild's +20Gi[^]*backups, on a volume of those\. Their key goes/,
  );
});

it("says that homes and backups go where data goes too, but for backups elsewhere", () => {
  const [goes, stays] = halves({ ...embedded, data: true });
  expect(goes).toMatch(/ws-lab\/home[^]*the files in \/clusters\/lab\/volumes[^]*all backups/);
  expect(stays.trim()).toBe("nothing");
  expect(halves({ ...embedded, data: true, backups: "https://backup.example.org/lab" })[1]).toMatch(
    /backups, at https:\/\/backup[^]*key goes/,
  );
});

it("tells kept volumes of a cluster that was joined from the others", () => {
  const [goes, stays] = halves({ ...embedded, clusters: [], folders: [], used: new Map(), backups: undefined });
  expect(goes).toMatch(/all that the stack has in its cluster[^]*guildnet-registry\/data/);
  expect(stays).toMatch(/in the cluster:[^]*ws-lab\/home +ada +10Gi/);
});

it("knows volumes of a stack that was destroyed before", () => {
  const before: DestroyPlan = {
    ...embedded,
    data: true,
    clusters: [],
    people: [],
    volumes: [],
    used: new Map(),
    backups: undefined,
  };
  expect(halves(before)[0]).toBe("  the files in /clusters/lab/volumes");
});
