import { formatQuantity, largestRetention } from "../../../components/index.ts";
import { quantity } from "../../../components/kube/quantity.ts";
import type { Broken } from "../../check/broken.ts";
import { peopleOf } from "../people/people.ts";
import type { Membership } from "../people/people.ts";
import type { EventsKeys } from "./schema.ts";

/** What streams are promised is there. */
export function eventsMistakes(config: EventsKeys & Membership): Broken[] {
  const size = config.events?.retention.size;
  if (config.events === undefined || size === undefined) return [];
  const people = peopleOf(config).length,
    most = largestRetention(config.events.storage, people);
  if (quantity(size) <= most) return [];
  return [
    {
      paths: [
        ["events", "retention", "size"],
        ["events", "storage"],
      ],
      allowed: `at most ${formatQuantity(most, "bytes")} on this volume, as admins and each of ${people === 1 ? "one person" : `${people} people`} have an eighth beside it`,
      fix: "write less, or raise events.storage",
    },
  ];
}
