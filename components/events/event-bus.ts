import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { heardOf, streamOf, subjectsOf } from "../../events/index.ts";
import { EventOperator, EventStream, GUILD_ACCOUNT } from "../../provider/sdk/index.ts";
import type { EventIdentity } from "../../provider/sdk/index.ts";
import { accepted } from "../kube/accepted-findings.ts";
import type { Authority } from "../kube/authority.ts";
import type { BackupVolume } from "../kube/backup-volume.ts";
import type { EventBusAccess, EventsJoined, EventUser } from "../kube/event-access.ts";
import { appSelector } from "../kube/labels.ts";
import { contentVersion, unawaited } from "../kube/metadata.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount, retention, volumeClaim } from "../kube/place.ts";
import type { OwnPlace, Place } from "../kube/place.ts";
import { quantity } from "../kube/quantity.ts";
import { serverCertificate } from "../kube/tls.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images } from "../versions.ts";
import {
  EVENTS_APP,
  EVENTS_NAMESPACE,
  EVENTS_SERVERS_APP,
  eventClaims,
  eventPods,
  eventsApp,
  eventsHost,
  eventsUrl,
  throughCluster,
} from "./identity.ts";
import type { EventServers } from "./identity.ts";
import { disruptionBudget, EVENTS_USER, eventBusDeployment, eventServersSet } from "./pods.ts";
import type { ResolvedEventBus } from "./pods.ts";
import { identityOn, joinedTo } from "./join.ts";
import type { Doorkeeper } from "./join.ts";
import { eventBusReach, toEvents } from "./reach.ts";
import { audiencesOf } from "./rights.ts";
import { retentionOf, USABLE } from "./retention.ts";
import type { EventRetention } from "./retention.ts";
import { routeHosts, routes } from "./servers.ts";
import { CLIENT_PORT, serverSettings } from "./settings.ts";

/** What `transform` changes. */
export interface EventBusChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  settings: k8s.core.v1.ConfigMapArgs;
  "servers-settings": k8s.core.v1.ConfigMapArgs;
  data: k8s.core.v1.PersistentVolumeClaimArgs;
  [claim: `data-${string}`]: k8s.core.v1.PersistentVolumeClaimArgs;
  tls: k8s.core.v1.SecretArgs;
  [secret: `route-tls-${string}`]: k8s.core.v1.SecretArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  servers: k8s.apps.v1.StatefulSetArgs;
  disruptions: k8s.policy.v1.PodDisruptionBudgetArgs;
  routes: k8s.core.v1.ServiceArgs;
  service: k8s.core.v1.ServiceArgs;
}

export interface EventBusArgs {
  /** @default upstream's NATS server */
  image?: pulumi.Input<string>;
  /** Signs its certificate; clients trust it. */
  authority: Authority;
  /** YAML: streams and accounts are told to it through the cluster's API server, as nothing outside of the cluster reaches it. */
  kubeconfig: pulumi.Input<string>;
  /** Handles of everybody: each has events of his own. */
  people: readonly string[];
  /** With 3, what is acknowledged is on two of them at least, and one may be away. What is kept moves along when it changes. @default 1 */
  servers?: EventServers;
  /** Size of the volume of each server; it can grow, not shrink. @default "2Gi" */
  storage?: string;
  /** StorageClass of its volumes. @default the cluster's default class */
  storageClass?: pulumi.Input<string>;
  /** How long events stay. @default 30 days, and what is for everybody up to a quarter of the volume */
  retention?: Partial<EventRetention>;
  /** Whether namespace, volume and streams stay when it is removed. To remove them with it, apply `false` first, then remove it. @default true */
  keepData?: boolean;
  /** Count it up to have all keys and credentials made anew. @default 1 */
  keyGeneration?: number;
  /** PriorityClass of its pod, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<EventBusChildren>;
}

/**
 * Where the guild's systems, agents and people tell each other what happens: NATS with JetStream, by TLS alone.
 *
 * What may be read by the same people is a stream: the guild's, the admins', one for each person. Who says or reads
 * something has an account of its own on the server, signed by a key that is nowhere but in the stack's state: in its
 * imports stands all that it may, and the server puts the name of who speaks into the subject. Accounts are told to the
 * server while it runs. Nothing in the cluster has the power to change a stream or an account.
 */
export class EventBus extends pulumi.ComponentResource implements EventBusAccess {
  readonly host = eventsHost;
  readonly url = eventsUrl;
  declare readonly caCertificate: pulumi.Output<string>;
  /** What `Backup` takes: of three servers the volume of the first, as each has all. */
  readonly volume: BackupVolume;
  private readonly keeper: Doorkeeper;

