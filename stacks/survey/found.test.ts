import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { foundOnThisMachine, freeRoom } from "./found.ts";

// A stack is called "stack" here, its project "project".
let folder = "";
beforeEach(() => {
  const home = mkdtempSync(join(tmpdir(), "guildnet-found-"));
  vi.stubEnv("GUILDNET_HOME", home);
  folder = join(home, "clusters", "project-stack-cluster");
});
afterEach(() => rmSync(join(folder, "../.."), { recursive: true }));

test("a machine without the cluster has nothing", async () => {
  expect((await foundOnThisMachine("cluster")).size).toBe(0);
});

test("a cluster that is stopped or gone is known by the volumes that it left", async () => {
  mkdirSync(join(folder, "volumes/ws-lab/home"), { recursive: true });
  writeFileSync(join(folder, "volumes/ws-lab/.owner"), "ada\n");
  const left = { owner: "ada", folder: join(folder, "volumes/ws-lab") };
  expect((await foundOnThisMachine("cluster")).get("ws-lab")).toMatchObject(left);
  const nobody = {
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    "current-context": "c",
  };
  writeFileSync(join(folder, "kubeconfig"), JSON.stringify(nobody));
  expect((await foundOnThisMachine("cluster")).get("ws-lab")).toMatchObject(left);
  // Stopped, its claims are what they were.
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "volumes/ws-lab/.claims"), '{"home":{"size":"10Gi"}}');
  expect((await foundOnThisMachine("cluster")).get("ws-lab")).toEqual({
    owner: "ada",
    claims: new Map([["home", { size: "10Gi" }]]),
  });
});

test("a volume that is a file has its room already, a folder sets none aside, and one that is not there yet has none", () => {
  mkdirSync(join(folder, "volumes/ws-lab/home"), { recursive: true });
  mkdirSync(join(folder, "volumes/ws-file/home"), { recursive: true });
  writeFileSync(join(folder, "volumes/ws-file/.home.ext4"), "0123456789");
  const { free, had } = freeRoom("cluster")!;
  expect([had("ws-lab", "home"), had("ws-file", "home"), had("ws-new", "home")]).toEqual([Infinity, 10, 0]);
  expect(free).toBeGreaterThan(0);
});
