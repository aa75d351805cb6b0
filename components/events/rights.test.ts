import { describe, expect, test } from "vitest";
import { eventKinds, services } from "../../events/index.ts";
import type { EventUser } from "../kube/event-access.ts";
import { audiencesOf, importsOf, rightsOf } from "./rights.ts";

const people = ["ada", "bob"];
const ada: EventUser = { kind: "workspace", id: "ada-lab", owner: "ada", admin: false };
const everybody: EventUser[] = [
  ada,
  { ...ada, admin: true },
  { kind: "app", name: "wiki", owner: "bob" },
  ...services.map((service) => ({ kind: "service" as const, service })),
];

describe("a workspace", () => {
  test("says what agents and notes have to say, to everybody and to its owner, and reads what is for these", () => {
    expect(rightsOf(ada, people)).toEqual({
      source: "ws-ada-lab",
      says: [
        { family: "agent", to: ["guild", "@ada"] },
        { family: "note", to: ["guild", "@ada"] },
      ],
      reads: ["guild", "@ada"],
    });
    expect(rightsOf({ ...ada, admin: true }, people).reads).toEqual(["guild", "@ada", "admins"]);
  });

  test("is given nothing of another's, and no way to streams but to look at them", () => {
    expect(importsOf(rightsOf(ada, people))).toEqual([
      { type: "service", subject: "events.guild.ws-ada-lab.agent.>", local: "say.guild.agent.>" },
      { type: "service", subject: "events.@ada.ws-ada-lab.agent.>", local: "say.@ada.agent.>" },
      { type: "service", subject: "events.guild.ws-ada-lab.note.>", local: "say.guild.note.>" },
      { type: "service", subject: "events.@ada.ws-ada-lab.note.>", local: "say.@ada.note.>" },
      { type: "service", subject: "$JS.API.INFO", local: "api.INFO" },
      { type: "stream", subject: "heard.guild.>", local: "events.guild.>" },
      { type: "service", subject: "$JS.API.DIRECT.GET.events-guild", local: "api.DIRECT.GET.events-guild" },
      { type: "service", subject: "$JS.API.STREAM.INFO.events-guild", local: "api.STREAM.INFO.events-guild" },
      { type: "stream", subject: "heard.@ada.>", local: "events.@ada.>" },
      { type: "service", subject: "$JS.API.DIRECT.GET.events-@ada", local: "api.DIRECT.GET.events-@ada" },
      { type: "service", subject: "$JS.API.STREAM.INFO.events-@ada", local: "api.STREAM.INFO.events-@ada" },
    ]);
  });
});

test("nobody says anything but as itself, nor asks a stream for more than what is in it", () => {
  for (const user of everybody) {
    const rights = rightsOf(user, people);
    for (const { type, subject } of importsOf(rights)) {
      const said = /^events\.[^.]+\.([^.]+)\.[a-z]+\.>$/.exec(subject)?.[1];
      if (type === "service" && said !== undefined) expect(said).toBe(rights.source);
      else
        expect(subject).toMatch(/^(heard\.[^.*>]+\.>|\$JS\.API\.(INFO|(DIRECT\.GET|STREAM\.INFO)\.events-[^.*>]+))$/);
    }
  }
});

test("backups are told to admins alone, by what sees them; alerts to the guild as well", () => {
  expect(rightsOf({ kind: "service", service: "alerts" }, people).says).toEqual([
    { family: "alert", to: ["guild", "admins"] },
    { family: "backup", to: ["admins"] },
  ]);
});

test("each service speaks to people one by one, so that one more is one stream more", () => {
  expect(rightsOf({ kind: "service", service: "models" }, people).says).toEqual([
    { family: "models", to: ["admins", "@ada", "@bob"] },
  ]);
  expect(rightsOf({ kind: "service", service: "portal" }, people).reads).toEqual(audiencesOf(people));
});

test("of every family of types there is somebody who may say it", () => {
  const said = new Set(everybody.flatMap((user) => rightsOf(user, people).says.map(({ family }) => String(family))));
  expect(
    [...new Set(Object.keys(eventKinds).map((type) => type.split(".")[0]))].filter((family) => !said.has(family ?? "")),
  ).toEqual([]);
});