  constructor(name: string, args: EventBusArgs, opts?: pulumi.ComponentResourceOptions) {
    const servers = args.servers ?? 1,
      storage = args.storage ?? "2Gi",
      generation = args.keyGeneration ?? 1,
      data = retention(args.keepData);
    super(
      "guildnet:index:EventBus",
      name,
      { reaches: servers === 1 ? "everybody: events wait for some seconds" : "nobody: another server is there for it" },
      transformed(name, args.transform, opts),
    );
    this.caCertificate = pulumi.output(args.authority.certificatePem);
    const place = ownNamespace(name, { app: EVENTS_APP, namespace: EVENTS_NAMESPACE, level: "restricted", data }, this);
    this.volume = volumeOf(place, servers);
    const operator = new EventOperator(`${name}-operator`, { name: "guildnet", generation }, { parent: this });
    const claims = eventClaims(servers).map((claim, index) =>
      volumeClaim(place, servers === 1 ? "data" : `data-${index}`, {
        claim,
        size: storage,
        storageClass: args.storageClass,
        data,
      }),
    );
    const workload = workloadOf(place, operator, args, { claims, servers, storage });
    service(place, servers);
    // Known once it is ready, so that what asks it waits.
    const server = pulumi
      .all([workload.metadata.name, args.authority.certificatePem, pulumi.secret(args.kubeconfig)])
      .apply(([, caCertificatePem, kubeconfig]) => ({
        url: eventsUrl,
        caCertificatePem,
        cluster: { kubeconfig, ...throughCluster(servers) },
        ...(servers > 1 && { servers }),
      }));
    const people = args.people;
    this.keeper = {
      url: eventsUrl,
      server,
      operator,
      caCertificate: this.caCertificate,
      people,
      generation,
      reach: toEvents(servers),
    };
    const { days, size } = retentionOf(storage, args.people.length, args.retention);
    for (const audience of audiencesOf(args.people))
      new EventStream(
        `${name}-stream-${audience}`,
        {
          server,
          operator,
          name: streamOf(audience),
          subjects: [subjectsOf(audience)],
          heard: heardOf(audience),
          maxBytes: size(audience),
          maxAgeSeconds: days * 24 * 60 * 60,
          replicas: servers,
        },
        { parent: this, retainOnDelete: data === "kept" },
      );
    this.registerOutputs({ caCertificate: this.caCertificate });
  }

  identity(name: string, user: pulumi.Input<EventUser>, parent: pulumi.Resource): EventIdentity {
    return identityOn(this.keeper, name, user, parent);
  }

