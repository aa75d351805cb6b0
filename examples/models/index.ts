import { EmbeddedCluster, imageOf, images, Ollama, smallModel, Storage } from "../../components/index.ts"; // elsewhere: from "guildnet"

const cluster = new EmbeddedCluster("lab", {
  apiPort: 8191,
  images: { storage: { reference: images.localPathProvisioner }, ollama: { reference: images.ollama } },
});
const opts = { provider: cluster.provider, deletedWith: cluster.machine };
const storage = new Storage("storage", { image: imageOf(cluster.images, "storage"), path: cluster.volumesPath }, opts);

/** The gateway alone reaches it: `new ModelGateway("models", { servers: [ollama], … })` lets workspaces ask. */
const ollama = new Ollama(
  "ollama",
  {
    image: imageOf(cluster.images, "ollama"),
    cluster,
    storageClass: storage.className,
    models: [smallModel], // another: { name: "qwen3:4b", contextWindow: 16_384, tools: true }, with memory: "6Gi"
  },
  opts,
);

export const url = ollama.url;
