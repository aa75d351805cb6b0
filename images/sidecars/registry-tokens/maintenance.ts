const DAY_MINUTES = 24 * 60;

/** When, each day, nothing may be pushed, because what nobody names any more is being removed. */
export interface Maintenance {
  /** Minutes after midnight, UTC. */
  readonly start: number;
  readonly minutes: number;
}

/** Whether it is under way. The window may go on past midnight. */
export function underWay({ start, minutes }: Maintenance, now: Date): boolean {
  return minutesSinceStart(start, now) < minutes;
}

/** Whole seconds until it is over; at least one. */
export function secondsLeft({ start, minutes }: Maintenance, now: Date): number {
  return Math.max(1, Math.ceil((minutes - minutesSinceStart(start, now)) * 60));
}

function minutesSinceStart(start: number, now: Date): number {
  const minute = now.getUTCHours() * 60 + now.getUTCMinutes() + now.getUTCSeconds() / 60;
  return (minute - start + DAY_MINUTES) % DAY_MINUTES;
}
