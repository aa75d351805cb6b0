import * as pulumi from "@pulumi/pulumi";
import {
  EmbeddedCluster,
  guildPolicy,
  Headscale,
  imageOf,
  images,
  MeshDns,
  Portal,
  Storage,
  SubnetRouter,
  tag,
} from "../../components/index.ts"; // elsewhere: from "guildnet"

const nodePort = 30092;
const cluster = new EmbeddedCluster("lab", {
  apiPort: 8191,
  publish: [{ hostPort: 8192, nodePort }],
  images: {
    storage: { reference: images.localPathProvisioner },
    headscale: { reference: images.headscale },
    tailscale: { reference: images.tailscale },
    portal: { context: "../../images/portal" },
  },
});
const image = (name: string) => imageOf(cluster.images, name);
const opts = { provider: cluster.provider, deletedWith: cluster.machine };
const storage = new Storage("storage", { image: image("storage"), path: cluster.volumesPath }, opts);

/** Something to reach: the portal, under names of its own on the mesh. */
const portal = new Portal(
  "portal",
  {
    image: image("portal"),
    endpoint: cluster.endpoint,
    people: ["ada"],
    admins: ["ada"],
    mesh: { host: "portal.mesh.lab.internal", appsDomain: "apps.lab.internal" },
  },
  opts,
);
const names = new MeshDns("names", { domain: "apps.lab.internal", names: { "*": portal.clusterAddress } }, opts);

const routes = [cluster.serviceCidr];
const mesh = new Headscale(
  "mesh",
  {
    cluster,
    image: image("headscale"),
    authority: portal.authority,
    hostname: "headscale.guildnet.localhost",
    port: 8192,
    exposure: { type: "NodePort", nodePort, reason: "published on this machine's loopback alone" },
    // This machine may not know the name, but it knows where the server is published.
    apiUrl: "https://127.0.0.1:8192",
    certificateAddresses: ["127.0.0.1"],
    baseDomain: "mesh.lab.internal",
    dns: {
      records: [{ name: "portal.mesh.lab.internal", type: "A", value: portal.clusterAddress }],
      split: { "apps.lab.internal": [names.address] },
    },
    people: ["ada"],
    policy: pulumi.all([portal.clusterAddress, names.address]).apply(([address, server]) =>
      guildPolicy({
        people: ["ada"],
        destinations: [
          { name: "portal", address, ports: [443] },
          { name: "names", address: server, ports: [53] },
        ],
        routes,
      }),
    ),
    storageClass: storage.className,
  },
  opts,
);

new SubnetRouter("router", { mesh, routes, image: image("tailscale"), storageClass: storage.className }, opts);

export const url = "https://portal.mesh.lab.internal";
export const loginServer = mesh.loginServer;
/** `tailscale up --login-server … --accept-routes --auth-key …` */
export const laptopKey = mesh.authKey("ada-laptop", { tags: [tag.client] }, { parent: mesh });
