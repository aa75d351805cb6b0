import { Gauge } from "prom-client";
import type { Registry } from "prom-client";

/** Tells how many events of a program wait to be said: where there are some for long, the bus takes none. */
export function tellWaitingEvents(registry: Registry, waiting: () => number): void {
  new Gauge({
    name: "guildnet_events_waiting",
    help: "Events that are to be said on the event bus, which has not taken them yet.",
    registers: [registry],
    collect() {
      this.set(waiting());
    },
  });
}
