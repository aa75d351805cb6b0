import type { ResourceValidationPolicy } from "@pulumi/policy";
import { isPrivileged } from "../../../components/kube/privileged-namespaces.ts";
import { ifKnown, metadataOf, podSpecOf } from "../objects.ts";
import { restrictedViolations } from "../pod-security.ts";

/** The API server would refuse such a pod too, but only once it is made, behind a Deployment that just doesn't get ready. */
export const restrictedPods = {
  name: "restricted-pods",
  description: "Pods hold to restricted Pod Security outside the namespaces that are listed with a reason.",
  validateResource: ({ type, props }, report) => {
    const pod = podSpecOf(type, props);
    if (pod === undefined) return;
    const namespace = ifKnown(() => ({ name: metadataOf(props).namespace }));
    // One that can't be known yet may be on the list: the rule is asked again before the pod is made.
    if (namespace === undefined || isPrivileged(namespace.name)) return;
    for (const violation of restrictedViolations(pod)) report(`${violation}; restricted Pod Security refuses that.`);
  },
} satisfies ResourceValidationPolicy;
