/** From when on something is wrong. */
export interface Thresholds {
  /** Percent of a node's disk that must be free. */
  diskFree: number;
  /** Days for which a node's disk must last, at the pace of the last six hours. */
  diskLasts: number;
  /** Percent of a volume that must be free. */
  volumeFree: number;
  /** Percent of a node's memory that must be free. */
  memoryFree: number;
  /** Hours within which a volume must have had a backup. */
  backupWithin: number;
  /** Days that a certificate must last: they are renewed weeks before their end. */
  certificateLasts: number;
  /** Times that a program may start anew within an hour. */
  restarts: number;
}

export const usualThresholds: Thresholds = {
  diskFree: 10,
  diskLasts: 4,
  volumeFree: 5,
  memoryFree: 5,
  backupWithin: 36,
  certificateLasts: 7,
  restarts: 3,
};

/** https://docs.victoriametrics.com/victoriametrics/vmalert/#alerting-rules, as far as it is used here */
export interface AlertRule {
  alert: string;
  expr: string;
  /** How long it must be so. */
  for: string;
  labels: { severity: "warning" | "critical" };
  annotations: {
    /** What it is about, in a word. */
    about: string;
    /** For a person, in a sentence. */
    summary: string;
  };
}

const HOUR = 60 * 60;
const DAY = 24 * HOUR;
/** Of the file system that nodes have images, logs and volumes of an embedded cluster on. */
const free = "node_filesystem_avail_bytes",
  // As `df` has it: what is kept for root alone counts as neither.
  size = `(${free} + node_filesystem_size_bytes - node_filesystem_free_bytes)`,
  pace = `deriv(${free}[6h])`;
const volume = "volume {{ $labels.persistentvolumeclaim }} of {{ $labels.namespace }}";

/** What a guild cares about, as vmalert reads it. */
export function alertRules(limits: Thresholds): { groups: { name: string; rules: AlertRule[] }[] } {
  return { groups: [{ name: "guild", rules: rulesOf(limits) }] };
}

function rulesOf(limits: Thresholds): AlertRule[] {
  return [
    {
      alert: "DiskAlmostFull",
      expr: `100 * ${free} / ${size} < ${limits.diskFree}`,
      for: "5m",
      labels: { severity: "critical" },
      annotations: {
        about: "{{ $labels.node }}",
        summary: 'The disk of node {{ $labels.node }} has {{ printf "%.0f" $value }} % left.',
      },
    },
    {
      alert: "DiskFilling",
      // Where there is less than half, lest an image that was fetched is taken for a pace.
      expr: `(time() + ${free} / -${pace}) and ${pace} * ${limits.diskLasts * DAY} + ${free} < 0 and ${free} / ${size} < 0.5`,
      for: "30m",
      labels: { severity: "warning" },
      annotations: {
        about: "{{ $labels.node }}",
        summary:
          'The disk of node {{ $labels.node }} is full on {{ ($value | toTime).Format "2006-01-02" }} if it goes on as in the last six hours.',
      },
    },
    {
      alert: "VolumeAlmostFull",
      expr: `100 * kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < ${limits.volumeFree}`,
      for: "5m",
      labels: { severity: "warning" },
      annotations: { about: volume, summary: `The ${volume} has {{ printf "%.0f" $value }} % left.` },
    },
    {
      alert: "MemoryShort",
      expr: `100 * node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < ${limits.memoryFree}`,
      for: "10m",
      labels: { severity: "warning" },
      annotations: {
        about: "{{ $labels.node }}",
        summary: 'Of the memory of node {{ $labels.node }} {{ printf "%.0f" $value }} % are left.',
      },
    },
    {
      alert: "CertificateExpires",
      expr: `guildnet_certificate_ends_timestamp_seconds - time() < ${limits.certificateLasts * DAY}`,
      for: "0s",
      labels: { severity: "critical" },
      annotations: {
        about: "certificate {{ $labels.certificate }} of {{ $labels.namespace }}",
        summary:
          "The certificate {{ $labels.certificate }} of {{ $labels.namespace }} ends in {{ $value | humanizeDuration }} and was not renewed.",
      },
    },
    {
      alert: "BackupFailed",
      expr: "guildnet_backup_failed == 1",
      for: "5m",
      labels: { severity: "warning" },
      annotations: {
        about: "backup of {{ $labels.namespace }}",
        summary: "The last backup of the volume of {{ $labels.namespace }} failed.",
      },
    },
    {
      alert: "BackupTooOld",
      expr: `time() - guildnet_backup_done_timestamp_seconds > ${limits.backupWithin * HOUR}`,
      for: "5m",
      labels: { severity: "critical" },
      annotations: {
        about: "backup of {{ $labels.namespace }}",
        summary: "The volume of {{ $labels.namespace }} has had no backup for {{ $value | humanizeDuration }}.",
      },
    },
    {
      alert: "Restarting",
      // By its namespace and name: a pod that was made anew is another. As Prometheus counts: to VictoriaMetrics the first start is a change.
      expr: `changes_prometheus(container_start_time_seconds[1h]) >= ${limits.restarts}`,
      for: "0s",
      labels: { severity: "warning" },
      annotations: {
        about: "pod {{ $labels.pod }} of {{ $labels.namespace }}",
        summary:
          "{{ $labels.container }} in the pod {{ $labels.pod }} of {{ $labels.namespace }} was started anew {{ $value }} times within an hour.",
      },
    },
    {
      alert: "EventsWait",
      // Of whoever has some to say and tells how many: all of them to the same bus.
      expr: "max(guildnet_events_waiting) > 0",
      for: "5m",
      labels: { severity: "warning" },
      annotations: {
        about: "event bus",
        summary: "{{ $value }} events wait to be said: the event bus takes none of them.",
      },
    },
    {
      alert: "NodeDown",
      expr: 'up{job="kubelet"} == 0',
      for: "2m",
      labels: { severity: "critical" },
      annotations: { about: "{{ $labels.node }}", summary: "The node {{ $labels.node }} does not answer." },
    },
    {
      alert: "NoFigures",
      expr: 'up{job!="kubelet"} == 0',
      for: "5m",
      labels: { severity: "warning" },
      annotations: {
        about: "{{ $labels.job }}",
        summary: "No figures of {{ $labels.job }} come from {{ $labels.instance }}.",
      },
    },
  ];
}
