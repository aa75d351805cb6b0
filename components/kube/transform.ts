import * as pulumi from "@pulumi/pulumi";

/** Fields of a child's arguments, at any depth, that shall be otherwise. A list stands instead of the whole list, and `undefined` removes a field. */
export type Patch<Args> = Args extends
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly unknown[]
  | Promise<unknown>
  | pulumi.OutputInstance<unknown>
  ? Args
  : Args extends object
    ? { readonly [Field in keyof Args]?: Patch<Args[Field]> }
    : Args;

/**
 * A change of one child before it is made, as SST's components have it (https://sst.dev/docs/components/#transform):
 * the fields that differ, or a function that changes arguments and options in place, or gives other arguments back.
 */
export type Transform<Args> =
  | Patch<Args>
  | ((args: Args, opts: pulumi.CustomResourceOptions, name: string) => Args | undefined | void);

/**
 * Changes of a component's children, by their names without the component's own, as `pulumi stack` shows them. For what no
 * argument is there for, a toleration or an annotation, so that nobody has to copy a component for it:
 *
 * ```ts
 * new Workspace("ada", { …, transform: {
 *   deployment: { spec: { template: { spec: { tolerations: [{ key: "people", operator: "Exists" }] } } } },
 *   service: (_, opts) => { opts.protect = true; },
 * } });
 * ```
 *
 * Policies of the stack look at what comes out. Names of objects stay the component's: others refer to them. Resources of
 * this project's own (`guildnet:…`) are made of the component's arguments alone.
 */
export type Transforms<Children> = { readonly [Child in keyof Children]?: Transform<Children[Child]> };

type Props = Record<string, unknown>;

/** A component's options, by which its children become what `transforms` says. Every component gives them to its super. */
export function transformed(
  name: string,
  transforms: Transforms<object> | undefined,
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.ComponentResourceOptions | undefined {
  if (transforms === undefined) return pulumi.mergeOptions(opts, { transformations: [oldFirst] });
  const byChild = transforms as Readonly<Record<string, Transform<Props> | undefined>>;
  const change: pulumi.ResourceTransformation = ({ resource, type, name: full, props, opts: own }) => {
    if (type.startsWith("guildnet:") || resource instanceof pulumi.ComponentResource || !full.startsWith(`${name}-`))
      return undefined;
    const transform = byChild[full.slice(name.length + 1)];
    if (transform === undefined) return undefined;
    if (typeof transform !== "function") return { props: merged(props, transform) as Props, opts: own };
    // Both its own to change: what components pass may be shared.
    const args = { ...(props as Props) },
      options = { ...own };
    return { props: transform(args, options, full) ?? args, opts: options };
  };
  return pulumi.mergeOptions(opts, { transformations: [oldFirst, change] });
}

/**
 * Whoever asks the engine to replace something (`up --replace`, `state taint`) has the new one made before the old one is
 * deleted; of a fixed name both are one, and it would be gone.
 */
const oldFirst: pulumi.ResourceTransformation = ({ resource, type, props, opts }) =>
  resource instanceof pulumi.ComponentResource || !hasFixedName(type)
    ? undefined
    : { props, opts: { ...opts, deleteBeforeReplace: true } };

function hasFixedName(type: string): boolean {
  return (
    type.startsWith("kubernetes:") || ["guildnet:index:EmbeddedNode", "guildnet:index:HeadscaleUser"].includes(type)
  );
}

function merged(base: unknown, patch: unknown): unknown {
  if (!isPlain(patch)) return patch;
  if (pulumi.Output.isInstance<unknown>(base) || base instanceof Promise)
    return pulumi.output(base as pulumi.Input<Props>).apply((known) => merged(known, patch));
  if (!isPlain(base)) return patch;
  return {
    ...base,
    ...Object.fromEntries(Object.entries(patch).map(([field, value]) => [field, merged(base[field], value)])),
  };
}

function isPlain(value: unknown): value is Props {
  return (
    typeof value === "object" &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)
  );
}
