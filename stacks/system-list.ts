import type { z } from "zod";
import type { Broken, Given } from "./check/broken.ts";
import type { Mistake } from "./check/mistakes.ts";
import type { Kubeconfig } from "./survey/kubeconfig.ts";
import type { Wants, Ground, Keeping, Secrets, System, WantedVolume } from "./system.ts";

/** What all systems of a list are together. */
interface Together<
  Keys extends z.ZodRawShape,
  Reads,
  Secret extends string,
  Standing extends Ground,
  Outputs extends object,
> {
  readonly keys: Keys;
  readonly secrets: readonly Secret[];
  readonly rules: (config: Reads, given: Given<Secret>) => Broken[];
  readonly joins: (config: Reads, cluster: Kubeconfig) => Promise<Mistake[]>;
  readonly surroundings: (config: Reads) => Promise<Mistake[]>;
  readonly volumes: (config: Reads) => WantedVolume[];
  readonly keeping: Keeping<Reads>;
  readonly wants: (config: Reads) => Wants;
  readonly layers: (config: Reads, ground: Ground, secrets: Secrets<Secret>) => { ground: Standing; outputs: Outputs };
  readonly notes: (config: Reads, given: Given<Secret>) => string[];
}

/** Systems in order, each on what those before it give: the compiler refuses one that needs what comes only after it. */
export interface SystemList<
  Keys extends z.ZodRawShape,
  Reads,
  Secret extends string,
  Standing extends Ground,
  Outputs extends object,
> extends Together<Keys, Reads, Secret, Standing, Outputs> {
  with<K extends z.ZodRawShape, R, S extends string, G extends object, O extends object>(
    next: System<K, R, S, Standing, G, O>,
  ): SystemList<Keys & K, Reads & R, Secret | S, Standing & G, Outputs & O>;
}

/** A list that has none yet. */
export const noSystems = list<Record<never, never>, unknown, never, Ground, object>({
  keys: {},
  secrets: [],
  rules: () => [],
  joins: () => Promise.resolve([]),
  surroundings: () => Promise.resolve([]),
  volumes: () => [],
  keeping: (config) => ({ config, notes: [] }),
  wants: () => ({ images: {}, publish: [], registries: [], dnsNames: [], ipAddresses: [] }),
  layers: (_, ground) => ({ ground, outputs: {} }),
  notes: () => [],
});

function list<
  Keys extends z.ZodRawShape,
  Reads,
  Secret extends string,
  Standing extends Ground,
  Outputs extends object,
>(before: Together<Keys, Reads, Secret, Standing, Outputs>): SystemList<Keys, Reads, Secret, Standing, Outputs> {
  const withNext = <K extends z.ZodRawShape, R, S extends string, G extends object, O extends object>(
    next: System<K, R, S, Standing, G, O>,
  ) => {
    refuseTwice("key", Object.keys(before.keys), Object.keys(next.keys));
    refuseTwice("secret", before.secrets, next.secrets ?? []);
    return list<Keys & K, Reads & R, Secret | S, Standing & G, Outputs & O>({
      keys: { ...before.keys, ...next.keys },
      secrets: [...before.secrets, ...(next.secrets ?? [])],
      rules: (config, given) => [...before.rules(config, given), ...(next.rules?.(config, given) ?? [])],
      joins: async (config, cluster) => [
        ...(await before.joins(config, cluster)),
        ...((await next.joins?.(config, cluster)) ?? []),
      ],
      surroundings: async (config) => [
        ...(await before.surroundings(config)),
        ...((await next.surroundings?.(config)) ?? []),
      ],
      volumes: (config) => [...before.volumes(config), ...(next.volumes?.(config) ?? [])],
      keeping: (config, found) => {
        const first = before.keeping(config, found),
          then = next.keeping?.(first.config, found);
        return { config: then?.config ?? first.config, notes: [...first.notes, ...(then?.notes ?? [])] };
      },
      wants: (config) => {
        const wants = before.wants(config),
          { images = {}, publish = [], registries = [], dnsNames = [], ipAddresses = [] } = next.wants?.(config) ?? {};
        refuseTwice("image", Object.keys(wants.images), Object.keys(images));
        return {
          images: { ...wants.images, ...images },
          publish: [...wants.publish, ...publish],
          registries: [...wants.registries, ...registries],
          dnsNames: [...wants.dnsNames, ...dnsNames],
          ipAddresses: [...wants.ipAddresses, ...ipAddresses],
        };
      },
      layers: (config, start, secrets) => {
        const { ground, outputs } = before.layers(config, start, secrets),
          made = next.layer(config, ground, secrets);
        refuseTwice("server of tools", Object.keys(ground.mcpServers), Object.keys(made.mcpServers ?? {}));
        const soFar: Pick<Ground, "attachments" | "kept" | "probes" | "figures" | "mcpServers"> = {
          attachments: [...ground.attachments, ...(made.attachments ?? [])],
          kept: [...ground.kept, ...(made.kept ?? [])],
          probes: [...ground.probes, ...(made.probes ?? [])],
          figures: [...ground.figures, ...(made.figures ?? [])],
          mcpServers: { ...ground.mcpServers, ...made.mcpServers },
        };
        return { ground: { ...ground, ...made.gives, ...soFar }, outputs: { ...outputs, ...made.outputs } };
      },
      notes: (config, given) => [...before.notes(config, given), ...(next.notes?.(config, given) ?? [])],
    });
  };
  return { ...before, with: withNext };
}

/** The later would silently stand instead of the earlier. */
function refuseTwice(what: string, before: readonly string[], next: readonly string[]): void {
  const twice = next.find((name) => before.includes(name));
  if (twice !== undefined) throw new Error(`two systems have the ${what} "${twice}"`);
}
