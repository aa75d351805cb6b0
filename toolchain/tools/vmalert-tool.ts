import { join } from "node:path";
import { VERSIONS } from "../versions.ts";
import { folderTool } from "./folder-tool.ts";
import { goBuild } from "./go-build.ts";

/** Tries rules of alerts on series that are written down; tests alone need it. https://docs.victoriametrics.com/victoriametrics/vmalert-tool/ */
export const vmalertTool = folderTool({
  name: "vmalert-tool",
  title: `vmalert-tool ${VERSIONS["victoria-metrics"].version}`,
  version: VERSIONS["victoria-metrics"].version,
  files: ["bin/vmalert-tool"],
  sources: [
    {
      kind: "registries",
      available: async () => true,
      provide: (folder, context) =>
        goBuild(
          {
            module: "victoria-metrics",
            command: "github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert-tool",
            variables: {},
            output: join(folder, "bin", "vmalert-tool"),
          },
          context,
        ),
    },
  ],
});
