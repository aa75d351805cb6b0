import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Leases } from "./leases.ts";
import { LONGEST_SECONDS } from "./lifetimes.ts";
import { MemoryMembers, Members } from "./members.ts";
import { Sessions } from "./sessions.ts";
import { MemorySignOuts, SignOuts } from "./sign-outs.ts";

const HOUR = 3600;
const now = (): number => Date.now() / 1000;
let sessions: Sessions;
let leases: Leases;

beforeEach(async () => {
  vi.useFakeTimers({ now: 0 });
  sessions = new Sessions(
    randomBytes(32),
    now,
    await SignOuts.load(new MemorySignOuts(), now),
    await Members.load(new MemoryMembers(["ada"])),
  );
  leases = new Leases(now, sessions);
});
afterEach(() => void vi.useRealTimers());

const after = (hours: number): void => void vi.advanceTimersByTime(hours * HOUR * 1000);

test("what runs in a session that nobody uses ends after 12 hours", () => {
  const end = vi.fn();
  leases.hold({ session: sessions.begin("ada"), traffic: () => 100, end });
  after(11.9);
  expect(end).not.toHaveBeenCalled();
  after(0.2);
  expect(end).toHaveBeenCalledOnce();
  expect(leases.size).toBe(0);
});

test("it lives on where the session is renewed elsewhere", () => {
  const end = vi.fn(),
    session = sessions.begin("ada");
  leases.hold({ session, end });
  after(7);
  sessions.renewed(session);
  after(11);
  expect(end).not.toHaveBeenCalled();
  after(2);
  expect(end).toHaveBeenCalledOnce();
});

test("its own traffic renews the session, for 7 days in all", async () => {
  let bytes = 0;
  const end = vi.fn(),
    session = sessions.begin("ada");
  leases.hold({ session, traffic: () => bytes, end });
  for (; now() < LONGEST_SECONDS - HOUR; after(1)) bytes += 1;
  expect(end).not.toHaveBeenCalled();
  // So that a tunnel that breaks off may be opened again with the cookie of the first hour.
  expect(await sessions.portalSession(await sessions.portalToken(session))).toBeDefined();
  after(1);
  expect(end).toHaveBeenCalledOnce();
});

test("what needs no session has no end, and what ended by itself is not ended again", () => {
  const [open, ended] = [vi.fn(), vi.fn()];
  leases.hold({ end: open });
  leases.hold({ session: sessions.begin("ada"), end: ended })();
  after(200);
  expect([open, ended].flatMap(({ mock }) => mock.calls)).toEqual([]);
  expect(leases.size).toBe(1);
});
