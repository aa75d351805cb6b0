import * as pulumi from "@pulumi/pulumi";
import {
  EventBus,
  EVENTS_NAMESPACE,
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

const DATA = { namespace: EVENTS_NAMESPACE, claim: "data" };

export const events = system({
  keys: eventsKeys,
  rules: eventsMistakes,
  volumes: eventsVolumes,
  wants: eventsWants,
  layer: eventsLayer,
});

function eventsVolumes({ events: wanted }: EventsKeys): WantedVolume[] {
  return wanted === undefined ? [] : [{ path: ["events"], ...DATA, size: wanted.storage, sizeKey: ["storage"] }];
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
  const bus = new EventBus(
    "events",
    {
      image: image("nats"),
      authority,
      kubeconfig: access.kubeconfig,
      people: peopleOf(config),
      storage: wanted.storage,
      storageClass: classIn(DATA, wanted.keepData),
      retention: wanted.retention,
      keepData: wanted.keepData,
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
        ...eventsThroughCluster,
        caCertificate: bus.caCertificate,
        credentials: pulumi.secret(credentials),
      },
    },
    attachments: [eventsAttachment(bus, { admins: adminsOf(config), keyGeneration: wanted.keyGeneration })],
    kept: [{ name: "events", namespace: EVENTS_NAMESPACE, deployment: "nats", volume: bus.volume }],
  };
}
