import { describe, expect, test } from "vitest";
import { stackViolations, unknown } from "../testing/check.ts";
import { dataIsKept } from "./data-is-kept.ts";
import { isLoopback, publishedOnLoopback } from "./published-on-loopback.ts";
import { quotaForEveryOwner } from "./quota-for-every-owner.ts";

const namespace = (name: string, labels: object) => ({
  type: "kubernetes:core/v1:Namespace",
  props: { metadata: { name, labels } },
});

describe("data-is-kept", () => {
  const claim = (label?: string, storageClassName?: string, protect?: boolean) => ({
    type: "kubernetes:core/v1:PersistentVolumeClaim",
    protect,
    props: {
      metadata: { name: "home", namespace: "ws", labels: label === undefined ? {} : { "guildnet.io/data": label } },
      spec: { storageClassName },
    },
  });
  const kept = namespace("ws", { "guildnet.io/data": "kept" });
  const storageClass = (name: string, reclaimPolicy: string, isDefault = false) => ({
    type: "kubernetes:storage.k8s.io/v1:StorageClass",
    props: {
      metadata: { name, annotations: { "storageclass.kubernetes.io/is-default-class": String(isDefault) } },
      reclaimPolicy,
    },
  });

  test("passes what is kept all the way, what is protected, and what is disposable", () => {
    expect(stackViolations(dataIsKept, [claim("kept"), kept])).toEqual([]);
    expect(
      stackViolations(dataIsKept, [
        claim("kept", "slow"),
        kept,
        storageClass("slow", "Retain"),
        storageClass("fast", "Delete", true),
      ]),
    ).toEqual([]);
    expect(stackViolations(dataIsKept, [claim(undefined, undefined, true)])).toEqual([]);
    expect(stackViolations(dataIsKept, [claim("disposable"), storageClass("fast", "Delete", true)])).toEqual([]);
  });

  test("checks what a first preview knows: a label, but no namespace", () => {
    const { type, props } = claim("maybe");
    const unplaced = {
      type,
      props: { ...props, metadata: { ...props.metadata, namespace: unknown }, spec: { storageClassName: unknown } },
    };
    expect(stackViolations(dataIsKept, [unplaced, kept]).join()).toContain("doesn't say");
    unplaced.props.metadata.labels = { "guildnet.io/data": "kept" };
    expect(stackViolations(dataIsKept, [unplaced, kept])).toEqual([]);
  });

  test("refuses a claim that says nothing", () => {
    expect(stackViolations(dataIsKept, [claim(), kept]).join()).toContain("doesn't say");
    expect(stackViolations(dataIsKept, [claim("maybe"), kept])).toHaveLength(1);
  });

  test("refuses a kept claim in a namespace that isn't", () => {
    expect(stackViolations(dataIsKept, [claim("kept"), namespace("ws", {})]).join()).toContain('namespace "ws"');
  });

  test("refuses a kept claim of a class that deletes, by name or by default", () => {
    expect(stackViolations(dataIsKept, [claim("kept", "fast"), kept, storageClass("fast", "Delete")]).join()).toContain(
      "reclaimPolicy",
    );
    expect(stackViolations(dataIsKept, [claim("kept"), kept, storageClass("fast", "Delete", true)])).toHaveLength(1);
  });
});

describe("quota-for-every-owner", () => {
  const owned = namespace("ws-ada", { "guildnet.io/owner": "ada" });
  const quota = (hard: object, where = "ws-ada") => ({
    type: "kubernetes:core/v1:ResourceQuota",
    props: { metadata: { namespace: where }, spec: { hard } },
  });
  const full = { "limits.cpu": "1", "limits.memory": "1Gi", "requests.storage": "1Gi" };

  test("passes one with a quota on all three, and one of nobody", () => {
    expect(stackViolations(quotaForEveryOwner, [owned, quota(full)])).toEqual([]);
    expect(stackViolations(quotaForEveryOwner, [namespace("kube-system", {})])).toEqual([]);
  });

  test("refuses one without, with half of one, or with somebody else's", () => {
    expect(stackViolations(quotaForEveryOwner, [owned]).join()).toContain(
      "limits.cpu, limits.memory, requests.storage",
    );
    expect(stackViolations(quotaForEveryOwner, [owned, quota({ "limits.cpu": "1" })]).join()).toContain(
      "limits.memory, requests.storage",
    );
    expect(stackViolations(quotaForEveryOwner, [owned, quota(full, "ws-bob")])).toHaveLength(1);
  });

  test("takes a quota whose namespace a preview can't know for its own", () => {
    expect(stackViolations(quotaForEveryOwner, [owned, quota(full, unknown)])).toEqual([]);
  });
});

describe("published-on-loopback", () => {
  const node = (hostAddress?: string) => ({
    type: "guildnet:index:EmbeddedNode",
    props: { publish: [{ hostAddress, hostPort: 8090, nodePort: 30090 }] },
  });
  const service = (address: string, nodePort = 30090) => ({
    type: "kubernetes:core/v1:Service",
    props: { metadata: { annotations: { "guildnet.io/exposed-address": address } }, spec: { ports: [{ nodePort }] } },
  });

  test("passes loopback, and an address that its Service asks for", () => {
    expect(stackViolations(publishedOnLoopback, [node(), node("127.0.0.1")])).toEqual([]);
    expect(stackViolations(publishedOnLoopback, [node("192.0.2.1"), service("192.0.2.1")])).toEqual([]);
  });

  test("refuses an address that no Service asks for, or another Service does, or another address is asked for", () => {
    expect(stackViolations(publishedOnLoopback, [node("0.0.0.0")]).join()).toContain(
      "Port 8090 is published at 0.0.0.0",
    );
    expect(stackViolations(publishedOnLoopback, [node("192.0.2.1"), service("192.0.2.1", 30091)])).toHaveLength(1);
    expect(stackViolations(publishedOnLoopback, [node("0.0.0.0"), service("192.0.2.1")])).toHaveLength(1);
  });

  test.each([
    ["127.0.0.1", true],
    ["127.1.2.3", true],
    ["::1", true],
    ["0.0.0.0", false],
    ["127.0.0.1.example.org", false],
    ["1270.0.0.1", false],
  ])("%s: %s", (address, loopback) => {
    expect(isLoopback(address)).toBe(loopback);
  });
});

test("what a rule wasn't shown one by one it takes as the engine tells it in the end", () => {
  const found: string[] = [];
  const resource = {
    type: "guildnet:index:EmbeddedNode",
    props: { publish: [{ hostAddress: "0.0.0.0", hostPort: 1 }] },
    urn: "urn",
    name: "it",
  };
  const args = { resources: [resource] } as unknown as Parameters<typeof publishedOnLoopback.validateStack>[0];
  void publishedOnLoopback.validateStack(args, (message) => void found.push(message));
  expect(found).toHaveLength(1);
});
