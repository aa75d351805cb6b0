import { describe, expect, test } from "vitest";
import { unknown, violations } from "../testing/check.ts";
import { noSecretInEnvironment } from "./no-secret-in-environment.ts";
import { pinnedImages } from "./pinned-images.ts";
import { restrictedNamespaces } from "./restricted-namespaces.ts";
import { restrictedPods } from "./restricted-pods.ts";
import { servicesSayWhyExposed } from "./services-say-why-exposed.ts";

const container = {
  name: "main",
  image: "example.org/main:1",
  securityContext: {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  },
};

function deployment(pod: object, namespace = "somewhere") {
  return {
    type: "kubernetes:apps/v1:Deployment",
    props: { metadata: { namespace }, spec: { template: { spec: pod } } },
  };
}

describe("restricted-pods", () => {
  test("passes a restricted pod, whether its settings are the pod's or the container's", () => {
    expect(violations(restrictedPods, deployment({ containers: [container] }))).toEqual([]);
    const { runAsNonRoot, seccompProfile, ...own } = container.securityContext;
    expect(
      violations(
        restrictedPods,
        deployment({
          securityContext: { runAsNonRoot, seccompProfile },
          containers: [{ ...container, securityContext: own }],
          volumes: [{ name: "a", emptyDir: {} }],
        }),
      ),
    ).toEqual([]);
  });

  test("refuses no pod whose namespace can't be known yet, as it may be on the list, and holds one without any to it", () => {
    const pod = { hostNetwork: true, containers: [container] };
    expect(violations(restrictedPods, deployment(pod, unknown))).toEqual([]);
    expect(violations(restrictedPods, deployment(pod, "guildnet-load-balancer"))).toEqual([]);
    const { props, type } = deployment(pod);
    expect(violations(restrictedPods, { type, props: { ...props, metadata: {} } })).toHaveLength(1);
  });

  const context = (change: object) => ({
    containers: [{ ...container, securityContext: { ...container.securityContext, ...change } }],
  });
  test.each<[string, object, RegExp]>([
    ["host network", { hostNetwork: true, containers: [container] }, /hostNetwork/],
    ["host processes", { hostPID: true, containers: [container] }, /hostPID/],
    [
      "a host path",
      { containers: [container], volumes: [{ name: "etc", hostPath: { path: "/etc" } }] },
      /"etc" is a hostPath/,
    ],
    ["a host port", { containers: [{ ...container, ports: [{ hostPort: 80 }] }] }, /host port 80/],
    [
      "a sysctl",
      { securityContext: { sysctls: [{ name: "kernel.msgmax" }] }, containers: [container] },
      /kernel\.msgmax/,
    ],
    ["privileged", context({ privileged: true }), /privileged/],
    ["escalation", context({ allowPrivilegeEscalation: undefined }), /allowPrivilegeEscalation/],
    ["root", context({ runAsNonRoot: undefined }), /runAsNonRoot/],
    ["user 0", context({ runAsUser: 0 }), /user 0/],
    ["a capability kept", context({ capabilities: {} }), /drop ALL/],
    ["a capability added", context({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } }), /adds NET_ADMIN/],
    ["no seccomp", context({ seccompProfile: undefined }), /seccompProfile/],
    ["an unmasked /proc", context({ procMount: "Unmasked" }), /procMount/],
    ["an init container", { containers: [container], initContainers: [{ name: "first" }] }, /"first"/],
  ])("refuses %s", (_, pod, message) => {
    expect(violations(restrictedPods, deployment(pod)).join("\n")).toMatch(message);
  });

  test.each([
    ["kubernetes:core/v1:Pod", { spec: { hostNetwork: true } }],
    ["kubernetes:batch/v1:CronJob", { spec: { jobTemplate: { spec: { template: { spec: { hostNetwork: true } } } } } }],
    ["kubernetes:apps/v1:DaemonSet", { spec: { template: { spec: { hostNetwork: true } } } }],
  ])("looks into a %s", (type, props) => {
    expect(violations(restrictedPods, { type, props })).not.toEqual([]);
  });

  test("leaves listed namespaces, and what is no pod, alone", () => {
    expect(
      violations(restrictedPods, deployment({ hostNetwork: true, containers: [container] }, "local-path-storage")),
    ).toEqual([]);
    expect(violations(restrictedPods, { type: "kubernetes:core/v1:ConfigMap", props: {} })).toEqual([]);
  });
});

