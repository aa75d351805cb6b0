import type { Kubectl } from "./kubernetes/kubectl.ts";

/**
 * Ends all sessions that a person has now, and links that were not used yet. The portal, which follows the object, acts
 * at once, or when it starts.
 * @param now seconds since 1970, with fractions
 */
export async function endSessions(kubectl: Kubectl, person: string, now: number = Date.now() / 1000): Promise<void> {
  const patch = JSON.stringify({ data: { [`person.${person}`]: String(now) } });
  await kubectl([
    "patch",
    "configmap",
    "sign-outs",
    "--namespace",
    "guildnet-portal",
    "--type",
    "merge",
    "--patch",
    patch,
  ]);
}
