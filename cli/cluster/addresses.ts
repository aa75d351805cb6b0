import { z } from "zod";

const service = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    type: z.string().default("ClusterIP"),
    clusterIP: z.string().optional(),
    selector: z.record(z.string(), z.string()).default({}),
    ports: z.array(z.object({ port: z.number() })).default([]),
  }),
  status: z
    .object({
      loadBalancer: z
        .object({
          ingress: z.array(z.object({ ip: z.string().optional(), hostname: z.string().optional() })).default([]),
        })
        .prefault({}),
    })
    .prefault({}),
});
export type Service = z.infer<typeof service>;

export const readServices = (objects: readonly unknown[]): Service[] => z.array(service).parse(objects);

/** Where pods are reached. */
export interface Reach {
  /** For instance "10.96.0.10:53", several with commas between; undefined where no Service leads to them. */
  readonly address?: string;
  /** A Service of theirs that waits for an address of its own. */
  readonly waiting?: string;
}

/** By the Services whose selector the pods' labels satisfy. */
export function reachOf(
  namespace: string,
  podLabels: Readonly<Record<string, string>>,
  services: readonly Service[],
): Reach {
  const theirs = services.filter(({ metadata, spec }) => {
    const wanted = Object.entries(spec.selector);
    return (
      metadata.namespace === namespace && wanted.length > 0 && wanted.every(([key, value]) => podLabels[key] === value)
    );
  });
  const waiting = theirs.find((one) => one.spec.type === "LoadBalancer" && hostOf(one) === undefined);
  const address = theirs
    .flatMap((one) =>
      hostOf(one) === undefined
        ? []
        : [`${hostOf(one)}:${[...new Set(one.spec.ports.map(({ port }) => port))].join(",")}`],
    )
    .join(", ");
  return { ...(address !== "" && { address }), ...(waiting && { waiting: waiting.metadata.name }) };
}

function hostOf({ metadata, spec, status }: Service): string | undefined {
  if (spec.type === "LoadBalancer")
    return status.loadBalancer.ingress.map(({ ip, hostname }) => ip ?? hostname).find((host) => host !== undefined);
  return spec.clusterIP === "None" ? `${metadata.name}.${metadata.namespace}` : spec.clusterIP;
}
