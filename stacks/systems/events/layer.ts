import * as pulumi from "@pulumi/pulumi";
import {
  EventBus,
  EVENTS_NAMESPACE,
  eventClaims,
  eventsApp,
  eventsAttachment,
  eventsHost,
  eventsThroughCluster,
  ExistingEventBus,
  images,
} from "../../../components/index.ts";
import type { EventBusAccess } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { KeptVolume, Layer, Secrets, WantedVolume, Wants } from "../../system.ts";
import type { AuthorityGives } from "../authority/layer.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import { adminsOf, peopleOf } from "../people/people.ts";
import type { Membership } from "../people/people.ts";
import type { PortalKeys } from "../portal/schema.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import type { StorageGives } from "../storage/layer.ts";
import { eventsMistakes } from "./rules.ts";
import type { EventsSecret } from "./rules.ts";
import { eventsKeys } from "./schema.ts";
import type { EventsKeys } from "./schema.ts";

export interface EventsGives {
  /** Where events go; undefined where there is no bus. */
  events: EventBusAccess | undefined;
}

/** What the command line takes to say what it does. */
interface EventsOutputs {
  url: string;
  /** Where its pods are, where it is in the cluster. */
  namespace?: string;
  labelSelector?: string;
  caCertificate: pulumi.Output<string>;
  /** Of `up`. Secret. */
  credentials: pulumi.Output<string>;
}

type Reads = EventsKeys & Membership & PortalKeys;
type Needs = AuthorityGives & ClusterGives & SchedulingGives & StorageGives;

export const events = system({
  keys: eventsKeys,
  secrets: ["eventsOperatorKey", "eventsSystemCredentials"],
  rules: eventsMistakes,
  volumes: eventsVolumes,
  wants: eventsWants,
  layer: eventsLayer,
});

function eventsVolumes({ events: wanted }: EventsKeys): WantedVolume[] {
  if (wanted === undefined || wanted.existing !== undefined) return [];
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
  return wanted === undefined || wanted.existing !== undefined
    ? signed
    : { ...signed, images: { nats: { reference: images.nats } } };
}

function eventsLayer(
  config: Reads,
  ground: Needs,
  secrets: Secrets<EventsSecret>,
): Layer<EventsGives, { events: EventsOutputs | null }> {
  const { events: wanted } = config;
  if (wanted === undefined) return { gives: { events: undefined }, outputs: { events: null } };
  const { bus, kept, reached } =
    wanted.existing === undefined
      ? ownBus(config, wanted, ground)
      : joinedBus(config, wanted, wanted.existing, secrets);
  const { credentials } = bus.identity("events-up", { kind: "service", service: "up" }, bus);
  return {
    gives: { events: bus },
    outputs: {
      events: { url: bus.url, ...reached, caCertificate: bus.caCertificate, credentials: pulumi.secret(credentials) },
    },
    attachments: [eventsAttachment(bus, { admins: adminsOf(config), keyGeneration: wanted.keyGeneration })],
    kept,
  };
}

type Wanted = NonNullable<EventsKeys["events"]>;

interface Made {
  bus: EventBus | ExistingEventBus;
  kept: KeptVolume[];
  /** How this machine gets to it, where it is in the cluster. */
  reached: Pick<EventsOutputs, "namespace" | "labelSelector">;
}

function ownBus(config: Reads, wanted: Wanted, { access, authority, classes, classIn, image, opts }: Needs): Made {
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
  const kept: KeptVolume = {
    name: "events",
    namespace: EVENTS_NAMESPACE,
    deployment: eventsApp(servers),
    // Each of three has all: the first one's volume is in backups, and brought back to all of them.
    ...(servers > 1 && { kind: "StatefulSet", claims }),
    volume: bus.volume,
  };
  return { bus, kept: [kept], reached: eventsThroughCluster(servers) };
}

/** Its operator keeps what is on it, and makes backups. */
function joinedBus(
  config: Reads,
  { storage, retention, keepData, keyGeneration }: Wanted,
  existing: NonNullable<Wanted["existing"]>,
  { eventsOperatorKey, eventsSystemCredentials }: Secrets<EventsSecret>,
): Made {
  const bus = new ExistingEventBus("events", {
    ...existing,
    // The rules of the config make sure that they are there.
    operatorSeed: (eventsOperatorKey ?? pulumi.secret("")).apply((seed) => seed.trim()),
    systemCredentials: eventsSystemCredentials ?? "",
    people: peopleOf(config),
    storage,
    retention,
    keepData,
    keyGeneration,
  });
  return { bus, kept: [], reached: {} };
}
