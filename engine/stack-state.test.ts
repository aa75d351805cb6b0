import { expect, it } from "vitest";
import {
  embeddedClusters,
  embeddedClustersBegun,
  protectedResources,
  releaseData,
  retainedResources,
  type StackState,
} from "./stack-state.ts";

const state: StackState = {
  deployment: {
    resources: [
      {
        urn: "urn:pulumi:dev::guildnet::guildnet:index:EmbeddedCluster$guildnet:index:EmbeddedNode::node",
        type: "guildnet:index:EmbeddedNode",
        custom: true,
        inputs: { clusterName: "guildnet-dev-cluster", keepVolumes: true },
        outputs: { clusterName: "guildnet-dev-cluster", keepVolumes: true, kubeconfig: "secret" },
      },
      {
        urn: "urn:pulumi:dev::guildnet::kubernetes:core/v1:PersistentVolumeClaim::you-home",
        type: "kubernetes:core/v1:PersistentVolumeClaim",
        custom: true,
        retainOnDelete: true,
      },
      {
        urn: "urn:pulumi:dev::guildnet::guildnet:index:Workspace::you",
        type: "guildnet:index:Workspace",
        custom: false,
        retainOnDelete: true,
      },
      { urn: "urn:pulumi:dev::guildnet::a:b:C::db", type: "a:b:C", custom: true, protect: true },
    ],
  },
};

it("names clusters, protected and retained resources", () => {
  expect(embeddedClusters(state)).toEqual(["guildnet-dev-cluster"]);
  expect(protectedResources(state)).toEqual(["db"]);
  expect(retainedResources(state)).toEqual(["you-home"]);
  expect(embeddedClusters({ deployment: {} })).toEqual([]);
});

it("names clusters whose creation was cut off, for whoever stops them", () => {
  const begun = { urn: "u::node", type: "guildnet:index:EmbeddedNode", inputs: { clusterName: "begun" } };
  expect(
    embeddedClustersBegun({
      deployment: { ...state.deployment, pending_operations: [{ type: "creating", resource: begun }] },
    }),
  ).toEqual(["guildnet-dev-cluster", "begun"]);
  expect(embeddedClustersBegun({ deployment: {} })).toEqual([]);
});

it("releases all data and changes nothing else", () => {
  const released = releaseData(state);
  expect([protectedResources(released), retainedResources(released)]).toEqual([[], []]);
  expect(released.deployment.resources?.[0]).toMatchObject({
    inputs: { keepVolumes: false },
    outputs: { keepVolumes: false, kubeconfig: "secret" },
  });
  expect(state.deployment.resources?.[0]?.inputs).toMatchObject({ keepVolumes: true });
});
