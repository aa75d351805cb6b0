import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";

export interface StackRule {
  name: string;
  description: string;
  /** Told all resources with their inputs. */
  check: (resources: PolicyResource[], report: (message: string, urn?: string) => void) => void;
}

/**
 * A rule over all resources together, by their inputs.
 *
 * The engine shows such a rule what resources are once they are applied. In the first
 * preview, with no cluster yet, that is nothing at all: so the rule keeps the inputs it
 * was shown one by one, and finds a mistake before anything is made instead of after.
 */
export function stackRule({ name, description, check }: StackRule): ResourceValidationPolicy & StackValidationPolicy {
  const inputs = new Map<string, PolicyResource["props"]>();
  return {
    name,
    description,
    validateResource: ({ urn, props }) => void inputs.set(urn, props),
    validateStack: ({ resources }, report) =>
      check(
        resources.map((resource) => ({ ...resource, props: inputs.get(resource.urn) ?? resource.props })),
        report,
      ),
  };
}
