import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type {
  BackupVolume,
  EmbeddedClusterArgs,
  ImageSource,
  McpServer,
  ScrapedPods,
  WorkspaceAttachment,
} from "../components/index.ts";
import type { Broken, Given } from "./check/broken.ts";
import type { Mistake, Path } from "./check/mistakes.ts";
import type { Found } from "./survey/found.ts";
import type { Kubeconfig } from "./survey/kubeconfig.ts";

/**
 * One of the guild's systems: all that the stack knows of it. Those that need nothing of a kind leave it out.
 * @typeParam Keys its own keys of `guildnet:guild`
 * @typeParam Reads what of the whole config it reads, other systems' keys included
 * @typeParam Secret names of its secrets beside the config
 * @typeParam Needs what it stands on: what systems before it in the list give
 * @typeParam Gives what systems after it may stand on
 * @typeParam Outputs what `pulumi up` ends with
 */
export interface System<
  Keys extends z.ZodRawShape,
  Reads,
  Secret extends string,
  Needs,
  Gives extends object,
  Outputs extends object,
> {
  readonly keys: Keys;
  /** Keys `guildnet:<name>` whose values are secrets: inside the config, which is read as a whole, they would lose their mark. */
  readonly secrets?: readonly Secret[];
  /** What is wrong between keys that are well-shaped each. */
  readonly rules?: (config: Reads, given: Given<Secret>) => Broken[];
  /** What is wrong with a cluster that is there already and shall be joined. */
  readonly joins?: (config: Reads, cluster: Kubeconfig) => Promise<Mistake[]>;
  /** What is wrong that shows only on this machine and its networks. */
  readonly surroundings?: (config: Reads) => Promise<Mistake[]>;
  /** Its volumes that outlive what they are for. */
  readonly volumes?: (config: Reads) => WantedVolume[];
  /** The config as it is applied to what is there. */
  readonly keeping?: Keeping<Reads>;
  /** What must be known of it before anything is made. */
  readonly wants?: (config: Reads) => Partial<Wants>;
  /** Makes its components. */
  readonly layer: (config: Reads, ground: Needs, secrets: Secrets<Secret>) => Layer<Gives, Outputs>;
  /** What a person should know of it. */
  readonly notes?: (config: Reads, given: Given<Secret>) => string[];
}

/** A system as it is written, with its types found out. */
export function system<
  Keys extends z.ZodRawShape,
  Reads,
  Needs,
  Gives extends object,
  Outputs extends object,
  Secret extends string = never,
>(it: System<Keys, Reads, Secret, Needs, Gives, Outputs>): System<Keys, Reads, Secret, Needs, Gives, Outputs> {
  return it;
}

/** What a config says under some of its keys, checked and with every default. */
export type Told<Keys extends z.ZodRawShape> = z.output<z.ZodObject<Keys>>;

export type Secrets<Secret extends string> = { readonly [Name in Secret]?: pulumi.Output<string> };

/** Which of the secrets there are. */
export function given(secrets: Readonly<Record<string, pulumi.Output<string> | undefined>>): Record<string, boolean> {
  return Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret !== undefined]));
}

/** What a system has made. */
export interface Layer<Gives extends object, Outputs extends object> {
  gives: Gives;
  outputs: Outputs;
  /** What every workspace gets of it. */
  attachments?: readonly WorkspaceAttachment[];
  /** Volumes that are worth a backup. */
  kept?: readonly KeptVolume[];
  /** What proves it well beside its pods and objects. */
  probes?: readonly Probe[];
  /** Its pods that tell figures, for monitoring to gather. */
  figures?: readonly ScrapedPods[];
  /** Servers of tools (MCP) that it has for agents in every workspace, by their names: what they take to be asked is attached. */
  mcpServers?: McpServers;
}

/** What the first system stands on, and all after it. */
export interface Ground {
  /** Of the cluster to join, checked, where there is one. */
  readonly kubeconfig: Kubeconfig | undefined;
  /** What is in the cluster before. */
  readonly found: Found;
  /** Of all systems together. */
  readonly wants: Wants;
  /** Of the systems so far. */
  readonly attachments: readonly WorkspaceAttachment[];
  readonly kept: readonly KeptVolume[];
  readonly probes: readonly Probe[];
  readonly figures: readonly ScrapedPods[];
  readonly mcpServers: McpServers;
}

/** Names of the servers of tools that systems have of themselves: a config may leave them out, and give its own no such name. */
export const guildsOwnServers = ["guild", "events", "notes"] as const;

export type McpServers = Readonly<Partial<Record<(typeof guildsOwnServers)[number], McpServer>>>;

/** What authority and cluster must have from their start. */
export interface Wants {
  /** Images that its nodes run, by a short name. */
  readonly images: Readonly<Record<string, ImageSource>>;
  /** NodePorts that an embedded node publishes. */
  readonly publish: NonNullable<EmbeddedClusterArgs["publish"]>;
  /** Registries inside it that its nodes pull from; their certificates are of the guild's authority. */
  readonly registries: readonly { host: string; address: string }[];
  /** Names and addresses that the guild's authority may sign for, all below these included. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/**
 * An address that answers over HTTPS where a system is well. Its pods and objects are looked at without being named here:
 * they are in the stack's state. `npm run status` and `npm run verify` read all of them.
 */
export interface Probe {
  /** What to call it where no pods of the stack's answer there. */
  what: string;
  /** The component whose pods do: of both is told in one line. `name` is there where there are many of its class. */
  component: { type: string; name?: string };
  url: pulumi.Input<string>;
  /** PEM of the authority to trust there; undefined where every machine's own do. */
  authority?: pulumi.Input<string>;
}

/** A volume worth keeping. */
export interface KeptVolume {
  /** What a person calls it: a workspace's or app's name, "headscale" or "registry". */
  name: string;
  /** Its namespace; also the name of its repository. */
  namespace: string;
  /** Deployment that has it. */
  deployment: string;
  /** Where that is something else. @default "Deployment" */
  kind?: "StatefulSet";
  /** All volumes that its files are brought back to, this one among them, where several have the same files. @default this one */
  claims?: string[];
  /** Handles of the people whose snapshots are this volume's, the owner first; undefined where it is the guild's. */
  owners?: string[];
  volume: BackupVolume;
}

/** A volume that the config asks for, and what it says of it. */
export interface WantedVolume {
  /** Entry of the config. */
  path: Path;
  /** Whose it shall be, and from whom it may be taken over; undefined where it is the guild's. */
  person?: { what: "workspace" | "app"; name: string; owner: string; takeOverFrom?: string };
  namespace: string;
  claim: string;
  size: string;
  /** Key of its size, below the entry; undefined where a preset says it. */
  sizeKey?: Path;
}

/** @returns the config, and what a person should know of what differs in it */
export type Keeping<Reads> = <Config extends Reads>(
  config: Config,
  found: Found,
) => { config: Config; notes: string[] };
