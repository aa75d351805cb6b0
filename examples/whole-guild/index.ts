import { EmbeddedCluster, imageOf, images, Portal, Storage, Workspace } from "../../components/index.ts"; // elsewhere: from "guildnet"

const nodePort = 30090;
const cluster = new EmbeddedCluster("lab", {
  apiPort: 8191,
  publish: [{ hostPort: 8190, nodePort }],
  images: {
    storage: { reference: images.localPathProvisioner },
    workspace: { context: "../../images/workspace" },
    portal: { context: "../../images/portal" },
  },
});
const image = (name: string) => imageOf(cluster.images, name);
const opts = { provider: cluster.provider, deletedWith: cluster.machine };

const storage = new Storage("storage", { image: image("storage"), path: cluster.volumesPath }, opts);
const portal = new Portal(
  "portal",
  {
    image: image("portal"),
    endpoint: cluster.endpoint,
    port: 8190,
    people: ["ada"],
    admins: ["ada"],
    exposure: { type: "NodePort", nodePort, reason: "published on this machine's loopback alone" },
  },
  opts,
);

for (const owner of ["ada", "bob"]) {
  new Workspace(owner, { owner, image: image("workspace"), storageClass: storage.className }, opts);
}

export const url = portal.url;
/** Sign-in links are signed with it. */
export const signInKey = portal.signInKey;