  join(place: Place, user: pulumi.Input<EventUser>): EventsJoined {
    return joinedTo(this.keeper, place, user);
  }
}

/** What scanners find in its Deployment, and why it stands. */
const oneServer = accepted({
  "single-replica": "its volume is writable on one node, and whoever speaks to it waits and connects again",
  recreated: "its volume is writable by one pod at a time",
});

function volumeOf({ namespace }: OwnPlace, servers: EventServers): BackupVolume {
  const [claim = "data"] = eventClaims(servers),
    [pod] = eventPods();
  return { namespace, claim, user: EVENTS_USER, workload: eventsApp(servers), ...(servers > 1 && { pod }) };
}

function service(place: Place, servers: EventServers): void {
  new k8s.core.v1.Service(
    `${place.name}-service`,
    {
      metadata: metaIn(place, EVENTS_APP, unawaited),
      spec: {
        selector: appSelector(eventsApp(servers)),
        ports: [{ name: "nats", port: CLIENT_PORT, targetPort: "nats", protocol: "TCP" }],
      },
    },
    { parent: place.parent },
  );
}

interface Workload {
  claims: k8s.core.v1.PersistentVolumeClaim[];
  servers: EventServers;
  storage: string;
}

/** Child `<place>-deployment` of one server, or `<place>-servers` of three, and all that their pods stand on. */
function workloadOf(
  place: OwnPlace,
  operator: EventOperator,
  args: EventBusArgs,
  { claims, servers, storage }: Workload,
): k8s.apps.v1.Deployment | k8s.apps.v1.StatefulSet {
  const { parent } = place;
  const beside = servers === 1 ? undefined : routes(place);
  const bytes = Math.floor(quantity(storage) * USABLE);
  const serve = pulumi
    .all([operator.operatorJwt, operator.systemAccount, operator.systemJwt, operator.guildJwt])
    .apply(([operatorJwt, systemAccount, systemJwt, guildJwt]) =>
      JSON.stringify(
        serverSettings(
          { operatorJwt, systemAccount, systemJwt, guildAccount: GUILD_ACCOUNT, guildJwt },
          bytes,
          beside && routeHosts,
        ),
      ),
    );
  // One server keeps its own until it goes: were it replaced here, the server would go with it before its events have moved.
  const called = servers === 1 ? "settings" : "servers-settings";
  const settings = new k8s.core.v1.ConfigMap(
    `${place.name}-${called}`,
    {
      metadata: metaIn(place, called),
      data: { "server.json": serve, ...(beside && { "routes.crt": beside.authorityPem }) },
    },
    { parent },
  );
  const certificate = serverCertificate(place, { authority: args.authority, dnsNames: [eventsHost] });
  const account = powerlessAccount(place);
  const readAtStart = [...certificate.readAtStart, ...(beside?.certificates ?? [])];
  const resolved: ResolvedEventBus = {
    image: args.image ?? images.nats,
    priorityClass: args.priorityClass,
    serviceAccount: account.metadata.name,
    settings: settings.metadata.name,
    tlsSecret: certificate.secret,
    mountedVersion: pulumi
      .all([serve, ...readAtStart.map(({ certificatePem }) => certificatePem)])
      .apply((parts) => contentVersion(parts.join("\n"))),
  };
  const guards = networkPolicies(place, eventBusReach(servers));
  if (beside === undefined) {
    const claim = claims[0]?.metadata.name ?? "data";
    return new k8s.apps.v1.Deployment(
      `${place.name}-deployment`,
      { metadata: metaIn(place, EVENTS_APP, oneServer), spec: eventBusDeployment({ ...resolved, claim }) },
      { parent, dependsOn: guards },
    );
  }
  new k8s.policy.v1.PodDisruptionBudget(
    `${place.name}-disruptions`,
    { metadata: metaIn(place, EVENTS_SERVERS_APP), spec: disruptionBudget },
    { parent },
  );
  return new k8s.apps.v1.StatefulSet(
    `${place.name}-servers`,
    {
      metadata: metaIn(place, EVENTS_SERVERS_APP),
      spec: eventServersSet({
        ...resolved,
        routes: beside.service,
        routeTlsSecrets: beside.secrets,
        routeAuthority: settings.metadata.name,
        keys: operator.operatorJwt.apply(contentVersion),
        storage,
        storageClass: args.storageClass,
      }),
    },
    // Claims grow by themselves, which a set's own template of them can't.
    { parent, dependsOn: [...guards, ...claims], ignoreChanges: ["spec.volumeClaimTemplates"] },
  );
}
