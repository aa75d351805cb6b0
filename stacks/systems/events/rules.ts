import { isIPv4 } from "node:net";
import { formatQuantity, largestRetention } from "../../../components/index.ts";
import { quantity } from "../../../components/kube/quantity.ts";
import type { Broken, Given } from "../../check/broken.ts";
import { peopleOf } from "../people/people.ts";
import type { Membership } from "../people/people.ts";
import type { EventsKeys } from "./schema.ts";

export type EventsSecret = "eventsOperatorKey" | "eventsSystemCredentials";

export function eventsMistakes(config: EventsKeys & Membership, given: Given<EventsSecret>): Broken[] {
  return [...roomMistakes(config), ...joinMistakes(config, given)];
}

/** What it takes to be let in on somebody else's bus. */
function joinMistakes({ events }: EventsKeys, given: Given<EventsSecret>): Broken[] {
  const names = ["eventsOperatorKey", "eventsSystemCredentials"] as const;
  if (events?.existing === undefined)
    return names.flatMap((name) =>
      given[name] === true
        ? [
            {
              paths: [["events", "existing"]],
              allowed: `a bus that is there already, as there is a secret guildnet:${name}`,
              fix: `add it, or run: pulumi config rm guildnet:${name}`,
            },
          ]
        : [],
    );
  const { hostname } = new URL(events.existing.url);
  return [
    ...names.flatMap((name) =>
      given[name] === true
        ? []
        : [
            {
              paths: [["events", "existing"]],
              allowed: `with the secret guildnet:${name}, by which its operator lets the guild in`,
              fix: `add it: pulumi config set --secret guildnet:${name}`,
            },
          ],
    ),
    ...(isIPv4(hostname) || events.existing.networks.length > 0
      ? []
      : [
          {
            paths: [
              ["events", "existing", "networks"],
              ["events", "existing", "url"],
            ],
            allowed: `the networks that ${hostname} is in, as pods reach no others`,
            fix: 'write them, for instance ["192.168.1.0/24"], or its address as url',
          },
        ]),
    ...(events.servers === 1
      ? []
      : [
          {
            paths: [
              ["events", "servers"],
              ["events", "existing"],
            ],
            allowed: "for a bus of the guild's own: another has as many as it has",
            fix: "remove it, or write events.existing.servers",
          },
        ]),
  ];
}

/** What streams are promised is there. */
function roomMistakes(config: EventsKeys & Membership): Broken[] {
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
