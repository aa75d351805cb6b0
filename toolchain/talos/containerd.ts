import { join } from "node:path";
import { folderTool } from "../tools/folder-tool.ts";
import { goBuild } from "../tools/go-build.ts";
import { VERSIONS } from "../versions.ts";

const { version } = VERSIONS["talos-containerd"];
const PROGRAMS = ["containerd", "containerd-shim-runc-v2"];

/** The containerd that Talos comes with: its settings are of a form that Debian's does not know. */
export const talosContainerd = folderTool({
  name: "talos-containerd",
  title: `containerd ${version} of Talos`,
  version,
  files: PROGRAMS.map((program) => `bin/${program}`),
  sources: [
    {
      kind: "registries",
      available: async () => true,
      async provide(folder, context) {
        for (const program of PROGRAMS)
          await goBuild(
            {
              module: "talos-containerd",
              command: `github.com/containerd/containerd/v2/cmd/${program}`,
              tags: ["netgo", "osusergo", "static_build", "no_btrfs", "no_zfs", "no_devmapper"],
              variables: { "github.com/containerd/containerd/v2/version.Version": `v${version}` },
              output: join(folder, "bin", program),
            },
            context,
          );
      },
    },
  ],
});
