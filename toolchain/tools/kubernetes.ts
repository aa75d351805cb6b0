import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { VERSIONS } from "../versions.ts";
import { folderTool } from "./folder-tool.ts";
import { goBuild } from "./go-build.ts";
import { machineSource } from "./machine-source.ts";
import type { Source } from "./source.ts";

const { version } = VERSIONS.kubernetes;
const COMPONENTS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl"];
const PROGRAMS = ["etcd", ...COMPONENTS, "kube-router"];

/** Without these Kubernetes' programs take themselves for v0.0.0. */
export const releaseVariables = {
  "k8s.io/component-base/version.gitVersion": `v${version}`,
  "k8s.io/component-base/version.gitMajor": version.split(".")[0] ?? "",
  "k8s.io/component-base/version.gitMinor": version.split(".")[1] ?? "",
  "k8s.io/component-base/version.gitTreeState": "clean",
};

const BUILD_VARIABLES = {
  ...releaseVariables,
  "github.com/cloudnativelabs/kube-router/v2/pkg/version.Version": `v${VERSIONS["kube-router"].version}`,
};

/** One binary that is every program, selected by the name it is called by. */
const registries: Source = {
  kind: "registries",
  available: async () => true,
  async provide(folder, context) {
    await goBuild(
      { module: "kubernetes", command: ".", variables: BUILD_VARIABLES, output: join(folder, "bin", "kubernetes") },
      context,
    );
    for (const program of PROGRAMS) symlinkSync("kubernetes", join(folder, "bin", program));
  },
};

/** etcd, the Kubernetes components, and kube-router, which enforces network policies. Upstream's server archive is not offered: its checksum is pinned nowhere we could take it from. */
export const kubernetes = folderTool({
  name: "kubernetes",
  title: `Kubernetes ${version} and etcd ${VERSIONS.etcd.version}`,
  version,
  revision: `kube-router-${VERSIONS["kube-router"].version}`,
  files: PROGRAMS.map((program) => `bin/${program}`),
  sources: [
    machineSource([
      ...COMPONENTS.filter((program) => program !== "kubectl").map((program) => ({
        program,
        args: ["--version"],
        accepts: exactly(version),
      })),
      { program: "kubectl", args: ["version", "--client"], accepts: exactly(version) },
      { program: "etcd", args: ["--version"], accepts: exactly(VERSIONS.etcd.version) },
      { program: "kube-router", args: ["--version"], accepts: exactly(VERSIONS["kube-router"].version) },
    ]),
    registries,
  ],
});

function exactly(wanted: string): (output: string) => boolean {
  return (output) => output.match(/\d+\.\d+\.\d+/)?.[0] === wanted;
}
