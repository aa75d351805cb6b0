import { z } from "zod";
import type { EventData } from "../../../events/index.ts";

/** What an event of an alert carries. */
export type Alert = EventData<"alert.fired">;

const time = z.iso.datetime({ offset: true });
const posted = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()).default({}),
    startsAt: time,
    /** When it is over where nobody says it again; of one that is over, when it was. */
    endsAt: time,
  }),
);

/** An alert as vmalert says it again at every evaluation. */
export interface Posted {
  /** Which one it is: its labels, which are its alone. */
  readonly key: string;
  readonly alert: Alert;
  readonly until: Date;
}

const severities = new Set<unknown>(["warning", "critical"] satisfies Alert["severity"][]);
const isSeverity = (text: unknown): text is Alert["severity"] => severities.has(text);

/**
 * Alerts as they are posted to an Alertmanager.
 * https://github.com/prometheus/alertmanager/blob/v0.28.0/api/v2/openapi.yaml
 *
 * @throws z.ZodError where they are something else
 */
export function readPosted(body: unknown): Posted[] {
  return posted.parse(body).map(({ labels, annotations, startsAt, endsAt }) => {
    const { alertname = "an alert without a name", severity } = labels;
    return {
      key: JSON.stringify(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1))),
      alert: {
        alert: alertname,
        severity: isSeverity(severity) ? severity : "warning",
        about: annotations["about"] ?? alertname,
        summary: annotations["summary"] ?? alertname,
        // Events have milliseconds, vmalert has nanoseconds.
        since: new Date(startsAt).toISOString(),
      },
      until: new Date(endsAt),
    };
  });
}
