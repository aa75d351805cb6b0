import type { ResourceValidationPolicy } from "@pulumi/policy";
import { containersOf, ifKnown, podSpecOf } from "../objects.ts";

/** Such a tag means another image tomorrow, on whichever node pulls it first. */
export const pinnedImages = {
  name: "pinned-images",
  description: "Images are named by a tag other than latest, or by a digest.",
  validateResource: ({ type, props }, report) => {
    const pod = podSpecOf(type, props);
    const references =
      pod === undefined
        ? type === "guildnet:index:NodeImage"
          ? [ifKnown(() => (props as { reference?: string }).reference)]
          : []
        : containersOf(pod).map((container) => ifKnown(() => container.image));
    for (const reference of references) {
      if (reference !== undefined && !isPinned(reference))
        report(`Image "${reference}" is not pinned. Give it a tag other than latest, or a digest.`);
    }
  },
} satisfies ResourceValidationPolicy;

/** Whether a reference has a digest or a tag other than latest; a port of the registry is no tag. */
export function isPinned(reference: string): boolean {
  if (/@sha256:[0-9a-f]{64}$/.test(reference)) return true;
  const tag = /:([^/:]+)$/.exec(reference)?.[1];
  return tag !== undefined && tag !== "latest";
}
