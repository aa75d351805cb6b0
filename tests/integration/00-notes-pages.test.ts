import { execa, type ResultPromise } from "execa";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { externalImages } from "../../toolchain/images/dockerfile.ts";
import { root } from "../support/guildnet.ts";
import { programsOf } from "../support/programs.ts";

/** The notes' pages in front of invented notes, by the Node of their image. */
async function startNotes(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "guildnet-notes-pages-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [image] = externalImages(await readFile(join(root, "images/notes/Dockerfile"), "utf8"));
  if (image === undefined) throw new Error("the notes' image has no base");
  await programsOf(image, ["usr/local/bin/node"], folder);
  const server: ResultPromise = execa(join(folder, "node"), [join(root, "images/notes/dev.ts")], {
    env: { PORT: "0" },
    reject: false,
    forceKillAfterDelay: 10_000,
  });
  onTestFinished(async () => {
    server.kill("SIGINT");
    await server;
  });
  const [first] = (await Promise.race([once(server.stdout!, "data"), once(server, "exit")])) as [
    Buffer | number | null,
  ];
  if (Buffer.isBuffer(first)) return first.toString().trim();
  throw new Error(`the notes' server ended: ${(await server).stderr}`);
}

test("notes are read, found, edited by two at once, renamed and drawn in a browser, and its policy refuses nothing", async () => {
  const address = await startNotes();
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  onTestFinished(() => browser.close());
  const complaints: string[] = [];
  const open = async (path: string): Promise<Page> => {
    const page = await browser.newPage();
    page.on(
      "console",
      (message) => message.text().includes("Content Security Policy") && complaints.push(message.text()),
    );
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(address + path);
    return page;
  };
  const one = await open("/guild/note/Welcome.md");
  await one.getByRole("heading", { name: "Welcome" }).waitFor();
  await one.getByRole("navigation", { name: "Notes" }).getByText("3D printer").waitFor();

  // By keys alone: search, then edit.
  await one.keyboard.press("/");
  await one.keyboard.type("goggles");
  await one.locator("mark", { hasText: "goggles" }).waitFor();
  await one.keyboard.press("Tab");
  await one.keyboard.press("Enter");
  await one.waitForURL("**/guild/note/Workshop%20rules.md");
  await one.getByRole("heading", { name: "Workshop rules" }).waitFor();
  await one.keyboard.press("e");
  const other = await open("/guild/note/Workshop%20rules.md?edit");
  for (const page of [one, other]) await page.locator(".cm-content").waitFor();
  await one.keyboard.press("Control+End");
  await one.keyboard.type("written in one window");
  await other.getByText("written in one window").waitFor();
  await other.locator(".cm-line").first().click();
  await other.keyboard.press("End");
  await other.keyboard.type(", by all");
  await one.getByText("Workshop rules, by all").waitFor();

  const sidebar = one.getByRole("navigation", { name: "Notes" });
  // A server that is away for a moment takes nothing of what is being written off the page.
  await one.route("**/api/**", (route) => route.abort());
  await sidebar.getByText("The notes do not answer").waitFor();
  await one.getByText("written in one window").waitFor();
  await one.unroute("**/api/**");
  await sidebar.getByText("The notes do not answer").waitFor({ state: "detached" });
  await one.keyboard.press("Escape");
  await one.getByRole("heading", { name: "Workshop rules, by all" }).waitFor();
  await one.getByText("written in one window").waitFor();

  // A rename takes links along.
  await one.getByRole("button", { name: "Rename" }).click();
  await one.getByRole("textbox", { name: /^Name/ }).fill("rules/Of the house");
  await one.keyboard.press("Enter");
  await one.waitForURL("**/guild/note/rules/Of%20the%20house.md");
  await one.locator(".backlinks").getByRole("link", { name: "Garden" }).click();
  await one.locator(".text").getByRole("link", { name: "Of the house" }).waitFor();

  const graph = await open("/guild/graph");
  await graph.locator("canvas").waitFor();
  await graph.getByText("7 notes, 11 links").waitFor();
  expect(complaints).toEqual([]);
});
