import * as pulumi from "@pulumi/pulumi";
import { heardOf, streamOf, subjectsOf } from "../../events/index.ts";
import { EventGuildAccount, EventStream } from "../../provider/sdk/index.ts";
import type { EventIdentity } from "../../provider/sdk/index.ts";
import type { EventBusAccess, EventsJoined, EventUser } from "../kube/event-access.ts";
import type { Place } from "../kube/place.ts";
import { identityOn, joinedTo } from "./join.ts";
import type { Doorkeeper } from "./join.ts";
import { toExistingEvents } from "./reach.ts";
import { audiencesOf } from "./rights.ts";
import { retentionOf } from "./retention.ts";
import type { EventRetention } from "./retention.ts";

export interface ExistingEventBusArgs {
  /** Where this machine and the cluster's pods reach it, such as "tls://nats.example.org:4222". */
  url: string;
  /** The authority that signed its certificate, PEM; it alone is trusted. */
  caCertificate: string;
  /** Networks that it is in, as CIDRs: pods may reach its port there. @default its address, where the url has one */
  networks?: readonly string[];
  /** The seed of its operator's key, or of one that the operator names as signing for it ("SO…"). */
  operatorSeed: pulumi.Input<string>;
  /** Of its system account: what a file of credentials holds. */
  systemCredentials: pulumi.Input<string>;
  /** How many servers it is. Each stream is on as many, up to three of them. @default 1 */
  servers?: number;
  /** Handles of everybody: each has events of his own. */
  people: readonly string[];
  /** How much of its room events may take. @default "2Gi" */
  storage?: string;
  /** How long events stay. @default 30 days, and what is for everybody up to a quarter of `storage` */
  retention?: Partial<EventRetention>;
  /** Whether the guild's account and its streams stay there when this is removed. To remove them with it, apply `false` first, then remove it. @default true */
  keepData?: boolean;
  /** Count it up to have all keys and credentials made anew. @default 1 */
  keyGeneration?: number;
}

/**
 * A NATS server with JetStream that is there already, in operator mode, with accounts that it is told while it runs (a full
 * resolver). The guild has an account there that keeps everything, and everybody one of his own, as on a bus of its own.
 *
 * It takes a key of the operator's. Within one account that somebody lends, rights would not hold: whoever asks names the
 * subject of the answer, and the server publishes that with rights of its own, so that anybody could speak as somebody else.
 */
export class ExistingEventBus extends pulumi.ComponentResource implements EventBusAccess {
  declare readonly url: string;
  declare readonly caCertificate: pulumi.Output<string>;
  private readonly keeper: Doorkeeper;

  constructor(name: string, args: ExistingEventBusArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:ExistingEventBus", name, {}, opts);
    const { url, people, servers = 1, keyGeneration: generation = 1 } = args,
      stays = args.keepData ?? true;
    const authority = {
      systemCredentials: pulumi.secret(args.systemCredentials),
      operatorSeed: pulumi.secret(args.operatorSeed),
    };
    const server = { url, caCertificatePem: args.caCertificate, ...(servers > 1 && { servers }) };
    const guild = new EventGuildAccount(
      `${name}-guild`,
      { server, ...authority, generation },
      { parent: this, retainOnDelete: stays },
    );
    const { days, size } = retentionOf(args.storage ?? "2Gi", people.length, args.retention);
    for (const audience of audiencesOf(people))
      new EventStream(
        `${name}-stream-${audience}`,
        {
          server,
          operator: guild,
          name: streamOf(audience),
          subjects: [subjectsOf(audience)],
          heard: heardOf(audience),
          maxBytes: size(audience),
          maxAgeSeconds: days * 24 * 60 * 60,
          replicas: Math.min(servers, 3),
        },
        { parent: this, retainOnDelete: stays },
      );
    this.url = url;
    this.caCertificate = pulumi.output(args.caCertificate);
    this.keeper = {
      url,
      server,
      operator: authority,
      caCertificate: this.caCertificate,
      people,
      generation,
      reach: toExistingEvents(url, args.networks),
    };
    this.registerOutputs({ caCertificate: this.caCertificate });
  }

  identity(name: string, user: pulumi.Input<EventUser>, parent: pulumi.Resource): EventIdentity {
    return identityOn(this.keeper, name, user, parent);
  }

  join(place: Place, user: pulumi.Input<EventUser>): EventsJoined {
    return joinedTo(this.keeper, place, user);
  }
}
