import { appSize, formatQuantity } from "../../../components/index.ts";
import { multiply, quantity } from "../../../components/kube/quantity.ts";
import type { Broken } from "../../check/broken.ts";
import type { Path } from "../../check/mistakes.ts";
import { withoutUndefined } from "../../check/without-undefined.ts";
import type { AppConfig } from "../apps/schema.ts";
import type { WorkspaceConfig } from "../workspaces/schema.ts";
import { workspaceSize } from "../workspaces/size.ts";
import { peopleOf } from "./people.ts";
import type { Membership } from "./people.ts";
import type { PeopleKeys } from "./schema.ts";

type Resource = "cpu" | "memory" | "storage";

/** Something that counts to a person's quota. */
interface Counted {
  path: Path;
  size: Record<Resource, string>;
  /** Keys, below the path, of what it asks for. */
  keys: Record<Resource, Path[]>;
}

/** A person's workspaces and apps together, against the person's quota. */
export function quotaMistakes(config: PeopleKeys & Membership): Broken[] {
  return peopleOf(config).flatMap((owner) => {
    const quota = { ...config.quota, ...withoutUndefined(config.people?.[owner]?.quota ?? {}) };
    const workspaces = config.workspaces.flatMap((workspace, index) =>
      workspace.owner === owner ? [countedWorkspace(workspace, index)] : [],
    );
    const apps = config.apps.flatMap((app, index) => (app.owner === owner ? [countedApp(app, index)] : []));
    const broken: Broken[] = [];
    const tooMany = workspaces[quota.workspaces];
    if (tooMany !== undefined) {
      broken.push({
        paths: [tooMany.path],
        allowed: `${quota.workspaces} workspaces for ${owner}`,
        fix: `remove one, or raise people.${owner}.quota.workspaces`,
      });
    }
    for (const resource of ["cpu", "memory", "storage"] as const)
      broken.push(...exceeded(owner, resource, quota[resource], [...workspaces, ...apps]));
    return broken;
  });
}

function countedWorkspace(workspace: WorkspaceConfig, index: number): Counted {
  const keys = {
    cpu: [["resources", "cpu"], ["preset"]],
    memory: [["resources", "memory"], ["preset"]],
    storage: [["storage"], ["preset"]],
  };
  return { path: ["workspaces", index], size: workspaceSize(workspace), keys };
}

function countedApp(app: AppConfig, index: number): Counted {
  const { cpu, memory, storage } = appSize({ resources: withoutUndefined(app.resources), storage: app.storage });
  const size = { cpu: multiply(cpu, app.replicas), memory: multiply(memory, app.replicas), storage };
  return {
    path: ["apps", index],
    size,
    keys: {
      cpu: [["resources", "cpu"], ["replicas"]],
      memory: [["resources", "memory"], ["replicas"]],
      storage: [["storage", "size"]],
    },
  };
}

function exceeded(owner: string, resource: Resource, limit: string, own: Counted[]): Broken[] {
  let sum = 0;
  for (const { path, size, keys } of own) {
    sum += quantity(size[resource]);
    if (sum <= quantity(limit)) continue;
    const asked = formatQuantity(sum, resource === "cpu" ? "cores" : "bytes");
    const whose = own.some((entry) => entry.path[0] === "apps") ? "workspaces and apps" : "workspaces";
    return [
      {
        paths: [
          ...keys[resource].map((key) => [...path, ...key]),
          ["people", owner, "quota", resource],
          ["quota", resource],
        ],
        allowed: `${limit} for ${owner}'s ${whose} together; with this one they ask for ${asked}`,
        fix: `ask for less, or raise people.${owner}.quota.${resource}`,
      },
    ];
  }
  return [];
}
