import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { throttled } from "./throttle.ts";

describe("throttled", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("passes on one message a second of a flood, the latest each time, and the last", () => {
    const sent: string[] = [];
    const { say } = throttled(1000, (message) => sent.push(message));
    for (let line = 0; line < 290; line++) {
      say(`line ${line}`);
      vi.advanceTimersByTime(10);
    }
    expect(sent).toEqual(["line 0", "line 99", "line 199"]);
    vi.advanceTimersByTime(1000);
    expect(sent).toEqual(["line 0", "line 99", "line 199", "line 289"]);
  });

  test("passes on at once what comes after a pause", () => {
    const sent: string[] = [];
    const { say } = throttled(1000, (message) => sent.push(message));
    say("first");
    vi.advanceTimersByTime(1001);
    say("second");
    expect(sent).toEqual(["first", "second"]);
  });

  test("says nothing twice", () => {
    const sent: string[] = [];
    const { say, flush } = throttled(1000, (message) => sent.push(message));
    say("only");
    flush();
    vi.advanceTimersByTime(5000);
    expect(sent).toEqual(["only"]);
  });

  test("passes on at a flush what still waits", () => {
    const sent: string[] = [];
    const { say, flush } = throttled(1000, (message) => sent.push(message));
    say("stopping");
    say("kept the volumes");
    flush();
    expect(sent).toEqual(["stopping", "kept the volumes"]);
  });
});
