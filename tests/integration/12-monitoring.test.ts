import { beforeAll, describe, expect, test, vi } from "vitest";
import { lastForAdmins } from "../support/events.ts";
import { everything, kubectl, upUnlessUp } from "../support/guildnet.ts";
import { reachable } from "../support/network.ts";

const namespace = "guildnet-monitoring";
const soon = { timeout: 180_000, interval: 1_000 };

beforeAll(() => upUnlessUp(everything));

describe("monitoring", () => {
  test("gathers what node, API server, kubelet and programs tell", async () => {
    const jobs = ["api-server", "guild", "kubelet", "kubelet-containers", "kubelet-resources", "node"];
    await vi.waitFor(async () => {
      const up = (await query("up == 1")).map(({ metric }) => metric["job"]);
      expect(up).toEqual(expect.arrayContaining(jobs));
    }, soon);
    for (const figure of [
      'node_memory_MemTotal_bytes{job="node"}',
      'node_filesystem_avail_bytes{mountpoint="/node"}',
      'container_memory_working_set_bytes{namespace="ws-ada"}',
      'container_start_time_seconds{namespace="ws-ada"}',
      "apiserver_request_total",
      "kubelet_running_pods",
      "guildnet_certificate_ends_timestamp_seconds",
      'guildnet_backup_done_timestamp_seconds{namespace="ws-ada"}',
    ])
      await vi.waitFor(async () => expect((await query(figure)).length, figure).toBeGreaterThan(0), soon);
  });

  test("has nothing wrong to tell of what it gathers", async () => {
    // Of the last minute: of a pod that is gone the last figure is found for five.
    await vi.waitFor(async () => expect(await query("last_over_time(up[1m]) == 0")).toEqual([]), soon);
  });

  test("lets no workspace in", async () => {
    const address = async (port: number, app: string, of = namespace) => {
      const selector = ["--selector", `app.kubernetes.io/name=${app}`, "--output", "jsonpath={.items[0].status.podIP}"];
      return `${await kubectl("get", "pods", "--namespace", of, ...selector)}:${port}`;
    };
    const asked = [await address(8081, "monitoring"), await address(9100, "node-exporter")];
    // What is closed never answers; what is open may be slow to, on a busy machine.
    const open = await address(4222, "nats", "guildnet-events");
    const found = await vi.waitFor(async () => {
      const all = await reachable("ws-ada", [...asked, open]);
      expect(all).toContain(open);
      return all;
    }, soon);
    expect(found).toEqual([open]);
  });

  test("says once that something is wrong, over a killed pod, and once that it is over", async () => {
    const name = "is-about-to-end";
    const about = { alert: "CertificateExpires", about: expect.stringContaining(name) };
    const alert = expect.objectContaining(about);
    await push(name, 60 * 60);
    await vi.waitFor(async () => expect(await alerts()).toContainEqual(alert), soon);
    expect((await said("alert.fired")).filter((line) => line.includes(name))).toHaveLength(1);
    await vi.waitFor(
      async () => expect(await lastForAdmins("ada", "alerts", "alert.fired")).toMatchObject(about),
      soon,
    );
    const before = (await alerts()).find(({ about }) => about.includes(name));
    const first = await firstFigure();
    await kill();
    expect((await alerts()).find(({ about }) => about.includes(name))?.since).toBe(before?.since);
    expect(await firstFigure()).toBe(first);
    await push(name, 365 * 24 * 60 * 60);
    await vi.waitFor(async () => expect(await alerts()).not.toContainEqual(alert), soon);
    expect((await said("alert.fired")).filter((line) => line.includes(name))).toEqual([]);
    await vi.waitFor(
      async () => expect((await said("alert.resolved")).filter((line) => line.includes(name))).toHaveLength(1),
      soon,
    );
    await vi.waitFor(
      async () => expect(await lastForAdmins("ada", "alerts", "alert.resolved")).toMatchObject(about),
      soon,
    );
  });
});

/** When the first figure of the node came. It must be long on the disk: what came within the last seconds may be lost with a pod. */
async function firstFigure(): Promise<string | undefined> {
  return vi.waitFor(async () => {
    const [first] = await query('tfirst_over_time(up{job="node"}[1d]) < time() - 30');
    expect(first).toBeDefined();
    return first?.value[1];
  }, soon);
}

async function kill(): Promise<void> {
  await kubectl(
    "delete",
    "pod",
    "--namespace",
    namespace,
    "--selector",
    "app.kubernetes.io/name=monitoring",
    "--grace-period",
    "0",
    "--force",
  );
  await kubectl("rollout", "status", "--namespace", namespace, "deploy/monitoring", "--timeout", "180s");
}

interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

async function query(expression: string): Promise<Sample[]> {
  const search = new URLSearchParams({ query: expression, latency_offset: "1s" });
  const body = await inPod(`fetch("http://127.0.0.1:8428/api/v1/query?${search.toString()}").then(done)`);
  return (JSON.parse(body) as { data: { result: Sample[] } }).data.result;
}

/** Tells of a certificate that there is none of. @param seconds for which it is valid */
function push(name: string, seconds: number): Promise<string> {
  const figure = `guildnet_certificate_ends_timestamp_seconds{namespace="test",certificate="${name}"}`;
  const body = JSON.stringify(`${figure} ${Math.floor(Date.now() / 1000) + seconds}\n`);
  return inPod(`fetch("http://127.0.0.1:8428/api/v1/import/prometheus", { method: "POST", body: ${body} }).then(done)`);
}

async function alerts(): Promise<{ alert: string; about: string; since: string }[]> {
  return JSON.parse(await inPod('fetch("http://127.0.0.1:8081/alerts").then(done)')) as never;
}

async function said(event: "alert.fired" | "alert.resolved"): Promise<string[]> {
  const log = await kubectl("logs", "--namespace", namespace, "deploy/monitoring", "--container", "alerts");
  return log.split("\n").filter((line) => line.includes(`"event":"${event}"`));
}

/** Runs it beside the programs, which nothing else reaches. */
function inPod(script: string): Promise<string> {
  const done =
    "const done = async (answer) => { const text = await answer.text(); if (!answer.ok) throw new Error(text); console.log(text); };";
  const container = ["deploy/monitoring", "--container", "alerts"];
  return kubectl("exec", "--namespace", namespace, ...container, "--", "node", "-e", `${done} ${script}`);
}
