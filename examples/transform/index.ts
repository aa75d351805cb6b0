import * as k8s from "@pulumi/kubernetes";
import { App, Workspace } from "../../components/index.ts"; // elsewhere: from "guildnet"

const provider = new k8s.Provider("cluster", { clusterIdentifier: "my-cluster", enableServerSideApply: true });

/** On nodes that nobody else's pods may be on: no argument of `Workspace` says so, so that its Deployment is told. */
const ada = new Workspace(
  "ada",
  {
    owner: "ada",
    image: "registry.example.org/workspace:1",
    nodeSelector: { pool: "people" },
    transform: {
      deployment: {
        spec: {
          template: {
            spec: { tolerations: [{ key: "pool", operator: "Equal", value: "people", effect: "NoSchedule" }] },
          },
        },
      },
    },
  },
  { provider },
);

/** A function is given what the child is made of, and its options; here, a Service that no run removes. */
new App(
  "wiki",
  {
    owner: "ada",
    image: "registry.example.org/wiki:1",
    port: 3000,
    transform: {
      namespace: { metadata: { annotations: { "example.org/team": "lab" } } },
      service: (_, opts) => {
        opts.protect = true;
      },
    },
  },
  { provider },
);

export const namespace = ada.namespace;
