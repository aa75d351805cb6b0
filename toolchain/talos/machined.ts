import { join } from "node:path";
import { folderTool } from "../tools/folder-tool.ts";
import { goBuild } from "../tools/go-build.ts";
import { VERSIONS } from "../versions.ts";
import { copyPatched, patchesHash } from "./source.ts";

/**
 * Talos' machined, which is also its apid and trustd. Two things differ from upstream's build: the patches, and containerd's
 * client, which is upstream's own release instead of a fork that the module proxy refuses and that makes the program smaller.
 */
export const machined = folderTool({
  name: "machined",
  title: `Talos' machined ${VERSIONS.talos.version}`,
  version: VERSIONS.talos.version,
  revision: patchesHash(),
  files: ["bin/machined"],
  sources: [
    {
      kind: "registries",
      available: async () => true,
      provide: (folder, context) =>
        goBuild(
          {
            module: "machined",
            command: "github.com/siderolabs/talos/internal/app/machined",
            tags: ["tcell_minimal", "grpcnotrace"],
            variables: { "golang.zx2c4.com/wireguard/ipc.socketDirectory": "/system/wireguard-sock" },
            output: join(folder, "bin", "machined"),
            prepare: (directory) => copyPatched(join(directory, "talos"), context),
          },
          context,
        ),
    },
  ],
});
