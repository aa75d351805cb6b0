import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { lastForAdmins } from "../support/events.ts";
import { changesAhead, configure, everything, kubectl, mustGuildnet, nameOf, upWith } from "../support/guildnet.ts";
import { inNode } from "../support/node.ts";

// The bus as workspaces have it. What a server of that version lets pass is tried by 00-event-bus, without a cluster.

const soon = { timeout: 120_000, interval: 500 };
const bus = ["--namespace", "guildnet-events"] as const;

beforeAll(async () => {
  for (const person of ["ada", "bob"])
    await kubectl("rollout", "status", "--namespace", `ws-${person}`, "deploy/workspace", "--timeout", "90s");
});

afterAll(() => upWith(everything));

describe("an event", () => {
  test("is said in one workspace and read in another, by a command line that needs no set-up", async () => {
    const number = await say("ada", "from ada");
    expect(await kept("bob", number)).toEqual([{ number, source: "ws-ada", type: "agent.said", text: "from ada" }]);
  });

  test("is heard at once by who listens", async () => {
    const listening = nats("bob", "sub", "events.guild.ws-ada.>", "--count", "1", "--raw", "--wait", "60s");
    // Until it listens nothing is heard: said again until it was.
    let heard: string | undefined;
    void listening.then((words) => (heard = words));
    await vi.waitFor(async () => {
      await say("ada", "listen");
      expect(heard).toContain("listen");
    }, soon);
  });

  test("comes to a reader who is late in order and once, though the server was killed in the middle", async () => {
    const first = (await say("ada", "the first")) + 1;
    const texts = Array.from({ length: 30 }, (_, index) => `of thirty: ${index}`);
    const ids = randomUUID();
    for (const [index, text] of texts.entries()) {
      if (index === 10) await killServer();
      await vi.waitFor(() => say("ada", text, `${ids}-${index}`), soon);
    }
    expect((await kept("bob", first)).map(({ text }) => text)).toEqual(texts);
  });

  test("is still there after its pod was deleted", async () => {
    const number = await say("ada", "before");
    await kubectl(
      "delete",
      "pod",
      ...bus,
      "--selector",
      "app.kubernetes.io/name=nats",
      "--grace-period",
      "0",
      "--force",
    );
    await kubectl("rollout", "status", ...bus, "deploy/nats", "--timeout", "120s");
    await vi.waitFor(async () => expect((await kept("bob", number))[0]).toMatchObject({ text: "before" }), soon);
  });
});

describe("a workspace", () => {
  test.each([
    "events.guild.ws-ada.agent.said",
    "events.guild.up.stack.applied",
    "say.guild.stack.applied",
    "say.admins.agent.said",
    "say.@ada.agent.said",
  ])("that is bob's can't say %s", async (subject) => {
    await expect(nats("bob", "req", subject, '{"data":{}}', "--timeout", "5s")).resolves.toMatch(/[Nn]o responders/);
  });

  test("reads neither what is another's nor what is for admins", async () => {
    for (const stream of ["events-@ada", "events-admins"]) {
      await expect(nats("bob", "stream", "info", stream), stream).rejects.toThrow();
      expect(await nats("bob", "req", `api.DIRECT.GET.${stream}`, '{"seq":1}', "--timeout", "5s"), stream).toMatch(
        /[Nn]o responders/,
      );
    }
    expect(await nats("ada", "stream", "info", "events-admins")).toContain("events.admins.>");
  });

  test("gets in by nobody's credentials, and by none", async () => {
    await expect(
      inWorkspace("bob", "env", "-u", "NATS_CONTEXT", "nats", "pub", "say.guild.agent.said", "{}"),
    ).rejects.toThrow();
  });
});

