import type { z } from "zod";
import type { Progress } from "../node/toolchain.ts";
import { equal, type Plain } from "../wire.ts";

export type Properties = { [key: string]: Plain };

/** What exists: its identity in the state, and its outputs without the inputs. */
export interface Existing {
  readonly id: string;
  readonly outputs: Properties;
  /** Outputs to encrypt. */
  readonly secrets?: readonly string[];
}

/** An input that can't be what is wanted. */
export interface Refusal {
  readonly property: string;
  readonly reason: string;
}

/** Thrown by `create` when it failed with its `cause`, but left something that `delete` can remove. */
export class PartlyCreated extends Error {
  readonly id: string;

  constructor(id: string, cause: unknown) {
    super("created in part", { cause });
    this.id = id;
  }
}

/** Where a thing is that this program can't reach from here, and what to do then. */
export interface Elsewhere {
  readonly where: string;
  readonly wayOut: string;
}

/** How one kind of resource is made, kept and removed. Inputs arrive checked and plain. */
export interface Definition<Inputs> {
  /** What the inputs must be; also fills in defaults, and drops outputs that stand beside them in the state. */
  readonly schema: z.ZodType<Inputs>;
  /** Inputs that cannot change in place. */
  readonly replaceOn: readonly (keyof Inputs & string)[];
  /** Whether the old must be gone before the new can be made. */
  readonly deleteFirst?: boolean;
  /** Inputs that this provider chooses itself, once: they stay as they are in `old`, so that a preview knows them. */
  choose?(old: Properties): Properties;
  /** Inputs that can't become what is wanted, and why: told before anything is applied. */
  refuse?(old: Properties, wanted: Properties): readonly Refusal[];
  /** Says so of a thing on another machine: a preview believes the state of it then, and everything else is refused. */
  elsewhere?(state: Properties): Elsewhere | undefined;
  create(inputs: Inputs, progress: Progress): Promise<Existing>;
  /** Without it every change replaces. */
  update?(inputs: Inputs, progress: Progress, old: Properties): Promise<Existing>;
  /** Whether two unequal values of an input mean the same, so that there is nothing to change. */
  same?(input: string, old: Plain, wanted: Plain): boolean;
  /**
   * Why the thing needs an update although no input changed.
   *
   * @throws Unreachable where nobody answers; the state is believed then.
   */
  drift?(inputs: Inputs, state: Properties): Promise<string | undefined>;
  /** Outputs that drift makes anew by a replacement; the old is deleted last, when nothing stands on it any more. Without it drift is an update. */
  readonly replaceOnDrift?: readonly string[];
  /** False once it is gone. Without it the state is believed. */
  exists?(inputs: Inputs): Promise<boolean>;
  delete?(inputs: Inputs, progress: Progress, state: Properties): Promise<void>;
}

/** A definition whose methods take what the engine sends, without the wrappers of secrets, and check it themselves. */
export interface ResourceKind {
  readonly deleteFirst: boolean;
  choose(old: Properties): Properties;
  elsewhere(state: Properties): Elsewhere | undefined;
  refuse(old: Properties, wanted: Properties): readonly Refusal[];
  check(properties: Properties): readonly z.core.$ZodIssue[];
  /** Which properties of a state are inputs; none when the state is not of this kind. */
  inputNames(state: Properties): readonly string[];
  readonly replaceOn: readonly string[];
  readonly replaceOnDrift: readonly string[];
  replaces(input: string): boolean;
  same(input: string, old: Plain, wanted: Plain): boolean;
  create(inputs: Properties, progress: Progress): Promise<Existing>;
  update(inputs: Properties, progress: Progress, old: Properties): Promise<Existing>;
  drift(inputs: Properties, state: Properties): Promise<string | undefined>;
  exists(state: Properties): Promise<boolean>;
  delete(state: Properties, progress: Progress): Promise<void>;
}

export function define<Inputs extends object>(definition: Definition<Inputs>): ResourceKind {
  const { schema } = definition;
  return {
    deleteFirst: definition.deleteFirst ?? false,
    replaceOn: definition.replaceOn,
    replaceOnDrift: definition.replaceOnDrift ?? [],
    choose: (old) => definition.choose?.(old) ?? {},
    refuse: (old, wanted) => definition.refuse?.(old, wanted) ?? [],
    elsewhere: (state) => definition.elsewhere?.(state),
    check: (properties) => schema.safeParse(properties).error?.issues ?? [],
    inputNames: (state) => Object.keys(schema.safeParse(state).data ?? {}),
    replaces: (input) => definition.update === undefined || (definition.replaceOn as readonly string[]).includes(input),
    same: (input, old, wanted) => equal(old, wanted) || (definition.same?.(input, old, wanted) ?? false),
    create: async (inputs, progress) => definition.create(schema.parse(inputs), progress),
    async update(inputs, progress, old) {
      if (definition.update === undefined) throw new Error("this kind of resource cannot be changed in place");
      return definition.update(schema.parse(inputs), progress, old);
    },
    drift: async (inputs, state) => definition.drift?.(schema.parse(inputs), state),
    exists: async (state) => definition.exists?.(schema.parse(state)) ?? true,
    delete: async (state, progress) => definition.delete?.(schema.parse(state), progress, state),
  };
}
