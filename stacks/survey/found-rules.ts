import { reservedBytes, roomForOthers } from "../../provider/sdk/index.ts";
import { keyOf } from "../check/mistakes.ts";
import type { Mistake } from "../check/mistakes.ts";
import type { GuildConfig } from "../schema.ts";
import type { WantedVolume } from "../system.ts";
import { systems } from "../systems.ts";
import { bytesOf } from "./found.ts";
import type { Found, FoundPlace, Room } from "./found.ts";

/** What of a config can't be, given what is in its cluster: told before anything is applied. */
export function foundMistakes(config: GuildConfig, found: Found): Mistake[] {
  return wantedVolumes(config).flatMap((wanted) => {
    const place = found.get(wanted.namespace);
    if (place === undefined) return [];
    return [...ownerMistakes(wanted, place), ...sizeMistakes(wanted, place)];
  });
}

/**
 * That what new volumes set aside of this machine's disk is there to be had.
 * @param room what its disk has free, and what volumes have of it already
 */
export function roomMistakes(config: GuildConfig, { free, had }: Room): Mistake[] {
  if (config.cluster.kind !== "embedded" || config.cluster.volumeSizes !== "reserved") return [];
  const more = wantedVolumes(config)
    .map(({ namespace, claim, size }) => Math.max(0, reservedBytes(bytesOf(size)) - had(namespace, claim)))
    .reduce((sum, each) => sum + each, 0);
  if (more === 0 || more + roomForOthers <= free) return [];
  return [
    {
      key: "cluster.volumeSizes",
      found: '"reserved"',
      allowed: `that where new volumes fit: they take ${gib(more)} of this machine's disk at once, ${gib(free)} are free, and ${gib(roomForOthers)} of those stay for everything else`,
      fix: "make volumes smaller, free some, set GUILDNET_HOME to a larger disk, or leave it out: volumes then take what is in them, and sizes hold nobody back",
    },
  ];
}

function gib(amount: number): string {
  return `${(amount / 2 ** 30).toFixed(1)} GiB`;
}

/** Those of people before the guild's own. */
function wantedVolumes(config: GuildConfig): WantedVolume[] {
  const all = systems.volumes(config);
  return [...all.filter(({ person }) => person !== undefined), ...all.filter(({ person }) => person === undefined)];
}

/** Nobody gets to see, by taking a name, what somebody else left under it. */
function ownerMistakes({ path, person, claim }: WantedVolume, { owner, claims, folder }: FoundPlace): Mistake[] {
  if (person === undefined || owner === undefined || owner === person.owner || owner === person.takeOverFrom) return [];
  if (folder === undefined && !claims.has(claim)) return [];
  const { what, name } = person;
  const remove =
    folder === undefined
      ? `give it back to ${owner} with keepData: false, run npm run up, and take it out again`
      : `delete ${folder}`;
  return [
    {
      key: keyOf([...path, "owner"]),
      found: JSON.stringify(person.owner),
      allowed: `${owner}, whose ${what === "workspace" ? "home" : "data"} was kept under the name "${name}"`,
      fix: `choose another name; or to hand it over to ${person.owner}, with its backups, write takeOverFrom: ${owner} beside it; or to remove it first, ${remove}`,
    },
  ];
}

function sizeMistakes({ path, namespace, claim, size, sizeKey }: WantedVolume, { claims }: FoundPlace): Mistake[] {
  const there = claims.get(claim)?.size;
  if (sizeKey === undefined || there === undefined || bytesOf(there) <= bytesOf(size)) return [];
  return [
    {
      key: keyOf([...path, ...sizeKey]),
      found: JSON.stringify(size),
      allowed: `${there} or more, the size of its volume (${namespace}/${claim}): a volume can grow, not shrink`,
      fix: `write ${there}`,
    },
  ];
}
