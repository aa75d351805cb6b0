import { EmbeddedCluster, images, Storage } from "../../components/index.ts"; // elsewhere: from "guildnet"

const cluster = new EmbeddedCluster("lab", {
  apiPort: 8191,
  images: { storage: { reference: images.localPathProvisioner } },
});

new Storage("storage", { image: cluster.images["storage"] ?? images.localPathProvisioner, path: cluster.volumesPath }, {
  provider: cluster.provider, deletedWith: cluster.machine,
});

/** `pulumi stack output --show-secrets kubeconfig > kubeconfig` */
export const kubeconfig = cluster.kubeconfig;
