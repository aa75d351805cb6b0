import { ExistingOllama, formatQuantity, images, Ollama } from "../../../components/index.ts";
import type { ModelServer, ModelServers } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Layer, WantedVolume, Wants } from "../../system.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { ProxyGives } from "../proxy/layer.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import type { StorageGives } from "../storage/layer.ts";
import { modelsMistakes, modelsPlaceMistakes } from "./rules.ts";
import { modelsKeys } from "./schema.ts";
import type { ModelsConfig, ModelsKeys } from "./schema.ts";
import { memoryNeeded, specOf } from "./specs.ts";

type Reads = ModelsKeys & ClusterKeys;
type Needs = ClusterGives & SchedulingGives & StorageGives & ProxyGives;

export const models = system({
  keys: modelsKeys,
  rules: modelsMistakes,
  surroundings: (config: Reads) => modelsPlaceMistakes(config),
  volumes: modelsVolumes,
  wants: modelsWants,
  layer: modelsLayer,
  notes: modelsNotes,
});

function modelsVolumes({ models: wanted }: ModelsKeys): WantedVolume[] {
  return wanted?.server.kind === "ollama"
    ? [{ path: ["models"], ...Ollama.place, size: wanted.server.storage, sizeKey: ["server", "storage"] }]
    : [];
}

function modelsWants({ models: wanted }: ModelsKeys): Partial<Wants> {
  return wanted?.server.kind === "ollama" ? { images: { ollama: { reference: images.ollama } } } : {};
}

/** Where models run. Who may ask them is the gateway's. */
function modelsLayer({ models: wanted }: ModelsKeys, ground: Needs): Layer<ModelServers, object> {
  return {
    gives: { modelServers: wanted === undefined ? [] : [serverOf(wanted, ground)] },
    outputs: {},
  };
}

function serverOf(
  { list, server }: ModelsConfig,
  { access, classes, classIn, image, opts, proxy }: Needs,
): ModelServer {
  const specs = list.map(specOf);
  if (server.kind === "existing") {
    const { url, caCertificate } = server;
    return new ExistingOllama("ollama", { url, caCertificate, models: specs });
  }
  const { storage, keepData, cpu, gpu, nodeSelector } = server;
  return new Ollama(
    "ollama",
    {
      image: image("ollama"),
      cluster: access,
      models: specs,
      memory: formatQuantity(largest(list), "bytes"),
      cpu,
      gpu,
      nodeSelector,
      storage,
      keepData,
      storageClass: classIn(Ollama.place, keepData),
      proxy,
      priorityClass: classes.interactive,
    },
    opts,
  );
}

/** One is loaded at a time. */
function largest(list: ModelsConfig["list"]): number {
  return Math.max(...list.map((model) => memoryNeeded(model) ?? 0));
}

/** What a person should know of them. */
export function modelsNotes({ models: wanted }: ModelsKeys): string[] {
  if (wanted?.server.kind !== "ollama") return [];
  const told = wanted.list.map((model) => `${model.name} ${formatQuantity(memoryNeeded(model) ?? 0, "bytes")}`);
  return [
    `Models take memory from when they are asked until five minutes later, one of them at a time: ${told.join(", ")} at most.`,
  ];
}
