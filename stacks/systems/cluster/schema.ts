import { z } from "zod";
import { cidr, image, imageRegistry, port } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

/** A DNS-1123 subdomain. */
const CLASS_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

const embedded = z.strictObject({
  kind: z.literal("embedded").describe("A real Kubernetes cluster of one node, as processes of this machine."),
  apiPort: port.default(8091).describe("Port on 127.0.0.1 where this machine reaches the API server."),
  podCidr: cidr
    .default("10.244.0.0/16")
    .describe("Addresses of pods, a private network. A cluster keeps those that it was made with."),
  serviceCidr: cidr
    .default("10.96.0.0/16")
    .describe("Addresses of Services, a private network. A cluster keeps those that it was made with."),
  lanCidr: cidr
    .default("198.19.0.0/24")
    .describe(
      "Addresses of the node's own LAN, a bridge that nothing outside of the cluster is on: a private network, or one inside 198.19.0.0/16, which is nobody's.",
    ),
  keepVolumes: z
    .boolean()
    .default(true)
    .describe(
      "Whether the volumes' files stay on this machine when the stack is destroyed, for the next cluster of the same stack.",
    ),
  volumeSizes: z
    .enum(["nominal", "reserved"])
    .default("nominal")
    .describe(
      'Whether sizes of volumes hold. "nominal": a volume is a folder of this machine, and can take more than its size. "reserved": each new volume is a file of its size with a file system of its own, and all of its room is set aside at once. Volumes that are there stay as they were made.',
    ),
});

const existing = z.strictObject({
  kind: z.literal("existing").describe("A cluster that is there already, version 1.30 or newer."),
  kubeconfigPath: z
    .string()
    .min(1)
    .optional()
    .describe(
      "kubeconfig file, relative to the project or with ~/. Instead of it the secret guildnet:kubeconfig can hold its text. No default.",
    ),
  context: z.string().min(1).optional().describe("Context of the kubeconfig. Default: its current one."),
  identity: z
    .string()
    .min(1)
    .optional()
    .describe(
      "A name that stays with the cluster for life, so that new credentials replace nothing. Default: the UID of its kube-system namespace; a guild that is older than that rule keeps what the kubeconfig called it then.",
    ),
  storageClass: z
    .string()
    .regex(CLASS_NAME, 'the name of a StorageClass, for instance "fast"')
    .optional()
    .describe("StorageClass of the home volumes. Default: the cluster's own default."),
  podCidr: cidr.optional().describe("Addresses of its pods. Default: unknown."),
  serviceCidr: cidr.optional().describe("Addresses of its Services. Default: unknown."),
});

export const clusterKeys = {
  cluster: z
    .discriminatedUnion("kind", [embedded, existing])
    .prefault({ kind: "embedded" })
    .describe("Where everything runs."),
  images: z
    .strictObject({
      workspace: image.optional().describe("Image of workspaces. Default: built from images/workspace."),
      portal: image.optional().describe("Image of the portal. Default: built from images/portal."),
      notes: image.optional().describe("Image of the notes' server. Default: built from images/notes."),
      registry: imageRegistry
        .optional()
        .describe(
          "Registry that what is built here is pushed to, with an existing cluster, whose nodes must be able to pull from it. The secret guildnet:imagesCredentials signs in. No default.",
        ),
      caCertificate: z
        .string()
        .startsWith("-----BEGIN CERTIFICATE-----", "a certificate as PEM")
        .optional()
        .describe("Authority that signed the registry's certificate, PEM. Default: one the system knows."),
    })
    .default({})
    .describe(
      "Images of the guild. An existing cluster needs a registry, or both images of your own from one it can pull from.",
    ),
};

export type ClusterKeys = Told<typeof clusterKeys>;
export type EmbeddedConfig = z.output<typeof embedded>;
export type ExistingConfig = z.output<typeof existing>;
