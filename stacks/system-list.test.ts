import { describe, expect, test } from "vitest";
import { z } from "zod";
import { NOTHING } from "./survey/found.ts";
import { noSystems } from "./system-list.ts";
import { system } from "./system.ts";
import type { Wants, KeptVolume, Layer } from "./system.ts";

const wants: Wants = { images: {}, publish: [], registries: [], dnsNames: [], ipAddresses: [] };
const ground = {
  kubeconfig: undefined,
  found: NOTHING,
  wants,
  attachments: [],
  kept: [],
  probes: [],
  figures: [],
  mcpServers: {},
};
const volume = (name: string): KeptVolume => ({
  name,
  namespace: name,
  deployment: name,
  volume: { namespace: name, claim: "data", user: 1000, workload: name },
});

const well = system({
  keys: { depth: z.int() },
  secrets: ["lid"],
  rules: ({ depth }: { depth: number }, { lid = false }) =>
    depth > 9 && !lid ? [{ paths: [["depth"]], allowed: "a lid", fix: "add it" }] : [],
  wants: () => ({ images: { well: { reference: "example.org/well:1" } } }),
  layer: ({ depth }: { depth: number }): Layer<{ water: number }, { depth: number }> => ({
    gives: { water: depth * 2 },
    outputs: { depth },
    kept: [volume("well")],
  }),
  notes: () => ["There is a well."],
});
const mill = system({
  keys: { wheels: z.int() },
  wants: () => ({ images: { mill: { reference: "example.org/mill:1" } } }),
  layer: (
    { wheels }: { wheels: number },
    { water, kept }: { water: number; kept: readonly KeptVolume[] },
  ): Layer<object, { flour: number; seen: string[] }> => ({
    gives: {},
    outputs: { flour: water * wheels, seen: kept.map(({ name }) => name) },
  }),
  notes: () => ["There is a mill."],
});

describe("systems in a list", () => {
  const both = noSystems.with(well).with(mill),
    config = { depth: 3, wheels: 2 };

  test("stand each on those before it, and end with what all of them tell", () => {
    expect(both.layers(config, ground, {}).outputs).toEqual({ depth: 3, flour: 12, seen: ["well"] });
    expect(both.notes(config, {})).toEqual(["There is a well.", "There is a mill."]);
    expect(Object.keys(both.wants(config).images)).toEqual(["well", "mill"]);
    expect(both.secrets).toEqual(["lid"]);
  });

  test("are told of what is beside the config", () => {
    expect(both.rules({ ...config, depth: 10 }, {})).toMatchObject([{ fix: "add it" }]);
    expect(both.rules({ ...config, depth: 10 }, { lid: true })).toEqual([]);
  });

  test("are refused by the compiler where they come too early, and by the list where one has what another has", () => {
    // @ts-expect-error -- without a well there is no water
    noSystems.with(mill);
    expect(() => both.with(system({ ...mill, keys: { depth: z.int() } }))).toThrow('two systems have the key "depth"');
    expect(() => both.with(system({ ...mill, keys: {}, secrets: ["lid"] }))).toThrow(
      'two systems have the secret "lid"',
    );
    expect(() => both.with(system({ ...mill, keys: {} })).wants(config)).toThrow('two systems have the image "mill"');
  });
});
