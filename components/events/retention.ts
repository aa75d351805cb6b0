import type { Audience } from "../../events/index.ts";
import { quantity } from "../kube/quantity.ts";

/** How long events stay. */
export interface EventRetention {
  /** Days. */
  days: number;
  /** Of what everybody may read, as a Kubernetes quantity; admins and each person have an eighth of it. */
  size: string;
}

/** Of a volume, what streams may have: the server keeps beside them what it knows of them and of accounts. */
export const USABLE = 0.9;
/** What admins and each person have, of what everybody has. */
const SHARE = 1 / 8;
const SMALLEST = 1024 * 1024;

/** Bytes of what everybody may read that there is room for beside the rest. */
export function largestRetention(storage: string, people: number): number {
  return Math.floor((quantity(storage) * USABLE) / (1 + SHARE * (people + 1)));
}

/** @throws Error where streams are promised more than there is */
export function retentionOf(storage: string, people: number, { days = 30, size }: Partial<EventRetention> = {}) {
  const most = largestRetention(storage, people);
  const guild = Math.floor(size === undefined ? Math.min(quantity(storage) / 4, most) : quantity(size));
  if (guild > most)
    throw new Error(
      `retention.size is ${size}, and on a volume of ${storage} there is room for ${Math.floor(most / SMALLEST)}Mi of it, as admins and each of ${people} people have an eighth beside it`,
    );
  return {
    days,
    /** Bytes. */
    size: (audience: Audience) => Math.max(SMALLEST, audience === "guild" ? guild : Math.floor(guild * SHARE)),
  };
}
