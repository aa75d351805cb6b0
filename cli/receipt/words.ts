import type { PersonReceipt, PlaceReceipt, Receipt, SystemReceipt } from "./receipt.ts";
import type { PodsReceipt } from "./pods.ts";
import type { VolumeReceipt } from "./volumes.ts";

// A receipt in words: each fact once, for text and Markdown alike.

/** What becomes of a person's things, in one line. */
export function personWords({ handle, effect, places }: PersonReceipt): string {
  if (effect === "untouched") return "not affected";
  return [
    ...(effect === "joins" ? ["joins"] : []),
    ...(effect === "leaves" ? ["leaves, and is signed out"] : []),
    ...places.map((place) => placeWords(place, handle)),
  ].join("; ");
}

function placeWords(place: PlaceReceipt, handle: string): string {
  const what = { workspace: "workspace", app: "app", batch: "room for jobs" }[place.kind];
  const named = place.name === handle ? what : `${what} ${place.name}`;
  const { ownerBefore } = place;
  return [
    ownerBefore === undefined || ownerBefore === handle ? named : `${named}, which was ${ownerBefore}'s,`,
    [doing(place), ...volumesWords(place)].join(", "),
  ].join(" ");
}

/** What it does, for short: "restarts once (environment EDITOR)". */
function doing({ effect, pods, settings }: Pick<PlaceReceipt, "effect" | "pods" | "settings">): string {
  if (effect === "made") return "is made";
  if (effect === "goes") return "goes";
  if (pods.length > 0) return [...new Set(pods.map(podsWords))].join(" and ");
  return settings.length === 0 ? "goes on" : `goes on (${settings.join(", ")})`;
}

function podsWords({ effect, because }: PodsReceipt): string {
  const verb = { start: "starts", restart: "restarts once", scale: "is scaled", end: "ends" }[effect];
  return because.length === 0 ? verb : `${verb} (${because.join(", ")})`;
}

function volumesWords({ effect, volumes }: Pick<PlaceReceipt, "effect" | "volumes">): string[] {
  return volumes.filter((volume) => effect !== "made" || volume.effect !== "made").length === 0
    ? volumes.map(({ name, newSize }) => `with ${called(name)}${newSize === undefined ? "" : ` of ${newSize}`}`)
    : volumes.map(volumeWords);
}

/** Of a workspace it is the home; others are called as what they belong to. */
function called(name: string): string {
  return name === "home" ? name : `volume ${name}`;
}

function volumeWords({ name: claim, effect, size = "?", newSize = "?" }: VolumeReceipt): string {
  const name = called(claim);
  switch (effect) {
    case "untouched":
      return `${name} untouched`;
    case "made":
      return `${name} of ${newSize} is made`;
    case "grown":
      return `${name} grows from ${size} to ${newSize}`;
    case "held":
      return `${name} is kept from now on`;
    case "released":
      return `${name} untouched, but goes with it from now on`;
    case "kept":
      return `${name} is kept`;
    case "deleted":
      return `${name} of ${size} is deleted, with all that is in it`;
    case "replaced":
      return `${name} of ${size} is made anew`;
  }
}

/** What becomes of a system, and whom that reaches. */
export function systemWords({ reaches, ...part }: SystemReceipt): string {
  const does = [doing(part), ...volumesWords(part).filter((words) => !words.endsWith(" untouched"))].join(", ");
  return reaches === undefined ? does : `${does}; reaches ${reaches}`;
}

/** What becomes of the embedded cluster; undefined where nothing does. */
export function clusterWords({ cluster }: Receipt): string | undefined {
  if (cluster === undefined) return undefined;
  const { effect, because } = cluster,
    why = because.length === 0 ? "" : ` (${because.join(", ")})`;
  switch (effect) {
    case "made":
      return "is made";
    case "goes":
      return "goes, with all that runs in it";
    case "restarts":
      return `restarts${why}; reaches everybody: all pods start anew`;
    case "changes":
      return `changes while it runs${why}; pods go on`;
    case "put right":
      return "is started, or put right; pods that do not run start";
  }
}

/** What is worth to be known of the whole, each with its heading. */
export function facts(receipt: Receipt): { heading: string; none: string; lines: readonly string[] }[] {
  const { opens, replaces, loses, secrets, certificates, policies } = receipt;
  const told = policies.map(
    ({ policy, resource, message }) => `${policy}${resource === undefined ? "" : ` (${resource})`}: ${message}`,
  );
  const [refusals, advice] = [true, false].map((refuses) =>
    told.filter((_, index) => policies[index]?.refuses === refuses),
  );
  return [
    { heading: "Opens", none: "nothing new", lines: opens.map(({ where, what }) => `${where}: ${what}`) },
    { heading: "Replaces", none: "nothing", lines: replaces },
    { heading: "Loses data", none: "none", lines: loses },
    { heading: "Secrets made anew", none: "none", lines: secrets },
    { heading: "Certificates made anew", none: "none", lines: certificates },
    { heading: "Policies refuse", none: "nothing", lines: refusals ?? [] },
    { heading: "Policies advise", none: "nothing", lines: advice ?? [] },
  ];
}

/** The whole in one line. */
export function verdict({ stack, failed, isUnchanged, counts, policies }: Receipt): string {
  if (failed)
    return policies.some(({ refuses }) => refuses)
      ? `Policies refuse what the stack ${stack} would be; nothing of it is done.`
      : `The preview of the stack ${stack} failed; nothing of it is done.`;
  if (isUnchanged) return `The stack ${stack} has nothing to do.`;
  const { created, updated, replaced, deleted } = counts;
  const words = Object.entries({ made: created, changed: updated, replaced, deleted })
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${count} ${word}`);
  return `The stack ${stack} would change: ${words.join(", ")}.`;
}
