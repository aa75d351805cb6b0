import * as k8s from "@pulumi/kubernetes";
import { Workspace } from "../../components/index.ts"; // elsewhere: from "guildnet"

// The cluster that kubectl speaks to. Its name stays, so that new credentials replace nothing.
const provider = new k8s.Provider("cluster", { clusterIdentifier: "my-cluster", enableServerSideApply: true });

const ada = new Workspace(
  "ada",
  {
    owner: "ada",
    image: "registry.example.org/workspace:1", // built from images/workspace
    preset: "small",
    ports: [{ name: "web", port: 3000 }],
  },
  { provider },
);

export const namespace = ada.namespace;
