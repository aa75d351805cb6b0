import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSIONS } from "../versions.ts";
import { folderTool } from "./folder-tool.ts";
import { goBuild } from "./go-build.ts";
import { releaseVariables } from "./kubernetes.ts";

const modules = readFileSync(fileURLToPath(new URL("../go/conformance/go.sum", import.meta.url)));

/** Kubernetes' own tests, of the release that an embedded node runs, and Ginkgo, which runs several of them at once. */
export const conformance = folderTool({
  name: "conformance",
  title: `Kubernetes' own tests, ${VERSIONS.kubernetes.version}`,
  version: VERSIONS.kubernetes.version,
  revision: createHash("sha256").update(modules).digest("hex").slice(0, 8),
  files: ["bin/e2e.test", "bin/ginkgo"],
  sources: [
    {
      kind: "registries",
      available: async () => true,
      async provide(folder, context) {
        const program = (name: string) => join(folder, "bin", name);
        await goBuild(
          {
            module: "conformance",
            command: "github.com/onsi/ginkgo/v2/ginkgo",
            variables: {},
            output: program("ginkgo"),
          },
          context,
        );
        await goBuild(
          {
            module: "conformance",
            command: "k8s.io/kubernetes/test/e2e",
            tests: true,
            variables: releaseVariables,
            output: program("e2e.test"),
          },
          context,
        );
      },
    },
  ],
});
