import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { inWorkspace, kept, nats, say } from "../support/events.ts";
import { everything, kubectl, upUnlessUp } from "../support/guildnet.ts";
import { inNode } from "../support/node.ts";

// The bus as workspaces have it. What a server of that version lets pass is tried by 00-event-bus, without a cluster;
// who comes to it and who goes, and how long events stay, by 12-whole.

const soon = { timeout: 120_000, interval: 500 };
const bus = ["--namespace", "guildnet-events"] as const;

beforeAll(async () => {
  await upUnlessUp(everything);
  for (const person of ["ada", "bob"])
    await kubectl("rollout", "status", "--namespace", `ws-${person}`, "deploy/workspace", "--timeout", "90s");
});

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
