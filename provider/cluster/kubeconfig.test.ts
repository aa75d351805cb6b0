import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { scratchHome } from "../testing/scratch.ts";
import { readKubeconfig } from "./kubeconfig.ts";

const kubeconfig = (server: string, authority: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "a",
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    users: [{ name: "a", user: { token: server } }],
    clusters: [{ name: "a", cluster: { server, "certificate-authority-data": authority } }],
  });

it("finds an embedded node at the port that it has by now, and anybody else's cluster where the kubeconfig says", () => {
  const folder = join(scratchHome(), "clusters", "guildnet-dev-cluster");
  const serverIn = (server: string, authority: string) =>
    readKubeconfig(kubeconfig(server, authority)).getCurrentCluster()?.server;
  expect(serverIn("https://127.0.0.1:1", "its")).toBe("https://127.0.0.1:1");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "kubeconfig"), kubeconfig("https://127.0.0.1:2", "its"));
  expect(serverIn("https://127.0.0.1:1", "its")).toBe("https://127.0.0.1:2");
  expect(serverIn("https://127.0.0.1:1", "another's")).toBe("https://127.0.0.1:1");
  expect(serverIn("https://cluster.example.org", "its")).toBe("https://cluster.example.org");
});
