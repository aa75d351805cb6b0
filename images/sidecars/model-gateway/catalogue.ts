import { GatewayError } from "./errors.ts";
import type { Model, Server, Settings } from "./settings.ts";

/** A model, and who serves it. */
export interface Served {
  readonly model: Model;
  readonly server: Server;
}

/** Which models there are for whom. */
export interface Catalogue {
  /** In the order of the settings. Of two with a name the first counts. */
  of(workspace: string): Served[];
  /** @throws GatewayError that says which there are */
  find(workspace: string, name: string): Served;
}

export function catalogue({ servers }: Settings): Catalogue {
  const all = new Map<string, Served>();
  for (const server of servers)
    for (const model of server.models) if (!all.has(model.name)) all.set(model.name, { model, server });
  const of = (workspace: string): Served[] =>
    [...all.values()].filter(({ model }) => model.workspaces?.includes(workspace) ?? true);
  return {
    of,
    find: (workspace, name) => {
      const open = of(workspace);
      const found = open.find(({ model }) => model.name === name);
      if (found !== undefined) return found;
      // One that is for others is not told of.
      const there = open.map(({ model }) => model.name).join(", ") || "none yet";
      throw new GatewayError(
        404,
        "model_not_found",
        `There is no model "${name}" for ${workspace}. There are: ${there}.`,
        {
          param: "model",
        },
      );
    },
  };
}

/** A model as `/v1/models` tells of it. */
export function described({ model, server }: Served) {
  return { id: model.name, object: "model", created: 0, owned_by: server.name, context_window: model.contextWindow };
}
