/** Takes many messages and passes on few. */
export interface Throttle {
  say(message: string): void;
  /** Passes on at once what still waits. */
  flush(): void;
}

/** Passes on the first message at once, then one each interval at most, always the latest; none is left unsaid for longer. */
export function throttled(milliseconds: number, send: (message: string) => void): Throttle {
  let waiting: string | undefined, timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === undefined) return;
    timer = setTimeout(flush, milliseconds).unref();
    send(waiting);
    waiting = undefined;
  };
  const say = (message: string): void => {
    waiting = message;
    if (timer === undefined) flush();
  };
  return { say, flush };
}
