import * as k8s from "@pulumi/kubernetes";
import { App } from "../../components/index.ts"; // elsewhere: from "guildnet"

// The cluster that kubectl speaks to, with a Portal on it. Its name stays, so that new credentials replace nothing.
const provider = new k8s.Provider("cluster", { clusterIdentifier: "my-cluster", enableServerSideApply: true });

const wiki = new App(
  "wiki",
  {
    owner: "ada",
    image: "registry.example.org/wiki:1", // listens at 3000, as a user other than root
    port: 3000,
    storage: { size: "2Gi", path: "/data" },
    visibility: "members", // opened at wiki.<apps domain> by whoever is signed in
  },
  { provider },
);

export const namespace = wiki.namespace;
