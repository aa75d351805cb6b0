import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { API_PREFIX } from "../../events/index.ts";
import { EventAccount, EventIdentity } from "../../provider/sdk/index.ts";
import type { EventServer } from "../../provider/sdk/index.ts";
import type { EventsJoined, EventUser } from "../kube/event-access.ts";
import { contentVersion } from "../kube/metadata.ts";
import { metaIn } from "../kube/place.ts";
import type { Policy } from "../kube/network-policy.ts";
import type { Place } from "../kube/place.ts";
import { importsOf, rightsOf } from "./rights.ts";

/** What it takes to make somebody known to a bus. */
export interface Doorkeeper {
  /** Where pods reach it. */
  readonly url: string;
  /** Known once it is ready, so that what asks it waits. */
  readonly server: pulumi.Input<EventServer>;
  readonly operator: { systemCredentials: pulumi.Input<string>; operatorSeed: pulumi.Input<string> };
  readonly caCertificate: pulumi.Input<string>;
  /** Handles of everybody. */
  readonly people: readonly string[];
  /** Of keys. */
  readonly generation: number;
  /** Out of a pod: to the bus. */
  readonly reach: Policy;
}

/** Where its pods have that. */
export const EVENTS_FOLDER = "/etc/guildnet/events";

/** Entry of its Secret: the credentials as base64. */
export const CREDENTIALS_LINE = "events.creds.base64";

/** What `nats` reads, where NATS_CONTEXT names it. */
function commandLineContext(url: string): string {
  return JSON.stringify({
    description: "The guild's event bus",
    url,
    creds: `${EVENTS_FOLDER}/events.creds`,
    ca: `${EVENTS_FOLDER}/ca.crt`,
    jetstream_api_prefix: API_PREFIX,
  });
}

/** Somebody's account and credentials: children `<name>-identity` and `<name>-account`. */
export function identityOn(
  { server, operator, people, generation }: Doorkeeper,
  name: string,
  user: pulumi.Input<EventUser>,
  parent: pulumi.Resource,
): EventIdentity {
  const rights = pulumi.output(user).apply((known) => rightsOf(known, people));
  const source = rights.apply((known) => known.source);
  const identity = new EventIdentity(`${name}-identity`, { name: source, generation }, { parent });
  new EventAccount(
    `${name}-account`,
    { server, operator, identity, name: source, imports: rights.apply(importsOf) },
    { parent },
  );
  return identity;
}

/** The same, with a Secret of what its pods take: children `<place>-events-…`. */
export function joinedTo(keeper: Doorkeeper, place: Place, user: pulumi.Input<EventUser>): EventsJoined {
  const { credentials, account } = identityOn(keeper, `${place.name}-events`, user, place.parent);
  const settings = pulumi.output(user).apply((known) => {
    const { source, reads } = rightsOf(known, keeper.people);
    return JSON.stringify({ servers: [keeper.url], source, reads });
  });
  const secret = new k8s.core.v1.Secret(
    `${place.name}-events-access`,
    {
      metadata: metaIn(place, "events-access"),
      stringData: {
        "events.creds": pulumi.secret(credentials),
        // In one line, as variables and headers have it.
        [CREDENTIALS_LINE]: pulumi.secret(credentials).apply((lines) => Buffer.from(lines).toString("base64")),
        "settings.json": settings,
        "context.json": commandLineContext(keeper.url),
        "ca.crt": keeper.caCertificate,
      },
    },
    { parent: place.parent },
  );
  // An account is as new as its credentials.
  const version = pulumi.all([account, settings, keeper.caCertificate]).apply((all) => contentVersion(all.join("\n")));
  return { secret: secret.metadata.name, reach: keeper.reach, version };
}
