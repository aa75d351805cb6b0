import type { GuildConfig } from "./schema.ts";
import { NOTHING } from "./survey/found.ts";
import type { Found } from "./survey/found.ts";
import type { Kubeconfig } from "./survey/kubeconfig.ts";
import { given } from "./system.ts";
import type { Probe, Secrets } from "./system.ts";
import { systems } from "./systems.ts";

/** What a guild is told in confidence. */
export type GuildSecrets = Secrets<(typeof systems.secrets)[number]>;

/** What `pulumi up` ends with: what each system tells, and the notes of all. */
export type GuildOutputs = ReturnType<typeof systems.layers>["outputs"] & {
  /** What proves it well beside its pods and objects. */
  probes: Probe[];
  /** What to know about this stack. */
  notes: string[];
};

/**
 * The whole guild: one system on the other, in the order of their list.
 * @param kubeconfig of the cluster, checked, where one is to be joined
 * @param found what is in its cluster before
 */
export function guild(
  wanted: GuildConfig,
  kubeconfig?: Kubeconfig,
  secrets: GuildSecrets = {},
  found: Found = NOTHING,
): GuildOutputs {
  const { config, notes: kept } = systems.keeping(wanted, found);
  const { ground, outputs } = systems.layers(
    config,
    {
      kubeconfig,
      found,
      wants: systems.wants(config),
      attachments: [],
      kept: [],
      probes: [],
      figures: [],
      mcpServers: {},
    },
    secrets,
  );
  return { ...outputs, probes: [...ground.probes], notes: [...systems.notes(config, given(secrets)), ...kept] };
}
