import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBackend, type Backend } from "../testing/backend.ts";
import { appHost, ORIGIN, PORTAL_HOST, startHarness, type Answer, type Harness } from "../testing/harness.ts";

let guild: Harness, broken: Backend;
const html = { accept: "text/html" };

beforeAll(async () => {
  guild = await startHarness({ GUILDNET_NAME: "Ada & Co" });
  // Any coding but chunks is refused, in its own words.
  broken = await startBackend((_request, response) =>
    response.socket?.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: <b>odd</b>\r\n\r\n"),
  );
  guild.workspaces.put({ id: "alice", owner: "alice", state: "running" });
  guild.workspaces.put({ id: "shop", owner: "alice", state: "running", visibility: "public" });
  for (const port of ["ide", "web"]) guild.workspaces.connect("alice", port, broken.upstream);
  guild.workspaces.connect("shop", "app", broken.upstream);
});
afterAll(async () => {
  await guild.close();
  await broken.close();
});

/** The page's words without its tags. */
const words = ({ body }: Answer): string =>
  body
    .replace(/<(style|title)>.*?<\/\1>/gs, "")
    .replace(/<[^>]*>/g, "")
    .replace(/\s+/g, " ");

test("whoever opens a page that a workspace broke reads what happened, whose it is, where it is logged and where to go", async () => {
  const answer = await guild.ask("/", { host: appHost("shop"), headers: { ...html, "x-request-id": "number-7" } });
  expect(answer).toMatchObject({
    status: 502,
    headers: { "content-type": "text/html; charset=utf-8", "x-request-id": "number-7", "cache-control": "no-store" },
  });
  expect(words(answer)).toContain(
    "Ada &amp; Co What came back is no page The workspace&#39;s answer is no HTTP that can be passed on. bad_answerits transfer coding is",
  );
  expect(words(answer)).toContain(
    "The app shop belongs to alice. 502 bad_answer, request number-7 Try again To the portal",
  );
  expect(answer.body).toContain(`href="${ORIGIN}/"`);
  expect(guild.logLines.join("")).toContain("number-7");
});

test("the workspace's own words stay words, and the page's own style is all that its policy lets in", async () => {
  const { body, headers } = await guild.ask("/", { host: appHost("shop"), headers: html });
  expect(body).toContain("&lt;b&gt;odd&lt;/b&gt;");
  expect(body).not.toMatch(/<b>|<script|\{\{/);
  const style = createHash("sha256")
    .update(body.slice(body.indexOf("<style>") + 7, body.indexOf("</style>")))
    .digest("base64");
  expect(headers["content-security-policy"]).toContain(`style-src 'sha256-${style}';`);
});

test("an owner is told of the port that it is theirs; a stranger is not told whose anything is", async () => {
  const cookie = await guild.entered("alice", "web--alice");
  expect(words(await guild.ask("/", { host: appHost("web--alice"), headers: { ...html, cookie } }))).toContain(
    "Port web of the workspace alice is yours.",
  );
  const foreign = await guild.ask("/.guildnet/session?code=old", { host: appHost("alice"), headers: html });
  expect(words(foreign)).toContain("This way in is used up");
  expect(foreign).toMatchObject({ status: 403, body: expect.not.stringMatching(/belongs|yours/) });
});

test.each([
  ["what the portal does not have", "/nothing", PORTAL_HOST, 404, "There is nothing here"],
  ["another host name", "/", "elsewhere.test", 421, "There is nothing here"],
])("%s is a page, too", async (_name, path, host, status, title) => {
  const answer = await guild.ask(path, { host, headers: html });
  expect(answer.status).toBe(status);
  expect(words(answer)).toContain(title);
  expect(answer.body).toContain(`href="${ORIGIN}/">To the portal`);
});

test("a form that was sent gets a page as well, which does not offer to send it again", async () => {
  const headers = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "same-origin" };
  const answer = await guild.ask("/", { method: "POST", host: appHost("shop"), headers, body: "x=1" });
  expect(words(answer)).toContain("What came back is no page");
  expect(words(answer)).not.toContain("Try again");
});

test.each([{ accept: "*/*" }, { accept: "text/html", "sec-fetch-mode": "cors" }])(
  "a program that asks with %o gets JSON",
  async (headers) => {
    const answer = await guild.ask("/", { host: appHost("shop"), headers });
    expect(answer.json()).toMatchObject({
      code: "bad_answer",
      details: { reason: 'its transfer coding is "<b>odd</b>"' },
    });
  },
);
