import { label } from "../../../components/kube/labels.ts";
import { ifKnown, metadataOf } from "../objects.ts";
import { stackRule } from "../stack-rule.ts";

const NEEDED = ["limits.cpu", "limits.memory", "requests.storage"];

/** Without one, a single person's runaway build starves the others. */
export const quotaForEveryOwner = stackRule({
  name: "quota-for-every-owner",
  description: "A namespace that belongs to a person has a quota on processors, memory and storage.",
  check: (resources, report) => {
    const quotas = resources
      .filter(({ type }) => type === "kubernetes:core/v1:ResourceQuota")
      .map(({ props }) => props as { spec?: { hard?: Record<string, string> } });
    for (const { props, urn } of resources.filter(({ type }) => type === "kubernetes:core/v1:Namespace")) {
      const { name, labels } = metadataOf(props);
      const owner = ifKnown(() => labels?.[label.owner]);
      if (owner === undefined) continue;
      const limited = new Set(
        quotas
          .filter((quota) => ifKnown(() => metadataOf(quota).namespace === name) ?? true)
          .flatMap(({ spec }) => Object.keys(spec?.hard ?? {})),
      );
      const missing = NEEDED.filter((resource) => !limited.has(resource));
      if (missing.length > 0)
        report(`Namespace "${name}" of ${owner} has no quota on ${missing.join(", ")}. Add a ResourceQuota.`, urn);
    }
  },
});
