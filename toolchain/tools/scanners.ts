import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSIONS } from "../versions.ts";
import { checkov } from "./checkov.ts";
import { folderTool } from "./folder-tool.ts";
import { goBuild } from "./go-build.ts";
import type { Tool } from "./tool.ts";

/** Scores Kubernetes objects. https://github.com/zegl/kube-score */
export const kubeScore = folderTool({
  name: "kube-score",
  title: `kube-score ${VERSIONS["kube-score"].version}`,
  version: VERSIONS["kube-score"].version,
  files: ["bin/kube-score"],
  sources: [
    {
      kind: "registries",
      available: async () => true,
      provide: (folder, context) =>
        goBuild(
          {
            module: "kube-score",
            command: "github.com/zegl/kube-score/cmd/kube-score",
            variables: { "main.version": VERSIONS["kube-score"].version },
            output: join(folder, "bin", "kube-score"),
          },
          context,
        ),
    },
  ],
});

const program = (file: string) =>
  readFileSync(fileURLToPath(new URL(`../go/pod-security/${file}`, import.meta.url)), "utf8");

/** The API server's own judgement of pods, of the release that an embedded node runs. */
export const podSecurity = folderTool({
  name: "pod-security",
  title: `Pod Security of Kubernetes ${VERSIONS.kubernetes.version}`,
  version: VERSIONS.kubernetes.version,
  revision: createHash("sha256").update(program("main.go")).update(program("go.sum")).digest("hex").slice(0, 8),
  files: ["bin/pod-security"],
  sources: [
    {
      kind: "registries",
      available: async () => true,
      provide: (folder, context) =>
        goBuild(
          { module: "pod-security", command: ".", variables: {}, output: join(folder, "bin", "pod-security") },
          context,
        ),
    },
  ],
});

/** What reads the objects of the graph in tests; nothing else needs any of it. */
export const SCANNERS: readonly Tool[] = [kubeScore, podSecurity, checkov];
