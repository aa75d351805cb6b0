import { z } from "zod";

const seconds = 1000;
/** Milliseconds to wait for a bus that is about to be there, and for one that a preview asks. */
export const patience = 60 * seconds,
  littlePatience = 5 * seconds;

/** A NATS server. */
export const eventServerSchema = z.object({
  url: z.url({ protocol: /^tls$/, error: 'an address as "tls://nats.example.org:4222"' }),
  caCertificatePem: z.string().startsWith("-----BEGIN CERTIFICATE-----"),
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
