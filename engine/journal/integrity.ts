import type { Deployment, ResourceState } from "./deployment.ts";

/**
 * What the engine would refuse a state for (pulumi/pkg, resource/deploy/snapshot.go), in a few words: each resource
 * has a name and a type, and refers to none that comes after it.
 * @returns undefined where it would take it
 */
export function integrityOf({ resources = [] }: Deployment): string | undefined {
  const before = new Set<string>();
  for (const [place, resource] of resources.entries()) {
    const wrong = wrongWith(resource, before);
    if (wrong !== undefined)
      return `resource ${place + 1} of ${resources.length}${typeof resource.urn === "string" ? `, ${resource.urn},` : ""} ${wrong}`;
    before.add(resource.urn);
  }
  return undefined;
}

function wrongWith(resource: ResourceState, before: ReadonlySet<string>): string | undefined {
  const { urn, type } = resource;
  if (typeof urn !== "string" || urn === "") return "has no URN";
  if (typeof type !== "string" || type === "") return "has no type";
  const missing = referredTo(resource).find((other) => !before.has(other));
  return missing === undefined ? undefined : `refers to ${missing}, which is not there`;
}

function referredTo({
  parent,
  provider,
  dependencies,
  propertyDependencies,
  deletedWith,
  replaceWith,
  pendingReplacement,
}: ResourceState): string[] {
  return [
    ...(parent ? [parent] : []),
    ...(provider && pendingReplacement !== true ? [provider.slice(0, provider.lastIndexOf("::"))] : []),
    ...(dependencies ?? []),
    ...Object.values(propertyDependencies ?? {}).flatMap((urns) => urns ?? []),
    ...(deletedWith ? [deletedWith] : []),
    ...(replaceWith ?? []),
  ];
}
