import { z } from "zod";

const seconds = 1000;
/** Milliseconds to wait for a bus that is about to be there, and for one that a preview asks. */
export const patience = 60 * seconds,
  littlePatience = 5 * seconds;

/** A NATS server. */
export const eventServerSchema = z.object({
  url: z.url({ protocol: /^tls$/, error: 'an address as "tls://nats.example.org:4222"' }),
  caCertificatePem: z.string().startsWith("-----BEGIN CERTIFICATE-----"),
  /** How many servers it is: so many have to forget who shall not be let in again. One that was away would remember, and remind the others. */
  servers: z.number().int().min(1).optional(),
  /** The cluster it is in, where it is reached from there alone. */
  cluster: z
    .object({
      kubeconfig: z.string().min(1),
      context: z.string().min(1).optional(),
      namespace: z.string().min(1),
      labelSelector: z.string().min(1),
    })
    .optional(),
});
export type EventServer = z.infer<typeof eventServerSchema>;

/** Whether it is the same bus, however it is reached. */
export function isSameBus(one: EventServer, other: EventServer): boolean {
  const place = ({ url, cluster }: EventServer) => JSON.stringify([url, cluster?.namespace, cluster?.labelSelector]);
  return place(one) === place(other);
}
