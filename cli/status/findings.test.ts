import { describe, expect, it } from "vitest";
import type { Declared } from "../../images/pod/workload-words.ts";
import { releaseFinding, report, workloadFinding } from "./findings.ts";

const workload = { kind: "Deployment", namespace: "ws-ada", name: "workspace" } as const;
const workspace: Declared = { what: "workspace ada", component: { type: "Workspace", name: "ada" }, workload };
const registry: Declared = {
  what: "registry",
  component: { type: "Registry", name: "registry" },
  workload: { ...workload, namespace: "guildnet-registry", name: "registry" },
};
const url = "https://ada.apps.guildnet.localhost:8090/";
const ready = { state: "1/1 ready", condition: "well" } as const;

it("marks what is not well, and keeps to one line what is said of it", () => {
  expect(
    report([
      { what: "portal", state: "answers", healthy: true, where: "https://p" },
      { what: "workspace you", state: "HTTP\n 502", healthy: false, where: "https://w" },
    ]),
  ).toBe("✔  portal         https://p  answers\n✖  workspace you  https://w  HTTP 502");
  expect(report([{ what: "a", state: "x".repeat(5000), healthy: false, where: "" }]).length).toBeLessThan(300);
});

describe("a workload", () => {
  it("is well where its pods are ready and its address answers", () => {
    expect(workloadFinding(workspace, ready, { checked: { url, answer: { ok: true, status: 303 } } })).toEqual({
      what: "workspace ada",
      where: url,
      state: "1/1 ready, answers",
      healthy: true,
    });
    expect(
      workloadFinding(workspace, ready, { checked: { url, answer: { ok: false, reason: "nothing listens there" } } }),
    ).toMatchObject({ where: url, state: "1/1 ready, but nothing listens there", healthy: false });
  });

  it("that is ill says why, whatever its address answers", () => {
    const observed = { state: "0/1 ready: ImagePullBackOff", condition: "ill" } as const;
    expect(workloadFinding(workspace, observed, { checked: { url, answer: { ok: true, status: 503 } } })).toMatchObject(
      { state: "0/1 ready: ImagePullBackOff", healthy: false },
    );
  });

  it("without a published address is where its Service is, or where a router leads, or where kubectl finds it", () => {
    expect(workloadFinding(registry, { ...ready, address: "10.96.0.9:443" })).toEqual({
      what: "registry",
      where: "10.96.0.9:443",
      state: "1/1 ready",
      healthy: true,
    });
    expect(workloadFinding(registry, ready, { leadsTo: "10.96.0.0/16" }).where).toBe("leads to 10.96.0.0/16");
    expect(workloadFinding(registry, ready).where).toBe("guildnet-registry/registry");
  });

  it("that is stopped is well if it is a workspace, and ill otherwise", () => {
    const stopped = { state: "stopped", condition: "stopped" } as const;
    expect(
      workloadFinding(workspace, stopped, { checked: { url, answer: { ok: false, reason: "HTTP 503" } } }),
    ).toEqual({ what: "workspace ada", where: url, state: "stopped", healthy: true });
    expect(workloadFinding(registry, stopped)).toMatchObject({
      state: "stopped, though the stack wants it to run",
      healthy: false,
    });
  });
});

describe("a chart's release", () => {
  const release = { what: "longhorn", namespace: "longhorn-system" };
  const workload = (
    name: string,
    state: string,
    condition: "well" | "ill" | "stopped",
    namespace = release.namespace,
  ) => ({ kind: "Deployment" as const, namespace, name, state, condition });

  it("is well where all of its workloads are, or were made to run nothing", () => {
    const all = [
      workload("csi", "3/3 ready", "well"),
      workload("ui", "stopped", "stopped"),
      workload("elsewhere", "0/1 ready", "ill", "other"),
    ];
    expect(releaseFinding(release, all)).toEqual({
      what: "longhorn",
      where: "longhorn-system",
      state: "2 workloads are well",
      healthy: true,
    });
  });

  it("names those that are ill, and misses all where there are none", () => {
    expect(
      releaseFinding(release, [
        workload("csi", "3/3 ready", "well"),
        workload("manager", "0/1 ready: OOMKilled", "ill"),
      ]),
    ).toMatchObject({ state: "manager 0/1 ready: OOMKilled", healthy: false });
    expect(releaseFinding(release, [])).toMatchObject({ state: "none of its pods are there", healthy: false });
  });
});
