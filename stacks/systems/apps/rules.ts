import type { Broken } from "../../check/broken.ts";
import { internetMistakes } from "../cluster/internet.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import { portMistakes } from "../workspaces/ports.ts";
import type { AppConfig, AppsKeys } from "./schema.ts";

/** What is wrong with apps, each by itself. */
export function appsMistakes(config: AppsKeys & ClusterKeys): Broken[] {
  const { apps } = config;
  return [
    ...apps.flatMap(({ internet }, index) => internetMistakes(config, internet, ["apps", index, "internet"])),
    ...apps.flatMap(({ port, ports }, index) =>
      portMistakes(["apps", index], ports, { name: "app", port, whose: "the app's own" }),
    ),
    ...apps.flatMap(replicaMistakes),
  ];
}

function replicaMistakes({ replicas, storage }: AppConfig, index: number): Broken[] {
  if (replicas === 1 || storage === undefined) return [];
  return [
    {
      paths: [
        ["apps", index, "replicas"],
        ["apps", index, "storage"],
      ],
      allowed: "1 beside storage: a volume is writable by one pod at a time",
      fix: "write 1, or remove storage",
    },
  ];
}
