import * as pulumi from "@pulumi/pulumi";
import {
  EventBus,
  EVENTS_NAMESPACE,
  eventClaims,
  eventsApp,
  eventsAttachment,
  eventsHost,
  eventsThroughCluster,
  eventsUrl,
  images,
} from "../../../components/index.ts";
import type { EventBusAccess } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Layer, WantedVolume, Wants } from "../../system.ts";
import type { AuthorityGives } from "../authority/layer.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import { adminsOf, peopleOf } from "../people/people.ts";
import type { Membership } from "../people/people.ts";
import type { PortalKeys } from "../portal/schema.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import type { StorageGives } from "../storage/layer.ts";
import { eventsMistakes } from "./rules.ts";
import { eventsKeys } from "./schema.ts";
import type { EventsKeys } from "./schema.ts";

export interface EventsGives {
  /** Where events go; undefined where there is no bus. */
  events: EventBusAccess | undefined;
}

/** What the command line takes to say what it does. */
interface EventsOutputs {
  url: string;
  /** Where its pods are. */
  namespace: string;
  labelSelector: string;
  caCertificate: pulumi.Output<string>;
  /** Of `up`. Secret. */
  credentials: pulumi.Output<string>;
}

type Reads = EventsKeys & Membership & PortalKeys;
type Needs = AuthorityGives & ClusterGives & SchedulingGives & StorageGives;

export const events = system({
  keys: eventsKeys,
  rules: eventsMistakes,
  volumes: eventsVolumes,
  wants: eventsWants,
  layer: eventsLayer,
});

function eventsVolumes({ events: wanted }: EventsKeys): WantedVolume[] {
  if (wanted === undefined) return [];
  const { servers, storage } = wanted;
  return eventClaims(servers).map((claim) => ({
    path: ["events"],
    namespace: EVENTS_NAMESPACE,
    claim,
    size: storage,
    sizeKey: ["storage"],
  }));
}

function eventsWants({ events: wanted }: EventsKeys): Partial<Wants> {
  // Signed for without one as well: the authority is then the same when there is one.
  const signed = { dnsNames: [eventsHost] };
  return wanted === undefined ? signed : { ...signed, images: { nats: { reference: images.nats } } };
}

function eventsLayer(
  config: Reads,
  { access, authority, classes, classIn, image, opts }: Needs,
): Layer<EventsGives, { events: EventsOutputs | null }> {
  const { events: wanted } = config;
  if (wanted === undefined) return { gives: { events: undefined }, outputs: { events: null } };
  const { servers, keepData } = wanted,
    claims = eventClaims(servers);
  const bus = new EventBus(
    "events",
    {
      image: image("nats"),
      servers,
      authority,
      kubeconfig: access.kubeconfig,
      people: peopleOf(config),
      storage: wanted.storage,
      storageClass: classIn({ namespace: EVENTS_NAMESPACE, claim: claims[0] ?? "data" }, keepData),
      retention: wanted.retention,
      keepData,
      keyGeneration: wanted.keyGeneration,
      priorityClass: classes.platform,
    },
    opts,
  );
  const { credentials } = bus.identity("events-up", { kind: "service", service: "up" }, bus);
  return {
    gives: { events: bus },
    outputs: {
      events: {
        url: eventsUrl,
        ...eventsThroughCluster(servers),
        caCertificate: bus.caCertificate,
        credentials: pulumi.secret(credentials),
      },
    },
    attachments: [eventsAttachment(bus, { admins: adminsOf(config), keyGeneration: wanted.keyGeneration })],
    kept: [
      {
        name: "events",
        namespace: EVENTS_NAMESPACE,
        deployment: eventsApp(servers),
        // Each of three has all: the first one's volume is in backups, and brought back to all of them.
        ...(servers > 1 && { kind: "StatefulSet", claims }),
        volume: bus.volume,
      },
    ],
  };
}
