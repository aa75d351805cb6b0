import type { ResourceValidationPolicy } from "@pulumi/policy";
import { exposure } from "../../../components/kube/labels.ts";
import { ifKnown, metadataOf } from "../objects.ts";

interface Service {
  spec?: { type?: string; externalIPs?: string[] };
}

/** One word in a spec opens a port on every node: it must have been meant. */
export const servicesSayWhyExposed = {
  name: "services-say-why-exposed",
  description: "A Service that can be reached from outside its cluster says why.",
  validateResource: ({ type, props }, report) => {
    if (type !== "kubernetes:core/v1:Service") return;
    const { spec } = props as Service;
    const kind = ifKnown(() => spec?.type) ?? "ClusterIP";
    const outside =
      kind === "NodePort" || kind === "LoadBalancer" || (ifKnown(() => spec?.externalIPs?.length) ?? 0) > 0;
    const { name, annotations } = metadataOf(props);
    if (outside && !annotations?.[exposure.reason]?.trim())
      report(
        `Service "${name}" listens outside its cluster. Make it a ClusterIP, or say why in the annotation ${exposure.reason}.`,
      );
  },
} satisfies ResourceValidationPolicy;
