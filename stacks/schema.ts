import { z } from "zod";
import { APP_PATH, PORT_NAME, presets, RESERVED_ENVIRONMENT, smallest, smallestApp, smallestVolume, visibilities, WORKSPACE_ID } from "../components/index.ts";
import type { PresetName } from "../components/index.ts";
import { addressIn } from "../components/kube/cidr.ts";
import { foreignLabel, isNodeLabel } from "../components/kube/labels.ts";
import { variableFault, variablesFault, WORKSPACE_ENVIRONMENT } from "../components/workspace/variables.ts";
import { certificatesSchema } from "./systems/certificates/schema.ts";
import { loadBalancerSchema, poolName } from "./systems/balancer/schema.ts";
import { backupSchema } from "./systems/backup/schema.ts";
import { meshSchema } from "./systems/mesh/schema.ts";
import { bytes, cidr, cores, dnsName, handle, port, text } from "./check/scalars.ts";
import { proxySchema } from "./systems/proxy/schema.ts";
import { storageSchema } from "./systems/storage/schema.ts";

const LABEL_KEY = /^((?=[^/]{1,253}\/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
/** A DNS-1123 subdomain. */
const CLASS_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** A registry's host where there is one, folders and a name, a tag or digest (https://github.com/distribution/reference). */
const IMAGE_HOST = "[a-z0-9]+(?:-+[a-z0-9]+)*(?:\\.[a-z0-9]+(?:-+[a-z0-9]+)*)*(?::\\d{1,5})?";
const IMAGE_PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const IMAGE = new RegExp(`^(?=.{1,255}$)(?:${IMAGE_HOST}/)?${IMAGE_PART}(?:/${IMAGE_PART})*(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})$`);
const GIT_URL = /^(https:\/\/|ssh:\/\/|git@)[^\s\p{Cc}]+$/u;

const image = z.string().regex(IMAGE, 'an image with a tag or digest, for instance "registry.example.org/workspace:1.4"')
  .refine((reference) => !reference.endsWith(":latest"), 'a tag other than "latest", which may be another image tomorrow');
const labelName = z.string().regex(LABEL_KEY, 'a Kubernetes label, for instance "team" or "example.org/team"');
const labelValue = text.pipe(z.string().regex(LABEL_VALUE, "a label's value: at most 63 letters, digits, -, _ and ."));
const labels = z.record(labelName.refine((key) => foreignLabel(key) === undefined, 'a label of yours, for instance "example.org/team": those below kubernetes.io, k8s.io and guildnet.io are not for others to set'), labelValue);
const nodeSelector = z.record(labelName.refine(isNodeLabel, 'a label that nodes have, for instance "kubernetes.io/arch" or "example.org/disk"'), labelValue);

const variableName = z.string().regex(VARIABLE, "a name of letters, digits and _, no digit first")
  .refine((name) => !RESERVED_ENVIRONMENT.test(name), "a name that doesn't start with GUILDNET_; those are set by the workspace itself");
const environment = variables(variableName);
const workspaceEnvironment = variables(variableName.refine((name) => !WORKSPACE_ENVIRONMENT.includes(name), `a name other than ${WORKSPACE_ENVIRONMENT.join(", ")}; those are set by the workspace itself`));

function variables(name: z.ZodType<string, string>) {
  return z.record(name, z.union([z.string(), z.number(), z.boolean()]).transform(String)).superRefine((all, context) => {
    for (const [key, value] of Object.entries(all)) {
      const message = variableFault(key, value);
      if (message !== undefined) context.addIssue({ code: "custom", path: [key], message });
    }
    const message = variablesFault(all);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

const embedded = z.strictObject({
  kind: z.literal("embedded").describe("A real Kubernetes cluster of one node, as processes of this machine."),
  apiPort: port.default(8091).describe("Port on 127.0.0.1 where this machine reaches the API server."),
  podCidr: cidr.default("10.244.0.0/16").describe("Addresses of pods, a private network. A cluster keeps those that it was made with."),
  serviceCidr: cidr.default("10.96.0.0/16").describe("Addresses of Services, a private network. A cluster keeps those that it was made with."),
  lanCidr: cidr.default("198.19.0.0/24").describe("Addresses of the node's own LAN, a bridge that nothing outside of the cluster is on: a private network, or one inside 198.19.0.0/16, which is nobody's."),
  keepVolumes: z.boolean().default(true).describe("Whether the volumes' files stay on this machine when the stack is destroyed, for the next cluster of the same stack."),
  volumeSizes: z.enum(["nominal", "reserved"]).default("nominal").describe("Whether sizes of volumes hold. \"nominal\": a volume is a folder of this machine, and can take more than its size. \"reserved\": each new volume is a file of its size with a file system of its own, and all of its room is set aside at once. Volumes that are there stay as they were made."),
});

const existing = z.strictObject({
  kind: z.literal("existing").describe("A cluster that is there already, version 1.30 or newer."),
  kubeconfigPath: z.string().min(1).optional().describe("kubeconfig file, relative to the project or with ~/. Instead of it the secret guildnet:kubeconfig can hold its text. No default."),
  context: z.string().min(1).optional().describe("Context of the kubeconfig. Default: its current one."),
  identity: z.string().min(1).optional().describe("A name that stays with the cluster for life, so that new credentials replace nothing. Default: the UID of its kube-system namespace; a guild that is older than that rule keeps what the kubeconfig called it then."),
  storageClass: z.string().regex(CLASS_NAME, 'the name of a StorageClass, for instance "fast"').optional().describe("StorageClass of the home volumes. Default: the cluster's own default."),
  podCidr: cidr.optional().describe("Addresses of its pods. Default: unknown."),
  serviceCidr: cidr.optional().describe("Addresses of its Services. Default: unknown."),
});

const quota = z.strictObject({
  cpu: cores("0").prefault("8").describe("Cores that all workspaces of one person may use together."),
  memory: bytes("0").prefault("16Gi").describe("Memory that all workspaces of one person may use together."),
  storage: bytes("0").prefault("50Gi").describe("Size of all home volumes of one person together."),
  workspaces: z.int().min(0).default(5).describe("Number of workspaces of one person."),
});

const batch = z.strictObject({
  cpu: cores(smallestApp.cpu).prefault("2").describe("Cores that one person's jobs may use together."),
  memory: bytes(smallestApp.memory).prefault("4Gi").describe("Memory that one person's jobs may use together."),
  storage: bytes("0").prefault("0").describe("Size of all volumes of one person's jobs together."),
  pods: z.int().min(1).default(10).describe("Pods of one person's jobs at a time."),
  queue: z.enum(["none", "kueue"]).default("none").describe("Who lets jobs start: \"none\" when they fit, or Kueue, which an existing cluster must have."),
  together: z.strictObject({
    cpu: cores(smallestApp.cpu).optional().describe("Cores. Default: one person's."),
    memory: bytes(smallestApp.memory).optional().describe("Memory. Default: one person's."),
  }).default({}).describe("What Kueue lets run at a time, of all people's jobs together."),
});

const registry = z.strictObject({
  storage: bytes("100Mi").prefault("20Gi").describe("Size of its volume; it can grow, not shrink."),
  address: z.ipv4("an IPv4 address of the cluster's Services").optional().describe("Address of its Service. Default: the eleventh of cluster.serviceCidr."),
  maintenanceHour: z.int().min(0).max(23).default(3).describe("Hour of the day, UTC, from which for half an hour nothing can be pushed and garbage is collected."),
  keepData: z.boolean().default(true).describe("Whether its images stay when it is removed. To remove both, apply false first."),
});

const person = z.strictObject({
  quota: z.strictObject({
    cpu: cores("0").optional().describe("Cores. Default: the guild's quota."),
    memory: bytes("0").optional().describe("Memory. Default: the guild's quota."),
    storage: bytes("0").optional().describe("Home volumes. Default: the guild's quota."),
    workspaces: z.int().min(0).optional().describe("Workspaces. Default: the guild's quota."),
  }).default({}).describe("What this person may use, where it differs from the guild's quota."),
});

const portal = z.strictObject({
  host: dnsName.default("guildnet.localhost").describe("Host name of the portal. Browsers resolve names below localhost to the machine they run on."),
  port: port.default(8090).describe("Port of the portal."),
  address: z.ipv4("an IPv4 address of this machine").default("127.0.0.1").describe("Address of this machine an embedded cluster publishes the portal at. Anything but loopback opens it to your network."),
  appsDomain: dnsName.optional().describe("Domain below which every workspace has a host name. Default: beside the host, guildnet-apps.localhost beside guildnet.localhost, so that no page of a workspace can set cookies for the portal; apps.<host> in a stack that had it before, and where the name beside the host could be somebody else's, as with example.org."),
  admins: z.array(handle).optional().describe("Handles of the people who see every workspace. Default: the first person."),
  service: z.enum(["ClusterIP", "NodePort", "LoadBalancer"]).optional().describe("How an existing cluster shows the portal. Default: ClusterIP, not outside the cluster."),
  addressPool: poolName.optional().describe("Pool of loadBalancer.pools that its address is of, with service LoadBalancer. Default: any that assigns by itself."),
});

const ports = z.array(z.strictObject({
  name: z.string().regex(PORT_NAME, 'at most 15 lower case letters, digits and "-", for instance "web"').describe("Name, unique among the ports. No default."),
  port: z.int().min(1024).max(65535).describe("Port it listens at, 1024 to 65535. No default."),
})).default([]);

const internet = z.union([z.boolean(), z.array(cidr).min(1)], 'true, false, or a list of networks such as ["10.1.0.0/16"]');

const app = z.strictObject({
  name: z.string().regex(WORKSPACE_ID, 'lower case letters, digits and single "-", at most 40, for instance "wiki"').describe("Name, unique among apps and workspaces; part of its address. No default."),
  owner: handle.describe("Handle of the person it belongs to. No default."),
  takeOverFrom: handle.optional().describe("Handle of the person whose volume was kept under this name and now becomes the owner's, backups included. Default: nobody; such a volume is left alone."),
  image: image.describe("Image to run. No default."),
  port: z.int().min(1024).max(65535).describe("Port it serves HTTP at, 1024 to 65535. No default."),
  ports: ports.describe("Further ports the portal may reach."),
  environment: environment.prefault({}).describe("Environment variables. Not for secrets."),
  resources: z.strictObject({
    cpu: cores(smallestApp.cpu).optional().describe("Cores each of its pods may use. Default: 500m."),
    memory: bytes(smallestApp.memory).optional().describe("Memory each of its pods may use. Default: 512Mi."),
  }).default({}).describe("What each of its pods may use."),
  replicas: z.int().min(1).max(50).default(1).describe("Pods; more than one only without storage."),
  storage: z.strictObject({
    size: bytes(smallestVolume).describe("Size; it can grow, not shrink. No default."),
    path: z.string().regex(APP_PATH, 'a folder such as "/data", not /tmp and none of the system\'s').describe("Folder where it is mounted. No default."),
  }).optional().describe("A volume of its own. Default: none."),
  visibility: z.enum(visibilities).default("private").describe("Who may open it: its owner, \"members\" who are signed in, or everybody who reaches the portal, \"public\"."),
  user: z.int().min(1).default(1000).describe("Number of the user it runs as; not 0."),
  labels: labels.prefault({}).describe("Further labels of its namespace and pods."),
  internet: internet.default(false).describe("What it may reach outside of the cluster: the internet without private networks (true), nothing (false), or a list of the only networks, as \"10.1.0.0/16\"; \"0.0.0.0/0\" in it is the internet. Never this machine."),
  keepData: z.boolean().default(true).describe("Whether its volume stays when it is removed. To remove both, apply false first."),
});

const workspace = z.strictObject({
  name: z.string().regex(WORKSPACE_ID, 'lower case letters, digits and single "-", at most 40, for instance "ada-lab"').optional().describe("Name, unique in the guild; part of its address. Default: the owner's handle."),
  owner: handle.describe("Handle of the person it belongs to. No default."),
  preset: z.enum(Object.keys(presets) as [PresetName, ...PresetName[]]).default("standard").describe("Size by name."),
  takeOverFrom: handle.optional().describe("Handle of the person whose home was kept under this name and now becomes the owner's, backups included. Default: nobody; such a home is left alone."),
  image: image.optional().describe("Image to run. Default: the guild's workspace image."),
  resources: z.strictObject({
    cpu: cores(smallest.cpu).optional().describe("Cores it may use. Default: the preset's."),
    memory: bytes(smallest.memory).optional().describe("Memory it may use. Default: the preset's."),
  }).default({}).describe("What it may use, where that differs from the preset."),
  storage: bytes(smallest.storage).optional().describe("Size of its home volume; it can grow, not shrink. Default: the preset's."),
  environment: workspaceEnvironment.prefault({}).describe("Environment variables. Not for secrets."),
  ports: ports.describe("Ports the portal may reach beside the IDE."),
  dotfiles: z.string().regex(GIT_URL, 'a git repository, for instance "https://example.org/ada/dotfiles"').optional().describe("Git repository with the person's dotfiles. Default: none."),
  nodeSelector: nodeSelector.prefault({}).describe("Labels a node must have to run it."),
  labels: labels.prefault({}).describe("Further labels of its namespace and pod."),
  internet: internet.default(true).describe("What it may reach outside of the cluster: the internet without private networks (true), nothing (false), or a list of the only networks, as \"10.1.0.0/16\"; \"0.0.0.0/0\" in it is the internet. Never this machine."),
  keepData: z.boolean().default(true).describe("Whether its home stays when it is removed. To remove both, apply false first."),
});

/** Whether a text can stand in a page's title and in a certificate: without controls, line breaks, halves of characters, or marks that turn what follows around. */
function isOneLine(name: string): boolean {
  return name === "" || (!/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(name) && /[^\p{C}\p{Z}]/u.test(name));
}

/** The value of `guildnet:guild`, shape only; what holds between keys is in rules.ts. */
export const guildSchema = z.strictObject({
  name: z.string().min(1).max(60).refine(isOneLine, "text on one line, with something to see in it").default("GuildNet").describe("The guild's name, shown on the portal. Its certificate authority has the name that the guild had first."),
  cluster: z.discriminatedUnion("kind", [embedded, existing]).prefault({ kind: "embedded" }).describe("Where everything runs."),
  images: z.strictObject({
    workspace: image.optional().describe("Image of workspaces. Default: built from images/workspace."),
    portal: image.optional().describe("Image of the portal. Default: built from images/portal."),
  }).default({}).describe("Images of your own. An existing cluster needs both, from a registry it can pull from."),
  loadBalancer: loadBalancerSchema.optional().describe("Addresses of their own for Services of type LoadBalancer: MetalLB. Default: none. Write {} for one with every default."),
  mesh: meshSchema.prefault({ kind: "none" }).describe("A private network of the members' devices, on which they find the portal and the workspaces from wherever they are."),
  portal: portal.prefault({}).describe("The web entrance."),
  proxy: proxySchema.optional().describe("A forward proxy, a company's for instance, by which alone the internet is reached: by tools, image builds, the embedded cluster's node, and workspaces and apps that have the internet. Default: none."),
  storage: storageSchema.prefault({ kind: "cluster-default" }).describe("Where volumes come from."),
  quota: quota.prefault({}).describe("What each person may use, unless said otherwise beside the person."),
  apps: z.array(app).default([]).describe("Web apps, one entry each."),
  backup: backupSchema.optional().describe("Encrypted snapshots of the volumes of workspaces, apps, registry and mesh, on a schedule. Default: none. Write {} for one with every default."),
  batch: batch.optional().describe("A namespace for batch jobs for each person; they yield to workspaces. Default: none. Write {} for one with every default."),
  registry: registry.optional().describe("An image registry inside the cluster, to which each workspace may push below its own name. Default: none. Write {} for one with every default."),
  certificates: certificatesSchema.optional().describe("cert-manager, which renews the certificates of portal, registry and mesh while they run. Default: none; npm run up renews them. Write {} for the guild's own authority."),
  // In YAML a handle with nothing after it is null.
  people: z.record(handle, person.nullable().transform((entry) => entry ?? person.parse({}))).optional().describe("Who is in the guild, by handle. Default: the owners of the workspaces."),
  workspaces: z.array(workspace).optional().describe("One entry per workspace. Default: one, of a person called \"you\"; none where people are named."),
}).transform(({ workspaces, ...config }) => ({
  ...config,
  workspaces: workspaces ?? (config.people === undefined ? [workspace.parse({ owner: "you" })] : []),
}));

/** A checked config with every default filled in. */
export type GuildConfig = z.output<typeof guildSchema>;
export type WorkspaceConfig = GuildConfig["workspaces"][number];
export type AppConfig = GuildConfig["apps"][number];
export type EmbeddedConfig = z.output<typeof embedded>;
export type ExistingConfig = z.output<typeof existing>;

/** Name of a workspace: its own or its owner's. */
export function workspaceName(config: Pick<WorkspaceConfig, "name" | "owner">): string {
  return config.name ?? config.owner;
}

/** Address of the registry's Service; undefined where nobody said what it could be. */
export function registryAddress({ cluster, registry: wanted }: GuildConfig): string | undefined {
  return wanted?.address ?? (cluster.serviceCidr && addressIn(cluster.serviceCidr, 11));
}

/** Handles of everybody in the guild, in the order of the config. */
export function peopleOf(config: GuildConfig): string[] {
  return [...new Set([...Object.keys(config.people ?? {}), ...[...config.workspaces, ...config.apps].map(({ owner }) => owner)])];
}

/** Handles of the people who see every workspace. */
export function adminsOf(config: GuildConfig): string[] {
  return config.portal.admins ?? peopleOf(config).slice(0, 1);
}
