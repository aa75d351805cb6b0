import * as k8s from "@pulumi/kubernetes";
import { TunnelServer } from "../../components/docker.ts"; // elsewhere: from "guildnet/docker"
import { App, images, Portal, PublicTunnel, tunnelIdentity } from "../../components/index.ts"; // elsewhere: from "guildnet"

// A rented machine that the internet reaches: ports 443 and 7000 of it, and SSH for this program.
const server = new TunnelServer("server", { host: "ssh://root@tunnel.example.org", hostname: "tunnel.example.org" });

// What a guild's config takes, where the tunnel's other end is in a guild: guildnet:tunnelToken and tunnel.caCertificate.
export const token = server.token;
export const caCertificate = server.caCertificate;

// The cluster that kubectl speaks to. Its name stays, so that new credentials replace nothing.
const provider = new k8s.Provider("cluster", { clusterIdentifier: "my-cluster", enableServerSideApply: true });
const opts = { provider };

new App("hello", { owner: "ada", image: "registry.example.org/hello:1", port: 8080, visibility: "public" }, opts);
const host = "hello.example.org"; // its DNS leads to the rented machine
const portal = new Portal(
  "portal",
  {
    image: "registry.example.org/guildnet-portal:1",
    endpoint: "https://cluster.example.org:6443",
    people: ["ada"],
    admins: ["ada"],
    published: { publications: [{ host, label: "hello" }], tunnel: tunnelIdentity, announced: true },
  },
  opts,
);
if (portal.published !== undefined) {
  new PublicTunnel(
    "tunnel",
    {
      to: { kind: "frp", server: "tunnel.example.org", caCertificate: server.caCertificate },
      token: server.token,
      hosts: [host],
      end: portal.published,
      image: images.frp.client,
    },
    opts,
  );
}