describe("restricted-namespaces", () => {
  const namespace = (name: string, level?: string, type = "Namespace") => ({
    type: `kubernetes:core/v1:${type}`,
    props: { metadata: { name, labels: level === undefined ? {} : { "pod-security.kubernetes.io/enforce": level } } },
  });

  test("passes a restricted one and a listed one", () => {
    expect(violations(restrictedNamespaces, namespace("ws-ada", "restricted"))).toEqual([]);
    expect(violations(restrictedNamespaces, namespace("local-path-storage", "privileged"))).toEqual([]);
  });

  test.each([undefined, "baseline", "privileged"])("refuses %s", (level) => {
    expect(violations(restrictedNamespaces, namespace("ws-ada", level)).join()).toContain(
      `enforces ${level ?? "none"}`,
    );
    expect(violations(restrictedNamespaces, namespace("kube-system", level, "NamespacePatch"))).toHaveLength(1);
  });
});

describe("pinned-images", () => {
  test.each(["main:1", "localhost:5000/main:1.2", `main@sha256:${"a".repeat(64)}`])("passes %s", (image) => {
    expect(violations(pinnedImages, deployment({ containers: [{ image }] }))).toEqual([]);
    expect(violations(pinnedImages, { type: "guildnet:index:NodeImage", props: { reference: image } })).toEqual([]);
  });

  test.each(["main", "main:latest", "localhost:5000/main"])("refuses %s", (image) => {
    expect(violations(pinnedImages, deployment({ initContainers: [{ image }] })).join()).toContain(`"${image}"`);
    expect(violations(pinnedImages, { type: "guildnet:index:NodeImage", props: { reference: image } })).toHaveLength(1);
  });

  test("waits with what a preview can't know, and checks the rest", () => {
    expect(violations(pinnedImages, deployment({ containers: [{ image: unknown }, { image: "main" }] }))).toHaveLength(
      1,
    );
  });
});

describe("no-secret-in-environment", () => {
  const env = (name: string, value?: string) =>
    deployment({
      containers: [{ name: "main", env: [{ name, value, valueFrom: value === undefined ? {} : undefined }] }],
    });

  test.each([
    ["EDITOR", "vim"],
    ["TOKEN_LIFETIME", "15m"],
    ["KEYBOARD", "us"],
    ["REPOSITORY", "https://example.org/a/b"],
    ["API_TOKEN", undefined],
    ["API_TOKEN", ""],
    ["TS_AUTHKEY", "file:/etc/mesh/auth-key"],
  ])("passes %s=%s", (name, value) => {
    expect(violations(noSecretInEnvironment, env(name, value))).toEqual([]);
  });

  test.each([
    ["DATABASE_PASSWORD", "x"],
    ["OPENAI_API_KEY", "x"],
    ["github_token", "x"],
    ["A", "-----BEGIN PRIVATE KEY-----"],
    ["A", `ghp_${"x".repeat(36)}`],
    ["A", `AKIA${"A".repeat(16)}`],
    ["A", `sk-${"x".repeat(40)}`],
    ["A", `tskey-auth-${"x".repeat(20)}`],
    ["A", `eyJ${"x".repeat(20)}.${"y".repeat(20)}.z`],
    ["A", "postgres://ada:hunter2@db/x"],
    ["TS_AUTHKEY", "file:not/a/path"],
    ["A", "file://ada:hunter2@db/x"],
  ])("refuses %s=%s without repeating it", (name, value) => {
    const found = violations(noSecretInEnvironment, env(name, value));
    expect(found).toHaveLength(1);
    if (value.length > 3) expect(found.join()).not.toContain(value);
  });
});

describe("services-say-why-exposed", () => {
  const service = (spec: object, annotations?: object) => ({
    type: "kubernetes:core/v1:Service",
    props: { metadata: { name: "door", annotations }, spec },
  });

  test("passes a ClusterIP, and what says why", () => {
    expect(violations(servicesSayWhyExposed, service({}))).toEqual([]);
    expect(
      violations(servicesSayWhyExposed, service({ type: "NodePort" }, { "guildnet.io/exposed": "loopback alone" })),
    ).toEqual([]);
  });

  test.each([{ type: "NodePort" }, { type: "LoadBalancer" }, { externalIPs: ["192.0.2.1"] }])("refuses %j", (spec) => {
    expect(violations(servicesSayWhyExposed, service(spec)).join()).toContain('"door"');
    expect(violations(servicesSayWhyExposed, service(spec, { "guildnet.io/exposed": " " }))).toHaveLength(1);
  });
});
