import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { executablePath, signIn } from "../support/browser.ts";
import { everything, kubectl, upUnlessUp } from "../support/guildnet.ts";

// The portal's page of events. What it shows of a bus that is away, and of more than it holds, is tried without a cluster.

const slow = { timeout: 120_000 };
let browser: Browser;
const pages = new Map<string, Page>();

beforeAll(async () => {
  await upUnlessUp(everything);
  await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  for (const person of ["ada", "bob"]) pages.set(person, await open(person));
});

afterAll(async () => {
  await browser?.close();
});

/** A browser of its own, in which somebody looks at the events. */
async function open(person: string): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await signIn(page, person, slow);
  await page.getByRole("link", { name: "Events" }).click(slow);
  await page.getByRole("heading", { name: "Events" }).waitFor(slow);
  return page;
}

const of = (person: string): Page => pages.get(person) ?? expect.fail(`${person} has no page`);

/** Says something in ada's workspace. @returns once it is kept */
function say(audience: string, text: string): Promise<string> {
  const data = JSON.stringify({ data: { agent: "test", text } });
  const nats = ["nats", "req", "--timeout", "20s", `say.${audience}.agent.said`, data];
  return kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", ...nats);
}

const shown = (person: string, text: string) => of(person).getByRole("listitem").filter({ hasText: text });

test("what a workspace says to all appears in everybody's open page, with who says it", async () => {
  expect(await say("guild", "feed: for all")).toContain("events-guild");
  for (const person of ["ada", "bob"]) {
    await shown(person, "feed: for all").waitFor(slow);
    expect(await shown(person, "feed: for all").textContent()).toContain("workspace ada");
  }
});

test("what it says to its owner appears in that person's page alone", async () => {
  await say("@ada", "feed: for ada");
  await shown("ada", "feed: for ada").waitFor(slow);
  expect(await shown("ada", "feed: for ada").textContent()).toContain("for you");
  await say("guild", "feed: after that");
  await shown("bob", "feed: after that").waitFor(slow);
  expect(await shown("bob", "feed: for ada").count()).toBe(0);
  await of("bob").reload();
  await shown("bob", "feed: after that").waitFor(slow);
  expect(await shown("bob", "feed: for ada").count()).toBe(0);
});

test("a person chooses among them, and sees all of one", async () => {
  const page = of("ada");
  await page.getByLabel("With the words").fill("after");
  await expect.poll(() => shown("ada", "feed: for all").count(), slow).toBe(0);
  await shown("ada", "feed: after that").waitFor(slow);
  await shown("ada", "feed: after that").locator("summary").click(slow);
  await page.getByText('"source": "ws-ada"').waitFor(slow);
  await page.getByLabel("With the words").fill("");
  await page.getByLabel("What").selectOption("git");
  await expect.poll(() => shown("ada", "feed:").count(), slow).toBe(0);
  await page.getByLabel("What").selectOption("agent");
  await shown("ada", "feed: for ada").waitFor(slow);
});

test("an open page goes on by itself when the bus has started anew", async () => {
  const bus = ["--namespace", "guildnet-events"];
  await kubectl("delete", "pod", ...bus, "--selector", "app.kubernetes.io/name=nats", "--grace-period", "0", "--force");
  await kubectl("rollout", "status", ...bus, "deploy/nats", "--timeout", "120s");
  await expect.poll(() => say("guild", "feed: after the restart").catch(() => ""), slow).toContain("events-guild");
  for (const person of ["ada", "bob"]) await shown(person, "feed: after the restart").first().waitFor(slow);
});
