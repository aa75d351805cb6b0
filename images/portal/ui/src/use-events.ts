import { useCallback, useEffect, useState } from "react";
import type { LiveEvents, SeenEvent } from "../../api/types.ts";
import { NO_EVENTS, setPaused, withMore, type EventList } from "./event-list.ts";

/** Events come one by one, hundreds at first; the list is drawn anew for many at once. */
const DRAW_EVERY_MS = 100;

export interface EventChoice {
  /** First words of a type; "" for all. */
  readonly type: string;
  /** "" for all. */
  readonly source: string;
}

export interface SeenEvents {
  readonly list: EventList;
  /** False while the bus is away; the portal connects again. */
  readonly bus: boolean;
  /** False while the portal is; the browser connects again. */
  readonly portal: boolean;
  /** Whether what is kept has come. */
  readonly caughtUp: boolean;
  /** How many were left out while the page was away. */
  readonly missed: number;
}

const NOTHING_YET: SeenEvents = { list: NO_EVENTS, bus: true, portal: true, caughtUp: false, missed: 0 };

/**
 * What is said on the bus, as the portal passes it on.
 * @param onEnded the stream was closed for good: the session is over
 */
export function useEvents(
  { type, source }: EventChoice,
  onEnded: () => void,
): SeenEvents & { pause(paused: boolean): void } {
  const [seen, setSeen] = useState(NOTHING_YET);

  useEffect(() => {
    // Another choice is another list, which moves.
    setSeen(({ bus }) => ({ ...NOTHING_YET, bus }));
    const query = new URLSearchParams({ ...(type && { type }), ...(source && { source }) });
    const stream = new EventSource(`/api/events?${query}`);
    let waiting: SeenEvent[] = [],
      timer: number | undefined;
    const draw = (): void => {
      const events = waiting;
      waiting = [];
      timer = undefined;
      setSeen((before) => ({ ...before, list: withMore(before.list, events) }));
    };
    const on = <K extends keyof LiveEvents>(event: K, apply: (data: LiveEvents[K]) => void): void =>
      stream.addEventListener(event, ({ data }: MessageEvent<string>) => apply(JSON.parse(data) as LiveEvents[K]));
    on("bus", ({ connected: bus }) => setSeen((before) => ({ ...before, bus, portal: true })));
    on("said", (event) => {
      waiting.push(event);
      timer ??= window.setTimeout(draw, DRAW_EVERY_MS);
    });
    on("caughtUp", ({ missed }) => {
      window.clearTimeout(timer);
      draw();
      setSeen((before) => ({ ...before, caughtUp: true, missed: before.missed + missed }));
    });
    stream.onerror = () => {
      setSeen((before) => ({ ...before, portal: false }));
      if (stream.readyState === EventSource.CLOSED) onEnded();
    };
    return () => {
      window.clearTimeout(timer);
      stream.close();
    };
  }, [type, source, onEnded]);

  const pause = useCallback(
    (paused: boolean) => setSeen((before) => ({ ...before, list: setPaused(before.list, paused) })),
    [],
  );
  return { ...seen, pause };
}
