import {
  CertificateAuthority,
  EmbeddedCluster,
  imageOf,
  images,
  Registry,
  registryAttachment,
  registryHost,
  Storage,
  Workspace,
} from "../../components/index.ts"; // elsewhere: from "guildnet"

const address = "10.96.0.11"; // of the Service range
/** Made before the cluster, whose node trusts it. */
const authority = new CertificateAuthority("authority", { commonName: "Lab CA" });

const cluster = new EmbeddedCluster("lab", {
  apiPort: 8191,
  registries: [{ host: registryHost, address, caCertificatePem: authority.certificatePem }],
  images: {
    storage: { reference: images.localPathProvisioner },
    registry: { reference: images.registry },
    portal: { context: "../../images/portal" }, // the token server is in it
    workspace: { context: "../../images/workspace" },
  },
});
const image = (name: string) => imageOf(cluster.images, name);
const opts = { provider: cluster.provider, deletedWith: cluster.machine };

const storage = new Storage("storage", { image: image("storage"), path: cluster.volumesPath }, opts);
const registry = new Registry(
  "registry",
  {
    image: image("registry"),
    tokenImage: image("portal"),
    address,
    authority,
    endpoint: cluster.endpoint,
    storageClass: storage.className,
  },
  opts,
);

/** In it, `skopeo copy oci:image docker://$GUILDNET_REGISTRY/app:1` pushes what every pod can then name. */
new Workspace(
  "ada",
  {
    owner: "ada",
    image: image("workspace"),
    storageClass: storage.className,
    attachments: [registryAttachment(registry)],
  },
  opts,
);

export const host = registry.host;