describe("the guild", () => {
  const guest = { owner: "bob", name: "guest", preset: "small", keepData: false };
  const withGuest = { ...everything, workspaces: [...everything.workspaces, guest] };
  let before = "",
    first = 0;

  beforeAll(async () => {
    before = await uid();
    first = await say("ada", "before all of this");
  });

  test("lets a workspace more in without starting the bus anew", async () => {
    configure(withGuest);
    await mustGuildnet("up");
    await kubectl("rollout", "status", "--namespace", "ws-guest", "deploy/workspace", "--timeout", "120s");
    await say("guest", "I was here");
    for (const type of ["workspace.created", "workspace.started"] as const)
      await vi.waitFor(
        async () => expect(await lastForAdmins("ada", "portal", type)).toEqual({ workspace: "guest", owner: "bob" }),
        soon,
      );
    expect(await uid()).toBe(before);
  });

  test("changes how long events stay in place", async () => {
    configure({ ...withGuest, events: { retention: { days: 7 } } });
    expect((await changesAhead()).map(nameOf).sort()).toEqual([
      "events-stream-@ada",
      "events-stream-@bob",
      "events-stream-admins",
      "events-stream-guild",
    ]);
    await mustGuildnet("up");
    expect(await nats("bob", "stream", "info", "events-guild")).toMatch(/Maximum Age: 7d/);
    expect(await uid()).toBe(before);
  });

  test("lets nobody in whose workspace has gone", async () => {
    const access = JSON.parse(
      await kubectl("get", "secret", "events-access", "--namespace", "ws-guest", "--output", "json"),
    ) as { data: Record<string, string> };
    await upWith(everything);
    expect(await uid()).toBe(before);
    const stolen = Buffer.from(access.data["events.creds"] ?? "", "base64").toString();
    await inWorkspace("bob", "sh", "-c", 'umask 077; printf %s "$1" > /tmp/guest.creds', "sh", stolen);
    await expect(nats("bob", "--creds", "/tmp/guest.creds", "pub", "say.guild.agent.said", "{}")).rejects.toThrow(
      /[Aa]uthorization/,
    );
    await say("bob", "and I am");
    expect(await changesAhead()).toEqual([]);
  });

  test("tells what it does itself", async () => {
    expect(await kept("ada", first)).toContainEqual(expect.objectContaining({ source: "up", type: "stack.applied" }));
  });
});

/** Says something as a workspace, and has it kept. @returns its number */
async function say(person: string, text: string, id?: string): Promise<number> {
  const header = id === undefined ? [] : ["--header", `Nats-Msg-Id:${id}`];
  const answer = await nats(
    person,
    "req",
    "say.guild.agent.said",
    JSON.stringify({ data: { agent: "test", text } }),
    "--raw",
    ...header,
  );
  return (JSON.parse(answer) as { seq: number }).seq;
}

/** What everybody may read, from a number on, as a workspace gets it. */
async function kept(
  person: string,
  from: number,
): Promise<{ number: number; source: string; type: string; text: string }[]> {
  const last = Number(
    /Last Sequence: ([\d,]+)/.exec(await nats(person, "stream", "info", "events-guild"))?.[1]?.replaceAll(",", ""),
  );
  const count = String(last - from + 1);
  const words = await nats(
    person,
    "sub",
    "--stream",
    "events-guild",
    "--direct",
    "--start-sequence",
    String(from),
    "--count",
    count,
  );
  return [...words.matchAll(/Nats-Sequence: (\d+)|subject: events\.guild\.([^.]+)\.(\S+)|^(\{.*\})$/gm)].reduce<
    { number: number; source: string; type: string; text: string }[]
  >((events, [, number, source, type, body]) => {
    if (source !== undefined) events.push({ number: 0, source, type: type ?? "", text: "" });
    const event = events.at(-1);
    if (event !== undefined && number !== undefined) event.number = Number(number);
    if (event !== undefined && body !== undefined)
      event.text = (JSON.parse(body) as { data: { text: string } }).data.text;
    return events;
  }, []);
}

/** Ends the server at once, as a process that runs out of memory. */
async function killServer(): Promise<void> {
  const { stdout, exitCode, stderr } = await inNode(
    "pkill",
    "--signal",
    "KILL",
    "--full",
    "nats-server --config /etc/guildnet/events",
  );
  if (exitCode !== 0) throw new Error(`no server was killed: ${stdout}${stderr}`);
}

function uid(): Promise<string> {
  return kubectl(
    "get",
    "pods",
    ...bus,
    "--selector",
    "app.kubernetes.io/name=nats",
    "--output",
    "jsonpath={.items[*].metadata.uid}",
  );
}

function nats(person: string, ...args: string[]): Promise<string> {
  return inWorkspace(person, "sh", "-c", 'exec timeout 60 nats "$@" 2>&1', "sh", ...args);
}

function inWorkspace(person: string, ...command: string[]): Promise<string> {
  return kubectl("exec", "--namespace", `ws-${person}`, "deploy/workspace", "--", ...command);
}
