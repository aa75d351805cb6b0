import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { scriptedModel, withoutScriptedModel } from "../support/codex/scripted-pod.ts";
import { everything, kubectl, portalUrl, ports, signInLink, upUnlessUp } from "../support/guildnet.ts";
import { reaches } from "../support/network.ts";
import { PortalClient } from "../support/portal-client.ts";

// Notes with no set-up, in workspaces, in browsers that are signed in through the portal, and for agents. What is hostile,
// odd or many at once is tried beside the code.

/** Where Debian's Chromium is. */
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const notesUrl = `https://notes.guildnet-apps.localhost:${ports.portal}`;
const inside = "https://notes.guildnet-notes.svc";
const slow = { timeout: 120_000 };
const soon = { timeout: 120_000, interval: 250 };
let browser: Browser;
const pages = new Map<string, Page>();

beforeAll(async () => {
  await upUnlessUp(everything);
  await scriptedModel();
  for (const [namespace, deployment] of [
    ["guildnet-portal", "portal"],
    ["guildnet-notes", "notes"],
    ["guildnet-events", "nats"],
    ["guildnet-models", "model-gateway"],
    ["ws-ada", "workspace"],
    ["ws-bob", "workspace"],
  ] as const)
    await kubectl("rollout", "status", "--namespace", namespace, `deploy/${deployment}`, "--timeout", "120s");
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  for (const person of ["ada", "bob"]) pages.set(person, await open(person));
});

afterAll(async () => {
  await browser?.close();
  await withoutScriptedModel();
});

test("a note that is written in a workspace is found in the browser and is in another workspace", async () => {
  await sh("ada", "printf '# Slates\\n\\nThe barn has a hundred of them. #roof\\n' > ~/notes/guild/Slates.md");
  const page = of("ada");
  await vi.waitFor(async () => {
    await page.goto(`${notesUrl}/guild/search?q=hundred%20barn`);
    await page.getByRole("link", { name: /Slates/ }).waitFor({ timeout: 2_000 });
  }, soon);
  expect(await content("bob", "guild/Slates.md", /hundred/)).toContain("# Slates");
  await page.getByRole("link", { name: /Slates/ }).click(slow);
  await page.getByRole("heading", { name: "Slates" }).waitFor(slow);
});

test("it is told on the event bus, to everybody: which note, and by whom", async () => {
  await vi.waitFor(
    async () => expect(await told("bob", "Slates.md")).toMatchObject({ vault: "guild", by: "ada" }),
    soon,
  );
});

test("two browsers and a push edit one note at once, its server is killed meanwhile, and nothing is lost", async () => {
  await sh("bob", "printf '# Together\\n' > ~/notes/guild/Together.md");
  await content("ada", "guild/Together.md", /Together/);
  for (const person of ["ada", "bob"]) {
    await of(person).goto(`${notesUrl}/guild/note/Together.md?edit`);
    await of(person).locator(".cm-content").waitFor(slow);
    await write(person, `by ${person}, in a browser`);
  }
  await sh("ada", push, "Together.md", "by ada, pushed");
  const lines = ["by ada, in a browser", "by bob, in a browser", "by ada, pushed"];
  for (const person of ["ada", "bob"]) for (const line of lines) await of(person).getByText(line).waitFor(slow);

  // What was typed a moment before, and what is typed while it is away.
  await write("ada", "before the kill");
  await of("bob").getByText("before the kill").waitFor(slow);
  const here = ["--namespace", "guildnet-notes"];
  await kubectl(
    "delete",
    "pod",
    ...here,
    "--selector",
    "app.kubernetes.io/name=notes",
    "--grace-period",
    "0",
    "--force",
  );
  await write("bob", "during the kill");
  await sh("ada", "printf '# Meanwhile\\n' > ~/notes/guild/Meanwhile.md");
  await kubectl("rollout", "status", ...here, "deploy/notes", "--timeout", "120s");
  await of("ada").getByText("during the kill").waitFor(slow);
  const all = [...lines, "before the kill", "during the kill"];
  for (const person of ["ada", "bob"]) {
    const text = await content(person, "guild/Together.md", /during the kill/);
    for (const line of all) expect(text.split(line), line).toHaveLength(2);
  }
  await content("bob", "guild/Meanwhile.md", /Meanwhile/);
  await vi.waitFor(async () => expect(await told("bob", "Meanwhile.md")).toMatchObject({ change: "created" }), soon);
});

