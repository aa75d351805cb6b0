import { Unreachable } from "./errors.ts";
import type { Properties, ResourceKind } from "./resources/resource.ts";

/** What is made elsewhere, where others may change or delete it, and is no object that a cluster's own plugin made. */
const kinds: Readonly<Record<string, () => Promise<ResourceKind>>> = {
  "guildnet:index:HeadscalePolicy": async () => (await import("./resources/headscale-policy.ts")).headscalePolicy,
  "guildnet:index:HeadscaleUser": async () => (await import("./resources/headscale-user.ts")).headscaleUser,
  "guildnet:index:Model": async () => (await import("./resources/model.ts")).model,
  "guildnet:index:PushedImage": async () => (await import("./resources/pushed-image.ts")).pushedImage,
  "guildnet:index:UpstreamManifest": async () => (await import("./resources/upstream-manifest.ts")).upstreamManifest,
};

/** Whether `ownDriftOf` knows the type. */
export const isLookedAt = (type: string): boolean => type in kinds;

/** Whether all that is known of a thing of this type is its name: one that a killed run began to make is changed or removed by its inputs alone. */
export const isKnownByName = (type: string): boolean =>
  ["guildnet:index:HeadscaleUser", "guildnet:index:Model"].includes(type);

/**
 * Why a resource of this provider needs an update although no input changed: the look that each preview and run takes.
 *
 * @param inputs and `state` in plain
 * @returns undefined where it is as it was left, and where nobody answers who would know
 * @throws ActionableError
 */
export async function ownDriftOf(type: string, inputs: Properties, state: Properties): Promise<string | undefined> {
  const kind = await kinds[type]?.();
  try {
    return await kind?.drift(inputs, state);
  } catch (error) {
    if (error instanceof Unreachable) return undefined;
    throw error;
  }
}
