import { smaller } from "../kube/quantity.ts";

/** What a workspace may use at most, and what is set aside for it. */
export interface WorkspaceSize {
  /** Cores it may use, as a Kubernetes quantity. */
  cpu: string;
  /** Memory it may use. */
  memory: string;
  /** Size of its home volume. */
  storage: string;
}

interface Preset extends WorkspaceSize {
  /** Cores and memory set aside for it even when idle. */
  reserved: { cpu: string; memory: string };
}

/** Sizes by name. Little is reserved: people think more than they compile. */
export const presets = {
  small: { cpu: "1", memory: "2Gi", storage: "5Gi", reserved: { cpu: "20m", memory: "256Mi" } },
  standard: { cpu: "2", memory: "4Gi", storage: "10Gi", reserved: { cpu: "50m", memory: "384Mi" } },
  large: { cpu: "8", memory: "16Gi", storage: "50Gi", reserved: { cpu: "500m", memory: "2Gi" } },
} as const satisfies Record<string, Preset>;

/** Below these no workspace works: the editor doesn't start, or nothing beside it does. */
export const smallest: WorkspaceSize = { cpu: "100m", memory: "512Mi", storage: "64Mi" };

export type PresetName = keyof typeof presets;

/** The size of a preset with some of its values replaced. */
export function sizeOf(preset: PresetName, overrides: Partial<WorkspaceSize> = {}): Preset {
  const base = presets[preset];
  const cpu = overrides.cpu ?? base.cpu;
  const memory = overrides.memory ?? base.memory;
  return {
    cpu,
    memory,
    storage: overrides.storage ?? base.storage,
    // The API server refuses a request above its limit.
    reserved: { cpu: smaller(base.reserved.cpu, cpu), memory: smaller(base.reserved.memory, memory) },
  };
}