test("an agent finds a note and changes it, with its workspace's own rights", async () => {
  await sh(
    "bob",
    "mkdir -p ~/notes/guild/agents && printf '# Otters\\n\\nThey sleep by day.\\n' > ~/notes/guild/agents/Otters.md",
  );
  await content("ada", "guild/agents/Otters.md", /sleep/);
  const said = await sh(
    "ada",
    "rm -rf ~/note && git init --quiet ~/note && cd ~/note && codex exec --json 'Go on with the note.' 2>&1",
  );
  expect(said).toContain("The note is changed.");
  expect(await content("bob", "guild/agents/Otters.md", /An agent was here/)).toContain("They sleep by day.");
  await vi.waitFor(
    async () => expect(await told("bob", "agents/Otters.md")).toMatchObject({ by: "ada (ada)", change: "changed" }),
    soon,
  );
});

test("a person's own notes are nobody else's, by any of these ways", async () => {
  await sh("ada", "printf '# Diary\\n\\nA walrus.\\n' > ~/notes/mine/Diary.md");
  const mine = (person: string, path: string) =>
    of(person).evaluate(async (asked) => (await fetch(asked)).status, path);
  await vi.waitFor(async () => expect(await mine("ada", "/api/vaults/~ada/notes/Diary.md")).toBe(200), soon);
  expect(await mine("bob", "/api/vaults/~ada/notes/Diary.md")).toBe(404);
  expect(await mine("bob", "/api/vaults/~ada/search?q=walrus")).toBe(404);
  const status = (workspace: string) =>
    sh(workspace, `${asWorkspace} ls-remote "$1" >/dev/null 2>&1; echo $?`, `${inside}/git/~ada.git`);
  expect(await status("ada")).toBe("0");
  expect(await status("bob")).not.toBe("0");
  expect(await sh("bob", "ls ~/notes/mine")).not.toContain("Diary");
  const found = await sh(
    "bob",
    `${ask("search_notes")} "$2"`,
    JSON.stringify({ query: "walrus", vault: "own" }),
    `${inside}/mcp`,
  );
  expect(found).toContain('"result"');
  expect(found).not.toContain("Diary");
  await vi.waitFor(
    async () => expect(await told("ada", "Diary.md")).toMatchObject({ vault: "~ada", for: "@ada" }),
    soon,
  );
  expect(await told("bob", "Diary.md")).toBeUndefined();
});

test("nobody who isn't signed in, and nothing without a token, gets to them", async () => {
  const stranger = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await stranger.newPage();
  await page.goto(notesUrl);
  expect(new URL(page.url()).origin).toBe(portalUrl);
  const written = await PortalClient.anonymous().send("POST", `${notesUrl}/api/vaults/guild/notes`, '{"path":"No.md"}');
  expect(written.status).toBe(401);
  await stranger.close();
  const status = (path: string) =>
    sh(
      "bob",
      `curl --silent --output /dev/null --write-out '%{http_code}' --header "Authorization: Bearer ada.guess" "$1"`,
      inside + path,
    );
  for (const path of ["/api/me", "/api/vaults/guild/notes", "/git/guild.git/info/refs?service=git-upload-pack"])
    expect(await status(path), path).toBe("401");
  await vi.waitFor(async () => expect(await reaches("ws-bob", "notes.guildnet-notes.svc:443")).toBe(true), soon);
  expect(await reaches("default", "notes.guildnet-notes.svc:443", "pod/scripted")).toBe(false);
});

