import { at, differ, isRecord, isUnknown, MOUNTED, type Change } from "./changes.ts";
import { kindOf, nameOf } from "./places.ts";

/** What runs pods as long as it is there. */
const WORKLOADS = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

/** What becomes of the pods of one workload. */
export interface PodsReceipt {
  readonly kind: string;
  readonly name: string;
  readonly effect: "start" | "restart" | "scale" | "end";
  /** For what, in a few words each. */
  readonly because: readonly string[];
}

/** What a change does to pods; undefined where they go on as they are. */
export function podsOf(change: Change): PodsReceipt | undefined {
  const kind = kindOf(change);
  if (!WORKLOADS.has(kind) || change.effect === "same") return undefined;
  const of = (effect: PodsReceipt["effect"], because: readonly string[] = []): PodsReceipt => ({
    kind,
    name: nameOf(change),
    effect,
    because,
  });
  switch (change.effect) {
    case "created":
      return of("start");
    case "deleted":
      return change.old?.retainOnDelete === true ? undefined : of("end");
    case "replaced":
      return of("restart", ["made anew"]);
    case "updated": {
      const because = reasons(specOf(change, "old", "template"), specOf(change, "new", "template"));
      if (because.length > 0) return of("restart", because);
      const [from, to] = [specOf(change, "old", "replicas"), specOf(change, "new", "replicas")];
      // Left out, how many there are is left as it is.
      return typeof to === "number" && from !== to ? of("scale", [`${String(from ?? 1)} → ${to}`]) : undefined;
    }
  }
}

function specOf(change: Change, when: "old" | "new", key: string): unknown {
  return at(change[when]?.inputs, "spec", key);
}

/** Why pods of one template are replaced by those of another; none where they aren't. */
export function reasons(old: unknown, after: unknown): string[] {
  if (!differ(old, after)) return [];
  const found = [
    ...(mountsOther(old, after) ? ["what it mounts"] : []),
    ...containerReasons(containersIn(old), containersIn(after)),
    ...(differ(at(old, "spec", "volumes"), at(after, "spec", "volumes")) ? ["volumes"] : []),
    ...(differ(at(old, "metadata", "labels"), at(after, "metadata", "labels")) ? ["labels"] : []),
  ];
  return found.length === 0 ? ["its pods' settings"] : [...new Set(found)];
}

function mountsOther(old: unknown, after: unknown): boolean {
  const version = (template: unknown) => at(template, "metadata", "annotations", MOUNTED);
  return version(old) !== version(after) && (version(old) !== undefined || isUnknown(version(after)));
}

function containersIn(template: unknown): ReadonlyMap<string, unknown> {
  return byName([at(template, "spec", "initContainers"), at(template, "spec", "containers")].flat());
}

function containerReasons(old: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...old.keys(), ...after.keys()])].flatMap((name) => {
    const [was, is] = [old.get(name), after.get(name)];
    if (was === undefined || is === undefined) return [`container ${name} ${was === undefined ? "new" : "gone"}`];
    const [before, image] = [at(was, "image"), at(is, "image")];
    const variables = changedNames(byName([at(was, "env")].flat()), byName([at(is, "env")].flat()));
    return [
      ...(isUnknown(image) || differ(before, image)
        ? [`image ${String(before)} → ${isUnknown(image) ? "one that is pushed first" : String(image)}`]
        : []),
      // Their names alone: what they are set to may be long, and is in the engine's diff.
      ...(variables.length > 0 ? [`environment ${variables.join(", ")}`] : []),
      ...["resources", "volumeMounts", "command", "args", "ports"]
        .filter((key) => differ(at(was, key), at(is, key)))
        .map((key) => (key === "volumeMounts" ? "mounts" : key)),
      ...(["livenessProbe", "readinessProbe", "startupProbe"].some((key) => differ(at(was, key), at(is, key)))
        ? ["probes"]
        : []),
      ...(differ(at(was, "securityContext"), at(is, "securityContext")) ? ["privileges"] : []),
    ];
  });
}

function changedNames(old: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...old.keys(), ...after.keys()])].filter((name) => differ(old.get(name), after.get(name)));
}

function byName(list: readonly unknown[]): ReadonlyMap<string, unknown> {
  return new Map(
    list.flatMap((one) => (isRecord(one) && typeof one.name === "string" ? [[one.name, one] as const] : [])),
  );
}
