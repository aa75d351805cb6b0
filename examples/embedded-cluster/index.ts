import * as pulumi from "@pulumi/pulumi";
import { EmbeddedCluster, images, Storage } from "../../components/index.ts"; // elsewhere: from "guildnet"

/** A cluster that a guild of another stack joins: `cluster.kind: existing`, with the outputs below in its config. */
const config = new pulumi.Config();
const nodePort = 30090;
const cluster = new EmbeddedCluster("lab", {
  apiPort: config.getNumber("apiPort") ?? 8191,
  publish: [{ hostPort: config.getNumber("portalPort") ?? 8190, nodePort }],
  images: {
    storage: { reference: images.localPathProvisioner },
    workspace: { context: "../../images/workspace" },
    portal: { context: "../../images/portal" },
  },
});

new Storage(
  "storage",
  { image: cluster.images["storage"] ?? images.localPathProvisioner, path: cluster.volumesPath },
  {
    provider: cluster.provider,
    deletedWith: cluster.machine,
  },
);

/** `pulumi stack output --show-secrets kubeconfig > kubeconfig` */
export const kubeconfig = cluster.kubeconfig;
/** For `images` in the guild's config. */
export const guildImages = { workspace: cluster.images["workspace"], portal: cluster.images["portal"] };