test("neither a token nor what was written is in the server's log", async () => {
  const log = await kubectl("logs", "--namespace", "guildnet-notes", "deploy/notes");
  expect(log).not.toContain(await sh("ada", "printenv GUILDNET_NOTES_TOKEN | cut -d. -f2"));
  expect(log).not.toContain("walrus");
});

const asWorkspace =
  "git -c http.sslCAInfo=/etc/guildnet/notes-authority/ca.crt -c credential.helper='store --file=/etc/guildnet/notes/git-credentials'";

/** $1 is a note, $2 a line more; others may be faster. */
const push = `
  set -e
  folder=$(mktemp -d)
  ${asWorkspace} clone --quiet ${inside}/git/guild.git "$folder"
  cd "$folder"
  until
    ${asWorkspace} fetch --quiet && git reset --quiet --hard origin/main && echo "$2" >> "$1" &&
      git commit --quiet --all --message 'By hand' && ${asWorkspace} push --quiet
  do :; done
`;

/** Asks a server of tools as the workspace, whose shell puts its token in; $1 are the arguments, and the address follows. */
function ask(tool: string): string {
  const token = tool === "events_recent" ? "$GUILDNET_TOOLS_TOKEN" : "$GUILDNET_NOTES_TOKEN";
  return `printf '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${tool}","arguments":%s}}' "$1" | curl --silent --fail-with-body --max-time 60 --header "Authorization: Bearer ${token}" --header "Accept: application/json, text/event-stream" --json @-`;
}

/** A browser of its own, in which somebody is signed in and has gone to the notes by the portal's own link. */
async function open(person: string): Promise<Page> {
  const context: BrowserContext = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(await signInLink(person));
  await page.getByRole("button", { name: `Sign in as ${person}` }).click(slow);
  await page.getByRole("link", { name: "Notes" }).click(slow);
  await page.getByRole("button", { name: "New note" }).waitFor(slow);
  expect(new URL(page.url()).origin).toBe(notesUrl);
  return page;
}

const of = (person: string): Page => pages.get(person) ?? expect.fail(`${person} has no page`);

/** A line more at the end of the note that somebody has open in the editor. */
async function write(person: string, line: string): Promise<void> {
  const page = of(person);
  await page.locator(".cm-content").click(slow);
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText(`\n${line}`);
}

/** A file of a workspace's notes, once it is as it is to be. */
function content(workspace: string, path: string, wanted: RegExp): Promise<string> {
  return vi.waitFor(async () => {
    const text = await sh(workspace, 'cat ~/notes/"$1"', path);
    expect(text).toMatch(wanted);
    return text;
  }, soon);
}

/** What the bus has kept last of a note, as somebody's workspace reads it; undefined where it has nothing for that. */
async function told(workspace: string, path: string): Promise<Told | undefined> {
  const args = JSON.stringify({ type: "note", newest: 100 });
  const said = await sh(
    workspace,
    `${ask("events_recent")} --header "x-guildnet-events: $GUILDNET_EVENTS_CREDENTIALS" "$2"`,
    args,
    "https://tools.guildnet-portal.svc/events",
  );
  const { result } = JSON.parse(said) as { result: { content: { text: string }[] } };
  const { events } = JSON.parse(result.content[0]?.text ?? "") as { events: { for: string; data: Told }[] };
  const found = events.filter(({ data }) => data.path === path).at(-1);
  return found && { ...found.data, for: found.for };
}

interface Told {
  path: string;
  vault: string;
  by: string;
  change: string;
  for: string;
}

/** @param args what the command has as $1 and so on */
function sh(workspace: string, command: string, ...args: string[]): Promise<string> {
  const pod = ["--namespace", `ws-${workspace}`, "deploy/workspace", "--container", "workspace"];
  return kubectl("exec", ...pod, "--", "sh", "-c", command, "sh", ...args);
}
