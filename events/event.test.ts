import { describe, expect, test } from "vitest";
import {
  addressOf,
  appSource,
  eventKinds,
  eventOf,
  messageOf,
  personal,
  saidSubject,
  subjectOf,
  workspaceSource,
} from "./index.ts";
import type { Arrived } from "./index.ts";

const data = { agent: "codex", text: "done" };
const said = { id: "1f", time: "2026-11-29T02:00:00.000Z" };
const arrived = (over: Partial<Arrived> = {}): Arrived => ({
  subject: "events.guild.ws-ada.agent.said",
  payload: messageOf("agent.said", data, said),
  keptAt: "2026-11-29T02:00:01.5Z",
  sequence: 7,
  ...over,
});

describe("an event", () => {
  test("arrives as it was said, with what the bus vouches for taken from the subject", () => {
    expect(eventOf(arrived())).toEqual({
      specversion: "1.0",
      ...said,
      audience: "guild",
      source: "ws-ada",
      type: "agent.said",
      version: 1,
      known: true,
      data,
    });
  });

  test("can't say of itself who says it, or for whom", () => {
    const payload = JSON.stringify({
      ...said,
      source: "up",
      audience: "admins",
      type: "stack.applied",
      version: 1,
      data,
    });
    expect(eventOf(arrived({ payload }))).toMatchObject({ source: "ws-ada", audience: "guild", type: "agent.said" });
  });

  test("may be written by hand: what it doesn't say is what the bus knows", () => {
    expect(eventOf(arrived({ payload: JSON.stringify({ data }) }))).toMatchObject({
      known: true,
      id: "7",
      time: "2026-11-29T02:00:01.5Z",
      data,
    });
  });

  test("of a newer kind has fields that nobody here knows, and is read without them", () => {
    const payload = JSON.stringify({ ...said, version: 1, colour: "red", data: { ...data, mood: "well" } });
    expect(eventOf(arrived({ payload }))).toMatchObject({ known: true, data });
  });

  test.each([
    ["of an unknown type", { subject: "events.guild.ws-ada.agent.danced" }, /no type "agent.danced"/],
    ["of a newer version", { payload: JSON.stringify({ version: 2, data }) }, /version 1, and this is version 2/],
    ["that lacks something", { payload: JSON.stringify({ data: { agent: "codex" } }) }, /no agent.said: text/],
    ["that is no object", { payload: '"hello"' }, /no event/],
    ["that is no JSON", { payload: "hello" }, /no event/],
    ["of bytes that are no text", { payload: Uint8Array.of(0xff, 0xfe) }, /no event/],
    ["with a time that is none", { payload: JSON.stringify({ time: "noon", data }) }, /no event: time/],
  ])("%s is passed on, and why it can't be read", (_, over, why) => {
    expect(eventOf(arrived(over))).toMatchObject({ known: false, source: "ws-ada", why: expect.stringMatching(why) });
  });

  test("is refused before it is sent where it isn't what its type says", () => {
    expect(() => messageOf("agent.said", { agent: "codex", text: "" }, said)).toThrow(/text/);
    expect(() =>
      messageOf("git.push", { repository: { id: "rad:z1", name: "it" }, ref: "main", commit: "abc", by: "ada" }, said),
    ).toThrow(/commit/);
  });
});

describe("a subject", () => {
  test("is made of what it is read as", () => {
    const address = { audience: personal("bob"), source: workspaceSource("ada-lab"), type: "git.patch.opened" };
    expect(subjectOf(address)).toBe("events.@bob.ws-ada-lab.git.patch.opened");
    expect(addressOf(subjectOf(address))).toEqual(address);
    expect(saidSubject("guild", "note.changed")).toBe("say.guild.note.changed");
  });

  test.each([
    "events.guild.ws-ada",
    "events.guild.nobody.git.push",
    "events.everybody.ws-ada.git.push",
    "events.@.ws-ada.git.push",
    "events.guild.ws-ada.git",
    "events.guild.ws-.git.push",
    "say.guild.git.push",
    "events.guild.ws-ada.git..push",
    "",
  ])("%j is no event's", (subject) => {
    expect(addressOf(subject)).toBeUndefined();
    expect(eventOf(arrived({ subject }))).toBeUndefined();
  });

  test("of a workspace is never one of the guild's own, whatever it is called", () => {
    for (const name of ["portal", "up", "app-wiki"]) expect(workspaceSource(name)).toBe(`ws-${name}`);
    expect(appSource("portal")).toBe("app-portal");
    expect([personal("guild"), personal("admins")]).toEqual(["@guild", "@admins"]);
  });

  test("has a place for every type", () => {
    for (const type of Object.keys(eventKinds))
      expect(addressOf(subjectOf({ audience: "guild", source: "up", type }))?.type).toBe(type);
  });
});
