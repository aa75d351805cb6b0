import {
  CertificateAuthority,
  EmbeddedCluster,
  EventBus,
  eventsAttachment,
  imageOf,
  images,
  Monitoring,
  Storage,
  Workspace,
} from "../../components/index.ts"; // elsewhere: from "guildnet"

const authority = new CertificateAuthority("authority", { commonName: "Lab CA" });
const cluster = new EmbeddedCluster("lab", {
  apiPort: 8191,
  images: {
    storage: { reference: images.localPathProvisioner },
    nats: { reference: images.nats },
    metrics: { reference: images.victoriaMetrics.server },
    rules: { reference: images.victoriaMetrics.rules },
    node: { reference: images.nodeExporter },
    portal: { context: "../../images/portal" }, // the receiver of alerts is in it
    workspace: { context: "../../images/workspace" },
  },
});
const image = (name: string) => imageOf(cluster.images, name);
const opts = { provider: cluster.provider, deletedWith: cluster.machine };
const { className: storageClass } = new Storage(
  "storage",
  { image: image("storage"), path: cluster.volumesPath },
  opts,
);

const events = new EventBus(
  "events",
  { image: image("nats"), authority, kubeconfig: cluster.kubeconfig, people: ["ada"], storageClass },
  opts,
);
new Monitoring(
  "monitoring",
  {
    cluster,
    images: { metrics: image("metrics"), rules: image("rules"), node: image("node"), alerts: image("portal") },
    knownKubelets: true,
    events,
    // Said when less than a fifth of the disk is left.
    thresholds: { diskFree: 20 },
    storageClass,
  },
  opts,
);

/** In it, `nats sub 'events.admins.>'` hears alerts as they begin and end. */
new Workspace(
  "ada",
  {
    owner: "ada",
    image: image("workspace"),
    storageClass,
    attachments: [eventsAttachment(events, { admins: ["ada"] })],
  },
  opts,
);
