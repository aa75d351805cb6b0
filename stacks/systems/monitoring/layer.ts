import { images, Monitoring } from "../../../components/index.ts";
import type { EventBusAccess } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Ground, Layer, WantedVolume, Wants } from "../../system.ts";
import type { BackupKeys } from "../backup/schema.ts";
import type { CertificatesGives } from "../certificates/layer.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { PortalGives } from "../portal/layer.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import type { StorageGives } from "../storage/layer.ts";
import { monitoringKeys } from "./schema.ts";
import type { MonitoringKeys } from "./schema.ts";

type Reads = MonitoringKeys & BackupKeys;
/** Where there is an event bus. */
type MayNeed = { events?: EventBusAccess | undefined };
type Needs = MayNeed & Ground & CertificatesGives & ClusterGives & SchedulingGives & StorageGives & PortalGives;

/** After all that has figures to tell. */
export const monitoring = system({
  keys: monitoringKeys,
  volumes: monitoringVolumes,
  wants: monitoringWants,
  layer: monitoringLayer,
});

function monitoringVolumes({ monitoring: wanted }: MonitoringKeys): WantedVolume[] {
  return wanted === undefined
    ? []
    : [{ path: ["monitoring"], ...Monitoring.place, size: wanted.storage, sizeKey: ["storage"] }];
}

function monitoringWants({ monitoring: wanted }: MonitoringKeys): Partial<Wants> {
  if (wanted === undefined) return {};
  const { server, rules } = images.victoriaMetrics;
  return {
    images: {
      "victoria-metrics": { reference: server },
      vmalert: { reference: rules },
      "node-exporter": { reference: images.nodeExporter },
    },
  };
}

function monitoringLayer(config: Reads, ground: Needs): Layer<object, object> {
  const { monitoring: wanted } = config;
  const { access, certificates, classes, classIn, events, figures, image, kept, opts, portalImage } = ground;
  if (wanted === undefined) return { gives: {}, outputs: {} };
  const { alerts, keepData, retentionDays, storage } = wanted;
  new Monitoring(
    "monitoring",
    {
      cluster: access,
      images: {
        metrics: image("victoria-metrics"),
        rules: image("vmalert"),
        node: image("node-exporter"),
        alerts: portalImage,
      },
      scraped: figures,
      // Its certificate is signed as all of an embedded node's are.
      knownKubelets: access.kind === "embedded",
      certificates: certificates !== undefined,
      backups: config.backup !== undefined ? kept.map(({ volume }) => volume.namespace) : [],
      events,
      thresholds: alerts,
      retentionDays,
      storage,
      keepData,
      storageClass: classIn(Monitoring.place, keepData),
      priorityClass: classes.platform,
    },
    opts,
  );
  return { gives: {}, outputs: {} };
}
