import { networkInterfaces, totalmem } from "node:os";
import { formatQuantity, knownModel, knownModels } from "../../../components/index.ts";
import { quantity } from "../../../components/kube/quantity.ts";
import type { Broken } from "../../check/broken.ts";
import type { Mistake } from "../../check/mistakes.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { ModelsConfig, ModelsKeys } from "./schema.ts";
import { memoryNeeded } from "./specs.ts";

export function modelsMistakes({ models: wanted, cluster }: ModelsKeys & ClusterKeys): Broken[] {
  if (wanted === undefined) return [];
  return [...listMistakes(wanted), ...serverMistakes(wanted, cluster.kind)];
}

function listMistakes({ list, server }: ModelsConfig): Broken[] {
  return list.flatMap((model, index): Broken[] => {
    const at = (...keys: string[]) => ["models", "list", index, ...keys];
    const { name, source, contextWindow } = model,
      known = knownModel(name);
    const first = list.findIndex((other) => other.name === name);
    return [
      ...(first === index
        ? []
        : [
            {
              paths: [at("name"), ["models", "list", first, "name"]],
              allowed: "each name once",
              fix: "remove one of them",
            },
          ]),
      ...(source === undefined || (source.path ?? source.url) !== undefined
        ? []
        : [{ paths: [at("source")], allowed: "a path or a url, where the file is", fix: "add one of them" }]),
      ...(server.kind !== "ollama" || memoryNeeded(model) !== undefined
        ? []
        : [
            {
              paths: [at("memory"), at("name")],
              allowed: `what ${name} takes while it is asked, as nobody here knows it (known are ${knownModels.join(", ")})`,
              fix: 'add it: the size of its file, and a fifth more, for instance "6Gi"',
            },
          ]),
      ...(contextWindow === undefined || known === undefined || contextWindow <= known.longest
        ? []
        : [
            {
              paths: [at("contextWindow")],
              allowed: `at most ${known.longest}, which ${name} was made for`,
              fix: "lower it, or remove the key",
            },
          ]),
    ];
  });
}

function serverMistakes({ list, server }: ModelsConfig, cluster: "embedded" | "existing"): Broken[] {
  if (server.kind === "existing") {
    return isLoopback(new URL(server.url).hostname)
      ? [
          {
            paths: [["models", "server", "url"]],
            allowed: "an address that pods of the cluster reach: this one is each pod's own",
            fix: "name the machine's address in your network, and have Ollama listen there (OLLAMA_HOST)",
          },
        ]
      : [];
  }
  const weights = list.reduce((sum, { name }) => sum + (knownModel(name)?.bytes ?? 0), 0);
  return [
    ...(server.gpu === undefined || cluster === "existing"
      ? []
      : [
          {
            paths: [["models", "server", "gpu"]],
            allowed: "nothing: an embedded cluster gives no graphics cards to pods",
            fix: "remove it, join an existing cluster, or an Ollama on another machine by server: { kind: existing, url: … }",
          },
        ]),
    ...(weights <= quantity(server.storage)
      ? []
      : [
          {
            paths: [
              ["models", "server", "storage"],
              ["models", "list"],
            ],
            allowed: `at least ${formatQuantity(Math.ceil(weights / 2 ** 30) * 2 ** 30, "bytes")}, which its models take`,
            fix: "raise it, or list fewer models",
          },
        ]),
  ];
}

const isLoopback = (host: string): boolean => host === "localhost" || host === "[::1]" || host.startsWith("127.");

/** What this machine is to models. */
export interface Machine {
  /** Bytes. */
  readonly memory: number;
  readonly addresses: readonly string[];
}

/** An embedded cluster has the memory of this machine, and its pods reach no address of it. */
export async function modelsPlaceMistakes(
  { models: wanted, cluster }: ModelsKeys & ClusterKeys,
  { memory, addresses }: Machine = thisMachine(),
): Promise<Mistake[]> {
  if (wanted === undefined || cluster.kind !== "embedded") return [];
  const { list, server } = wanted;
  if (server.kind === "existing") {
    return addresses.includes(new URL(server.url).hostname)
      ? [
          {
            key: "models.server.url",
            found: `${server.url}, which is this machine`,
            allowed: "a server on another machine: pods reach no address of the one that they run on",
            fix: "name another, or have the guild's own in the cluster by server: { kind: ollama }",
          },
        ]
      : [];
  }
  return list.flatMap((model, index) => {
    const needed = memoryNeeded(model);
    return needed === undefined || needed <= memory
      ? []
      : [
          {
            key: `models.list[${index}].name`,
            found: `${model.name}, which takes ${formatQuantity(needed, "bytes")} of memory`,
            allowed: `a model that fits into this machine's ${formatQuantity(memory, "bytes")}`,
            fix: "take a smaller one, or a smaller contextWindow",
          },
        ];
  });
}

function thisMachine(): Machine {
  return {
    memory: totalmem(),
    addresses: Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .map(({ address }) => address),
  };
}
