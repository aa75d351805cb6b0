import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { record } from "../testing/record.ts";
import { EventBus } from "./event-bus.ts";
import type { EventBusArgs } from "./event-bus.ts";
import { retentionOf } from "./retention.ts";
import { serverSettings } from "./settings.ts";

const MIB = 1024 * 1024;

function registered(args: Partial<EventBusArgs> = {}) {
  const authority = { certificatePem: "CA", privateKeyPem: pulumi.secret("KEY") };
  return record(() => new EventBus("events", { authority, kubeconfig: "kubeconfig", people: ["ada", "bob"], ...args }));
}

test("is told by signed words who is who, none of them secret, and keeps what it acknowledges", () => {
  const trust = { operatorJwt: "O", systemAccount: "S", systemJwt: "SJ", guildAccount: "G", guildJwt: "GJ" };
  expect(serverSettings(trust, 100)).toMatchObject({
    operator: "O",
    system_account: "S",
    resolver: { type: "full", dir: "/data/accounts", allow_delete: true },
    resolver_preload: { S: "SJ", G: "GJ" },
    jetstream: { max_file_store: 100, max_memory_store: 0, sync_interval: "always" },
    tls: { min_version: "1.3" },
  });
});

test("has a stream for each who may read the same, and the sizes of all fit its volume", async () => {
  const streams = (await registered({ storage: "1Gi" })).filter(({ type }) => type === "guildnet:index:EventStream");
  expect(streams.map(({ inputs }) => inputs.name)).toEqual([
    "events-guild",
    "events-admins",
    "events-@ada",
    "events-@bob",
  ]);
  expect(streams.map(({ inputs }) => (inputs.maxBytes as number) / MIB)).toEqual([256, 32, 32, 32]);
  expect(streams.every(({ retainOnDelete }) => retainOnDelete === true)).toBe(true);
  expect(
    (await registered({ keepData: false })).some(
      ({ type, retainOnDelete }) => type === "guildnet:index:EventStream" && retainOnDelete === true,
    ),
  ).toBe(false);
});

test("shares a volume among many people, and refuses to promise more than there is", () => {
  const { size } = retentionOf("1Gi", 200);
  expect(size("guild") + 201 * size("@ada")).toBeLessThan(0.95 * 1024 * MIB);
  expect(retentionOf("1Gi", 2, { size: "512Mi", days: 7 }).days).toBe(7);
  expect(() => retentionOf("1Gi", 2, { size: "900Mi" })).toThrow(
    /retention\.size is 900Mi, and on a volume of 1Gi there is room for 670Mi/,
  );
});
