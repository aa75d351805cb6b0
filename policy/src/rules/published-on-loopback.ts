import type { PolicyResource } from "@pulumi/policy";
import { exposure } from "../../../components/kube/labels.ts";
import { ifKnown, metadataOf } from "../objects.ts";
import { stackRule } from "../stack-rule.ts";

interface Published {
  hostAddress?: string;
  hostPort?: number;
  nodePort?: number;
}

interface Service {
  spec?: { ports?: { nodePort?: number }[] };
}

/**
 * An embedded node opens ports of the machine it runs on. Beyond loopback it may only
 * where the Service behind the port says the same address, which a config asked for.
 */
export const publishedOnLoopback = stackRule({
  name: "published-on-loopback",
  description:
    "An embedded node publishes ports on loopback alone, unless the Service behind a port asks for another address.",
  check: (resources, report) => {
    for (const { props, urn } of resources.filter(({ type }) => type === "guildnet:index:EmbeddedNode")) {
      for (const { hostAddress, hostPort, nodePort } of (props as { publish?: Published[] }).publish ?? []) {
        const address = hostAddress ?? "127.0.0.1";
        if (isLoopback(address) || askedFor(resources, nodePort).includes(address)) continue;
        report(
          `Port ${hostPort} is published at ${address}, which nobody asked for. Publish it at 127.0.0.1, or say so on its Service in the annotation ${exposure.address}.`,
          urn,
        );
      }
    }
  },
});

export function isLoopback(address: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(address) || address === "::1";
}

/** Addresses that the Services behind a NodePort ask for. */
function askedFor(resources: PolicyResource[], nodePort: number | undefined): string[] {
  return resources
    .filter(
      ({ type, props }) =>
        type === "kubernetes:core/v1:Service" &&
        (ifKnown(() => (props as Service).spec?.ports?.some((port) => port.nodePort === nodePort)) ?? false),
    )
    .flatMap(({ props }) => metadataOf(props).annotations?.[exposure.address] ?? []);
}
