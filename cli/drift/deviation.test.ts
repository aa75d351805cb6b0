import { describe, expect, it } from "vitest";
import { declaredObjects } from "./declared-objects.ts";
import { deviationOf } from "./deviation.ts";

const uid = "1";
const policySpec = {
  podSelector: {},
  policyTypes: ["Ingress"],
  ingress: [{ from: [{ podSelector: { matchLabels: { app: "portal" } } }] }],
};
const podSpec = {
  replicas: 1,
  template: { spec: { containers: [{ name: "ide", image: "a:1", resources: { limits: { cpu: "1000m" } } }] } },
};
const recordedPodSpec = {
  replicas: 1,
  revisionHistoryLimit: 10,
  template: {
    spec: {
      dnsPolicy: "ClusterFirst",
      containers: [{ name: "ide", image: "a:1", imagePullPolicy: "Always", resources: { limits: { cpu: "1" } } }],
    },
  },
};

/** An object as the state of a stack has it, whose outputs are `recorded`. */
function declared(kind: string, wanted: object, recorded: object = wanted, ignoreChanges?: string[]) {
  const metadata = { name: "it", namespace: "ws-ada", labels: { enforce: "restricted" } };
  const provider = { urn: "p", type: "pulumi:providers:kubernetes", id: "1", inputs: { kubeconfig: "k" } };
  const object = {
    urn: "u",
    type: `kubernetes:x/v1:${kind}`,
    id: "ws-ada/it",
    provider: "p::1",
    ignoreChanges,
    inputs: { apiVersion: "x/v1", kind, metadata, ...wanted },
    outputs: { apiVersion: "x/v1", kind, metadata: { ...metadata, uid, resourceVersion: "7" }, ...recorded },
  };
  return declaredObjects({ deployment: { resources: [provider, object] } })[0]!.objects[0]!;
}
const live = (content: object, metadata: object = {}) => ({
  metadata: {
    name: "it",
    namespace: "ws-ada",
    uid,
    resourceVersion: "9",
    labels: { enforce: "restricted", added: "by somebody" },
    ...metadata,
  },
  ...content,
});
const policy = declared("NetworkPolicy", { spec: policySpec });
const deployment = declared("Deployment", { spec: podSpec }, { spec: recordedPodSpec });

describe("an object of the stack", () => {
  it("is as it was left where all is there that the program said, in whatever form, and what others added besides", () => {
    const sidecar = { name: "sidecar", image: "b:1" };
    const found = {
      ...recordedPodSpec,
      template: {
        spec: { ...recordedPodSpec.template.spec, containers: [sidecar, ...recordedPodSpec.template.spec.containers] },
      },
    };
    expect(deviationOf(deployment, live({ spec: found, status: { replicas: 1 } }))).toBeUndefined();
  });

  it.each<[string, typeof policy, ReturnType<typeof live> | undefined, string]>([
    ["is not there", policy, undefined, "gone"],
    [
      "is on its way out",
      policy,
      live({ spec: policySpec }, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      "being deleted",
    ],
    ["is another one of that name", policy, live({ spec: policySpec }, { uid: "2" }), "made anew by somebody else"],
    ["lost a label", policy, live({ spec: policySpec }, { labels: {} }), "differs in metadata.labels.enforce"],
    [
      "has another image",
      deployment,
      live({
        spec: {
          ...recordedPodSpec,
          template: { spec: { containers: [{ ...recordedPodSpec.template.spec.containers[0], image: "evil:1" }] } },
        },
      }),
      "differs in spec.template.spec.containers.ide.image",
    ],
    [
      "lost a container",
      deployment,
      live({ spec: { ...recordedPodSpec, template: { spec: { containers: [] } } } }),
      "differs in spec.template.spec.containers",
    ],
    [
      "selects fewer pods than all",
      policy,
      live({ spec: { ...policySpec, podSelector: { matchLabels: { none: "such" } } } }),
      "differs in spec.podSelector",
    ],
    [
      "has a rule more",
      policy,
      live({ spec: { ...policySpec, ingress: [...policySpec.ingress, {}] } }),
      "differs in spec.ingress",
    ],
    ["has another rule", policy, live({ spec: { ...policySpec, ingress: [{ from: [] }] } }), "differs in spec.ingress"],
    [
      "differs in much",
      declared("ConfigMap", { data: { a: "1", b: "2", c: "3", d: "4", e: "5" } }),
      live({ data: {} }),
      "differs in data.a, data.b, data.c, 2 more",
    ],
  ])("says that it %s", (_what, object, found, how) => {
    const kind = object.object.kind;
    expect(deviationOf(object, found)).toEqual({ urn: "u", what: `${kind} ws-ada/it`, how });
  });

  it("leaves to others what the program leaves to them", () => {
    const stopped = live({ spec: { ...recordedPodSpec, replicas: 0 } });
    expect(deviationOf(deployment, stopped)?.how).toBe("differs in spec.replicas");
    expect(
      deviationOf(declared("Deployment", { spec: podSpec }, { spec: recordedPodSpec }, ["spec.replicas"]), stopped),
    ).toBeUndefined();
    expect(
      deviationOf(declared("ConfigMap", { data: { a: "1" } }, undefined, ["data"]), live({ data: { a: "2" } })),
    ).toBeUndefined();
  });

  it("is held to a Secret's text by what the API server keeps of it", () => {
    const secret = declared(
      "Secret",
      { stringData: { key: "text" } },
      { stringData: { key: "text" }, data: { key: "dGV4dA==" } },
    );
    expect(deviationOf(secret, live({ data: { key: "dGV4dA==" } }))).toBeUndefined();
    expect(deviationOf(secret, live({ data: { key: "b3RoZXI=" } }))?.how).toBe("differs in data.key");
  });
});

describe("a state's objects", () => {
  it("are told by provider, and are neither those that were replaced nor what is no object", () => {
    const provider = (urn: string, context?: string) => ({
      urn,
      type: "pulumi:providers:kubernetes",
      id: "1",
      inputs: { kubeconfig: urn, context },
    });
    const object = (urn: string, of: string, more: object = {}) => ({
      urn,
      type: "kubernetes:core/v1:Namespace",
      provider: `${of}::1`,
      inputs: { metadata: { labels: { a: "b" } } },
      outputs: { apiVersion: "v1", kind: "Namespace", metadata: { name: urn } },
      ...more,
    });
    const clusters = declaredObjects({
      deployment: {
        resources: [
          provider("p", "c"),
          provider("q"),
          provider("unused"),
          object("one", "p"),
          object("two", "q"),
          object("old", "p", { delete: true }),
          object("chart", "p", { outputs: { name: "x" } }),
        ],
      },
    });
    expect(
      clusters.map(({ kubeconfig, context, objects }) => [
        kubeconfig,
        context,
        objects.map(({ object: { name, labels } }) => [name, labels]),
      ]),
    ).toEqual([
      ["p", "c", [["one", { a: "b" }]]],
      ["q", undefined, [["two", { a: "b" }]]],
    ]);
  });
});
