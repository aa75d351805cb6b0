import * as fc from "fast-check";
import { expect, test } from "vitest";
import { registeredBy } from "../../tests/support/guilds.ts";
import { renderedObjects } from "../../tests/support/rendered.ts";
import { refusals } from "../../tests/support/validation.ts";
import { ConfigError } from "./mistakes.ts";
import { parseGuild } from "./parse.ts";
import { guildJsonSchema } from "./shape.ts";

/** Text that somebody's parser stumbles over. */
const hostile = fc.constantFrom(
  "",
  " ",
  "-",
  "--",
  "a--b",
  "a-",
  "-a",
  ".",
  "..",
  "/",
  "//",
  "/a:1",
  "//:1",
  "a\nb",
  "a\0b",
  "\u202e",
  "\ud800",
  "ä",
  "A",
  "0",
  "00",
  "-1",
  "+1",
  "1e3",
  "1e400",
  "0x10",
  "4",
  "4000m",
  "1n",
  "0.1m",
  "1Mi",
  "1.5Gi",
  "9999999Pi",
  "1Ei",
  "127.0.0.1",
  "1.2.3",
  "0.0.0.0/0",
  "10.0.0.0/8",
  "::1",
  "localhost",
  "a.b",
  "a..b",
  "x.0x7f",
  "true",
  "null",
  "~",
  "/proc",
  "/etc",
  "/data/../etc",
  "/data:ro",
  "GUILDNET_OWNER",
  "HOME",
  "LD_PRELOAD",
  "A=B",
  "1A",
  "kubernetes.io/hostname",
  "pod-security.kubernetes.io/enforce",
  "example.org/team",
  "example..org/team",
  "a/b/c",
  "latest",
  "a:latest",
  "registry.example.org:5000/a/b:1.0",
  "a@sha256:0",
  "* * * * *",
  "60 * * * *",
  "https://\0",
  "git@x:y",
  "a".repeat(41),
  "a".repeat(64),
  "a".repeat(300),
);
const anything = fc.oneof(
  hostile,
  fc.string({ unit: "binary" }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(hostile, { maxLength: 2 }),
  fc.dictionary(hostile, hostile, { maxKeys: 2 }),
);

test("whatever stands at whatever key, the config is taken or its mistakes are told", () => {
  const paths = [...new Set([...keysOf(guildJsonSchema)].map((path) => JSON.stringify(path)))].map(
    (path) => JSON.parse(path) as string[],
  );
  expect(paths.length).toBeGreaterThan(100);
  fc.assert(
    fc.property(fc.constantFrom(...paths), anything, fc.boolean(), (path, value, embedded) => {
      try {
        parseGuild(placed(path, value, embedded ? {} : { cluster: { kind: "existing" } }), { kubeconfig: true });
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        for (const { allowed, fix } of error.mistakes) expect(allowed && fix).toMatch(/\S/);
      }
    }),
    { numRuns: 2000 },
  );
}, 300_000);

/** Values that are rather taken than not, some of them at the edge of what is. */
const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/);
const amount = fc
  .tuple(fc.integer({ min: 0, max: 4096 }), fc.constantFrom("", "k", "M", "G", "Ki", "Mi", "Gi", "m"))
  .map(([number, suffix]) => `${number}${suffix}`);
