import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { Workspace } from "../index.ts";
import type { WorkspaceArgs } from "../index.ts";
import { record, showsInPlain } from "../testing/record.ts";

async function workspace(transform: WorkspaceArgs["transform"], opts: pulumi.ComponentResourceOptions = {}) {
  const all = await record(
    () => new Workspace("ada", { owner: "ada", image: "example.org/workspace:1", transform }, opts),
  );
  return (name: string) => all.find((resource) => resource.name === `ada-${name}`) ?? expect.fail(`no ada-${name}`);
}

interface Pod {
  nodeSelector?: object;
  tolerations?: object[];
  containers: { name: string; image: string }[];
}
const podOf = ({ inputs }: { inputs: Record<string, unknown> }) =>
  (inputs as { spec: { template: { spec: Pod } } }).spec.template.spec;

test("fields that differ, at any depth, leave the rest as it is", async () => {
  const tolerations = [{ key: "people", operator: "Exists" }];
  const plain = await workspace(undefined),
    changed = await workspace({
      deployment: {
        metadata: { annotations: { "example.org/team": "lab" } },
        spec: { template: { spec: { tolerations } } },
      },
    });
  expect(podOf(changed("deployment"))).toEqual({ ...podOf(plain("deployment")), tolerations });
  expect(changed("deployment").inputs["metadata"]).toMatchObject({
    name: "workspace",
    annotations: { "example.org/team": "lab", "pulumi.com/patchForce": "true" },
  });
  expect(changed("service")).toEqual(plain("service"));
  expect(changed("deployment").urn).toBe(plain("deployment").urn);
});

test("a list stands instead of the whole list, and undefined removes a field", async () => {
  const named = await workspace({ "network-to-internet": { spec: { egress: [] } }, limits: { spec: undefined } });
  expect(named("network-to-internet").inputs["spec"]).toMatchObject({ policyTypes: ["Egress"], egress: [] });
  expect(named("limits").inputs["spec"]).toBeUndefined();
});

test("a function changes arguments and options, or gives other arguments back, and is told the name", async () => {
  const named = await workspace({
    service: (args, opts, name) => {
      args.metadata = { name: "workspace", labels: { of: name } };
      opts.retainOnDelete = true;
    },
    account: (args) => ({ ...args, automountServiceAccountToken: true }),
  });
  expect(named("service").inputs["metadata"]).toEqual({ name: "workspace", labels: { of: "ada-service" } });
  expect(named("service").retainOnDelete).toBe(true);
  expect(named("account").inputs["automountServiceAccountToken"]).toBe(true);
});

test("what is known later is changed once it is known, and a secret stays one", async () => {
  const named = await workspace({ "ide-access": { stringData: { more: "MORE" } } });
  const { inputs } = named("ide-access");
  expect(JSON.stringify(inputs["stringData"])).toContain("session");
  expect(JSON.stringify(inputs["stringData"])).toContain("MORE");
  expect(showsInPlain(inputs, "MORE")).toBe(false);
});

test("resources of this project are made of the component's arguments alone, and so are a workspace's of others", async () => {
  const change = (args: object) => ({ ...args, value: "changed" });
  const plain = await workspace(undefined),
    changed = await workspace({ "ide-token": change, "da-service": change } as WorkspaceArgs["transform"]);
  expect(changed("ide-token").inputs).toEqual(plain("ide-token").inputs);
  expect(changed("service").inputs).toEqual(plain("service").inputs);
});

test("comes beside the transformations that a stack has", async () => {
  const labelled: pulumi.ResourceTransformation = ({ type, props, opts }) =>
    type === "kubernetes:core/v1:Service"
      ? { props: { ...(props as k8s.core.v1.ServiceArgs), immutable: true }, opts }
      : undefined;
  const named = await workspace(
    { service: { spec: { sessionAffinity: "ClientIP" } } },
    { transformations: [labelled] },
  );
  expect(named("service").inputs).toMatchObject({ immutable: true, spec: { sessionAffinity: "ClientIP" } });
});

test("a child that there is not, and a field, are refused by their types", async () => {
  // @ts-expect-error it is the deployment
  const child = await workspace({ deploymant: { metadata: {} } });
  // @ts-expect-error it is the template
  const field = await workspace({ deployment: { spec: { templat: {} } } });
  expect([child("deployment").urn, field("deployment").inputs["spec"]]).toMatchObject([
    child("deployment").urn,
    { templat: {} },
  ]);
});
