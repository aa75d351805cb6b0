import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images } from "../versions.ts";
import type { ModelServer, ServedModel } from "./model-server.ts";
import type { ModelSpec } from "./model-spec.ts";
import { ollamaSettings } from "./ollama-pods.ts";
import { served } from "./ollama.ts";
import { OLLAMA_PORT } from "./reach.ts";
import { serverModels } from "./server-models.ts";

/** What `transform` changes. */
export interface OllamaOnHostChildren {
  docker: docker.ProviderArgs;
  image: docker.RemoteImageArgs;
  models: docker.VolumeArgs;
  container: docker.ContainerArgs;
}

export interface OllamaOnHostArgs {
  /** Docker engine of the machine, for instance "ssh://root@192.168.1.20". */
  host: pulumi.Input<string>;
  /** Address of the machine in the network of the guild, which it listens at: Ollama asks nobody who they are, so that all who reach this ask it. */
  address: string;
  /** Port that it listens at. @default 11434 */
  port?: number;
  /** Graphics cards that it gets, as Docker's `--gpus`: "all", for which the machine has NVIDIA's container toolkit. @default none */
  gpus?: string;
  /** What it shall have; what is missing is made there. The first is what is asked where nobody says which. */
  models: readonly ModelSpec[];
  /** @default upstream's */
  image?: pulumi.Input<string>;
  /** Whether its volume stays when it is removed. To remove it with it, apply `false` first, then remove it. @default true */
  keepData?: boolean;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<OllamaOnHostChildren>;
}

const NAME = "guildnet-ollama";

/**
 * Ollama as a container of a machine that has Docker and, for models of some size, a graphics card. A guild joins it by
 * `models.server: { kind: existing, url }`.
 */
export class OllamaOnHost extends pulumi.ComponentResource implements ModelServer {
  readonly name: string;
  readonly authority = undefined;
  readonly models: readonly ServedModel[];
  /** What a guild's `models.server.url` is. */
  declare readonly url: pulumi.Output<string>;

  constructor(name: string, args: OllamaOnHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:OllamaOnHost", name, {}, transformed(name, args.transform, opts));
    const { address, models, port = OLLAMA_PORT } = args;
    this.name = name;
    this.models = models.map(served);
    const engine = new docker.Provider(`${name}-docker`, { host: args.host }, { parent: this });
    const own = { parent: this, provider: engine };
    const image = new docker.RemoteImage(
      `${name}-image`,
      { name: args.image ?? images.ollama, keepLocally: true },
      own,
    );
    const volume = new docker.Volume(
      `${name}-models`,
      { name: `${NAME}-models` },
      { ...own, retainOnDelete: args.keepData ?? true },
    );
    // It has a fixed name and the port: the old one must be gone first.
    const container = new docker.Container(`${name}-container`, containerArgs(args, image, volume, port), {
      ...own,
      deleteBeforeReplace: true,
    });
    // Known once it is started, so that no model is asked for before.
    this.url = container.id.apply(() => `http://${address}:${port}`);
    serverModels(name, { server: { url: this.url }, models }, { parent: this, retainOnDelete: true });
    this.registerOutputs({ url: this.url });
  }
}

function containerArgs(
  { address, gpus }: OllamaOnHostArgs,
  image: docker.RemoteImage,
  volume: docker.Volume,
  port: number,
): docker.ContainerArgs {
  return {
    name: NAME,
    image: image.imageId,
    restart: "unless-stopped",
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges:true"],
    readOnly: true,
    tmpfs: { "/tmp": "" },
    envs: Object.entries(ollamaSettings).map(([variable, value]) => `${variable}=${value}`),
    ...(gpus !== undefined && { gpus }),
    volumes: [{ volumeName: volume.name, containerPath: ollamaSettings.OLLAMA_MODELS }],
    ports: [{ internal: OLLAMA_PORT, external: port, ip: address }],
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
  };
}
