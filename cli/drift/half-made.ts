import { randomUUID } from "node:crypto";
import { isKnownByName, startCluster } from "../../provider/control.ts";
import type { FindMade, Made } from "../../engine/pending.ts";
import { embeddedClusters, type StackState, type StateResource } from "../../engine/stack-state.ts";
import { isActionable, UserError } from "../../toolchain/errors.ts";
import type { LiveObject } from "../cluster/objects.ts";
import { declaredObjects, isRecord } from "./declared-objects.ts";

/** Objects that a killed run began to make, as they are in their clusters; for a run that has the clusters started. */
export const findMade: FindMade = async (begun, state) => {
  return found(begun, state, async (error, look) => {
    const own = embeddedClusters(state);
    if (own.length === 0) throw unseen(error, begun);
    try {
      for (const cluster of own) await startCluster(cluster, (line) => process.stderr.write(`${line}\n`));
      return await look();
    } catch (why) {
      throw isActionable(why) ? unseen(why, begun) : why;
    }
  });
};

/** The same for a run that removes the stack: what is in an embedded cluster goes with it. */
export const findMadeElsewhere: FindMade = async (begun, state) => {
  return embeddedClusters(state).length > 0
    ? new Map()
    : found(begun, state, (error) => Promise.reject(unseen(error, begun)));
};

async function found(
  begun: readonly StateResource[],
  state: StackState,
  whenUnreachable: (error: Error, look: () => Promise<[string, Made][]>) => Promise<[string, Made][]>,
): Promise<ReadonlyMap<string, Made>> {
  const named = begun
    .filter(({ type }) => isKnownByName(type))
    .map(({ urn }) => [urn, { id: randomUUID(), outputs: {} }] as const);
  const look = () => liveObjects(begun, state);
  const objects = await look().catch(async (error: unknown) => {
    if (!isUnreachable(error)) throw error;
    return whenUnreachable(error, look);
  });
  return new Map([...named, ...objects]);
}

async function liveObjects(
  begun: readonly StateResource[],
  { deployment: { resources = [] } }: StackState,
): Promise<[string, Made][]> {
  const asIfMade = begun.map((resource) => ({ ...resource, outputs: resource.inputs ?? {} }));
  const clusters = declaredObjects({
    deployment: { resources: [...resources.filter(({ type }) => type.startsWith("pulumi:providers:")), ...asIfMade] },
  });
  if (clusters.length === 0) return [];
  const { observeObjects } = await import("../cluster/objects.ts");
  const sights = await Promise.all(
    clusters.map(async ({ kubeconfig, context, objects }) => {
      const live = await observeObjects(
        kubeconfig,
        objects.map(({ object }) => object),
        context,
      );
      return objects.flatMap(({ urn, object: { apiVersion }, wanted }, index): [string, Made][] => {
        const one = live[index],
          made = one === undefined ? undefined : madeOf(one, apiVersion, wanted);
        return made === undefined ? [] : [[urn, made]];
      });
    }),
  );
  return sights.flat();
}

/**
 * As the Kubernetes plugin names it (4.25.0, `checkpointObject`), with the manager that owns the fields: under another
 * the fields that a later run takes out would stay. An object that the plugin never applied is somebody else's, and
 * would be deleted with what the run did not come to.
 */
function madeOf(
  { metadata: { name, namespace, managedFields = [] } }: LiveObject,
  apiVersion: string,
  wanted: Readonly<Record<string, unknown>>,
): Made | undefined {
  const manager = managedFields.findLast(
    (one) => one.manager !== undefined && (one.manager === patchManager(wanted) || PLUGIN.test(one.manager)),
  )?.manager;
  return manager === undefined
    ? undefined
    : {
        id: namespace === undefined ? name : `${namespace}/${name}`,
        outputs: { __initialApiVersion: apiVersion, __fieldManager: manager },
      };
}

/** The plugin's own names for itself: one for each object, unless it applies on the client's side. */
const PLUGIN = /^pulumi-kubernetes(-|$)/;

/** The name that the program chose, for fields of an object that others made. */
function patchManager({ metadata }: Readonly<Record<string, unknown>>): unknown {
  return isRecord(metadata) && isRecord(metadata.annotations)
    ? metadata.annotations["pulumi.com/patchFieldManager"]
    : undefined;
}

const isUnreachable = (error: unknown): error is Error =>
  isActionable(error) && (error as { code?: unknown }).code === "cluster-unreachable";

function unseen(error: Error, begun: readonly StateResource[]): UserError {
  const names = begun.map(({ urn }) => urn.slice(urn.lastIndexOf("::") + 2)).join(", ");
  return new UserError(
    "half-made-unseen",
    `A run was killed while it made ${names}, and whether they are there can't be seen: ${error.message}\nNothing was changed. Run it again once the cluster answers.`,
    { cause: error },
  );
}