const cores = fc.constantFrom("0", "1m", "10m", "100m", "0.5", "1.0001", "2", 3, "4000m");
const size = fc.record({ cpu: cores, memory: amount }, { requiredKeys: [] });
const labels = fc.dictionary(fc.oneof(label, hostile), fc.oneof(label, hostile), { maxKeys: 2 });
const variables = fc.dictionary(
  fc.oneof(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/), hostile),
  fc.oneof(fc.string({ unit: "binary" }), hostile, fc.integer()),
  { maxKeys: 3 },
);
const ports = fc.array(
  fc.record({ name: fc.stringMatching(/^[a-z0-9-]{1,15}$/), port: fc.integer({ min: 1000, max: 9000 }) }),
  { maxLength: 2 },
);
const image = fc.oneof(
  fc.constant("registry.example.org/a:1"),
  fc.stringMatching(/^[a-z0-9.:/_-]{1,20}:[a-z0-9]{1,3}$/),
);
const common = {
  environment: variables,
  ports,
  labels,
  resources: size,
  internet: fc.boolean(),
  keepData: fc.boolean(),
};
const workspace = fc.record(
  {
    owner: fc.constantFrom("ada", "bob"),
    name: fc.oneof(label, hostile),
    image,
    storage: amount,
    dotfiles: fc.webUrl(),
    nodeSelector: labels,
    ...common,
  },
  { requiredKeys: ["owner"] },
);
const app = fc.record(
  {
    owner: fc.constantFrom("ada", "bob"),
    name: label,
    image,
    port: fc.integer({ min: 1000, max: 9000 }),
    replicas: fc.integer({ min: 0, max: 3 }),
    user: fc.integer({ min: 0, max: 70_000 }),
    storage: fc.record({
      size: amount,
      path: fc.oneof(fc.constant("/data"), fc.stringMatching(/^(\/[A-Za-z0-9_.:-]{1,6}){1,3}$/), hostile),
    }),
    visibility: fc.constantFrom("private", "members", "public"),
    ...common,
  },
  { requiredKeys: ["owner", "name", "image", "port"] },
);
const plenty = { cpu: "10000", memory: "1Pi", storage: "1Pi", workspaces: 10 };
const config = fc.record(
  {
    quota: fc.constant(plenty),
    name: fc.oneof(fc.string({ unit: "binary" }), hostile),
    workspaces: fc.array(workspace, { maxLength: 1 }),
    apps: fc.array(app, { maxLength: 1 }),
    batch: fc.record(
      { cpu: cores, memory: amount, storage: amount, pods: fc.integer({ min: 0, max: 5 }) },
      { requiredKeys: [] },
    ),
    backup: fc.record(
      { schedule: fc.constantFrom("0 1 * * *", "0-59/5 0 1 1 6", "60 * * * *", "* * * * 7", "*/0 * * * *") },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ["quota"] },
);

test("the API server has nothing to refuse in what is made of a config that is taken", async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...isTaken(2000)), async (raw) => {
      taken++;
      expect(renderedObjects(await registeredBy(raw)).flatMap(refusals)).toEqual([]);
    }),
    { numRuns: 15 },
  );
  expect(taken).toBe(15);
}, 300_000);

/** Of so many configs, those that are taken and ask for something. */
function isTaken(count: number): object[] {
  return fc.sample(config, count).filter((raw) => {
    try {
      const { workspaces, apps, batch } = parseGuild(raw, { kubeconfig: false });
      return workspaces.length + apps.length > 0 || batch !== undefined;
    } catch (error) {
      if (error instanceof ConfigError) return false;
      throw error;
    }
  });
}

/** Every key of the schema; a list has one entry, and a record an entry "ada". */
function* keysOf(node: unknown, path: string[] = []): Generator<string[]> {
  if (typeof node !== "object" || node === null) return;
  const { properties = {}, items, additionalProperties, anyOf, oneOf } = node as Record<string, object | undefined>;
  if (path.length > 0) yield path;
  for (const [name, inner] of Object.entries(properties)) yield* keysOf(inner, [...path, name]);
  if (items !== undefined) yield* keysOf(items, [...path, "[0]"]);
  if (additionalProperties !== undefined) yield* keysOf(additionalProperties, [...path, "ada"]);
  for (const inner of [anyOf, oneOf].flat()) yield* keysOf(inner, path);
}

/** A config in which a value stands at a path, with what the keys on the way can't do without. */
function placed(path: readonly string[], value: unknown, config: object): object {
  const [first = "", ...rest] = path;
  if (first === "[0]") return [rest.length === 0 ? value : placed(rest, value, { owner: "ada" })];
  const inner = (config as Record<string, object | undefined>)[first] ?? {};
  return { ...config, [first]: rest.length === 0 ? value : placed(rest, value, inner) };
}
