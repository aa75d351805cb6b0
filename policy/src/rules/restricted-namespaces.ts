import type { ResourceValidationPolicy } from "@pulumi/policy";
import { enforcedLevel } from "../../../components/kube/labels.ts";
import { isPrivileged } from "../../../components/kube/privileged-namespaces.ts";
import { ifKnown, metadataOf } from "../objects.ts";

/** A namespace without the label takes whatever pod somebody who may create pods brings. */
export const restrictedNamespaces = {
  name: "restricted-namespaces",
  description: "Namespaces enforce restricted Pod Security, but for those that are listed with a reason.",
  validateResource: ({ type, props }, report) => {
    if (!/^kubernetes:core\/v1:Namespace(Patch)?$/.test(type)) return;
    const { name, labels } = metadataOf(props);
    if (isPrivileged(name)) return;
    const level = ifKnown(() => labels?.[enforcedLevel] ?? "none");
    if (level !== undefined && level !== "restricted") {
      report(
        `Namespace "${name}" enforces ${level}. Set the label ${enforcedLevel} to restricted, or list the namespace with a reason.`,
      );
    }
  },
} satisfies ResourceValidationPolicy;
