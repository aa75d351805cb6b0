import type {
  PolicyResource,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { expect } from "vitest";
import * as proxy from "@pulumi/policy/proxy.js";

/** What the library keeps out of its types. */
const { unknownCheckingProxy, unknownStringValue } = proxy as unknown as {
  unknownCheckingProxy: <T>(props: T) => T;
  unknownStringValue: string;
};

/** A resource as a rule sees it. */
export interface Given {
  type: string;
  props: Record<string, unknown>;
  protect?: boolean;
}

/** Stands in props for what a preview can't know. */
export const unknown = unknownStringValue;

/** What a rule has against one resource. */
export function violations(rule: ResourceValidationPolicy, given: Given): string[] {
  const found: string[] = [];
  const { validateResource } = rule;
  if (typeof validateResource !== "function") throw new Error(`${rule.name} doesn't check resources one by one`);
  void validateResource(seen(given) as unknown as ResourceValidationArgs, (message) => void found.push(message));
  return found;
}

/**
 * What a rule has against all resources of a stack together, in a first preview: each was
 * shown with its inputs, and in the end nothing is known of what they became.
 */
export function stackViolations(rule: ResourceValidationPolicy & StackValidationPolicy, given: Given[]): string[] {
  const found: string[] = [];
  const resources = given.map((each, index) => ({ ...seen(each), urn: `urn::${each.type}::${index}` }));
  const { validateResource } = rule;
  if (typeof validateResource !== "function") throw new Error(`${rule.name} isn't shown the inputs`);
  for (const resource of resources)
    void validateResource(resource as unknown as ResourceValidationArgs, () => expect.unreachable());
  const become = resources.map((resource) => ({ ...resource, props: {} }));
  void rule.validateStack(
    { resources: become } as unknown as Parameters<StackValidationPolicy["validateStack"]>[0],
    (message) => void found.push(message),
  );
  return found;
}

/** Props behind the proxy that the engine's own library puts there. */
function seen({ type, props, protect = false }: Given): PolicyResource {
  return {
    type,
    props: unknownCheckingProxy(props),
    urn: `urn::${type}`,
    name: "it",
    opts: { protect },
  } as unknown as PolicyResource;
}
