import type { ResourceValidationPolicy } from "@pulumi/policy";
import { ifKnown, metadataOf } from "../objects.ts";
import { privilegedNamespaces } from "../privileged-namespaces.ts";

/** A namespace without the label takes whatever pod somebody who may create pods brings. */
export const restrictedNamespaces = {
  name: "restricted-namespaces",
  description: "Namespaces enforce restricted Pod Security, but for those that are listed with a reason.",
  validateResource: ({ type, props }, report) => {
    if (!/^kubernetes:core\/v1:Namespace(Patch)?$/.test(type)) return;
    const { name, labels } = metadataOf(props);
    if (privilegedNamespaces.has(name ?? "")) return;
    const level = ifKnown(() => labels?.["pod-security.kubernetes.io/enforce"] ?? "none");
    if (level !== undefined && level !== "restricted") {
      report(`Namespace "${name}" enforces ${level}. Set the label pod-security.kubernetes.io/enforce to restricted, or list the namespace with a reason.`);
    }
  },
} satisfies ResourceValidationPolicy;
