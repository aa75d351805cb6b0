import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { changesAhead, kubectl, portalUrl, signInLink, trustedCertificate } from "../support/guildnet.ts";
import { PortalClient } from "../support/portal-client.ts";

/** Where Debian's Chromium is. */
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const workbench = ".monaco-workbench .part.editor";
const slow = { timeout: 60_000 };

describe("a person who signs out", () => {
  test("stays signed out when the portal starts anew, in copies of the cookie too, and nobody else is", async () => {
    const [out, stays] = [await PortalClient.signIn("ada"), await PortalClient.signIn("ada")];
    const stolen = out.copy();
    expect((await out.send("POST", `${portalUrl}/api/sign-out`, "{}")).status).toBe(204);
    await kubectl("delete", "pod", "--namespace", "guildnet-portal", "--selector", "app.kubernetes.io/name=portal");
    await kubectl("rollout", "status", "--namespace", "guildnet-portal", "deploy/portal", "--timeout", "90s");
    await vi.waitFor(async () => expect((await stays.get(`${portalUrl}/api/me`)).status).toBe(200), slow);
    expect((await stolen.get(`${portalUrl}/api/me`)).status).toBe(401);
    expect(await changesAhead()).toEqual([]);
  });
});

describe("a person in a browser that trusts the guild's authority", () => {
  let folder: string, context: BrowserContext, page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "guildnet-browser-"));
    await trust(folder, trustedCertificate());
    context = await chromium.launchPersistentContext(join(folder, "profile"), {
      executablePath,
      headless: true,
      args: quiet,
      env: { ...process.env, HOME: folder },
    });
    page = await context.newPage();
  });

  afterAll(async () => {
    await context?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("signs in by a one-time link and sees the workspace running", async () => {
    await page.goto(await signInLink("ada"));
    await page.getByRole("button", { name: "Sign in as ada" }).click(slow);
    await page.waitForURL(`${portalUrl}/`);
    await page.getByText("Running").first().waitFor(slow);
  });

  test("opens the IDE from the list: no trust prompt, no welcome page, in the project's folder", async () => {
    [page] = await Promise.all([context.waitForEvent("page"), page.getByRole("link", { name: "Open ada" }).click()]);
    await page.waitForSelector(workbench, slow);
    expect(new URL(page.url()).host).toBe("ada.guildnet-apps.localhost:18090");
    await page.getByText("project", { exact: false }).first().waitFor(slow);
    expect(await page.getByText("Do you trust the authors").count()).toBe(0);
    expect(await page.getByText("Welcome", { exact: true }).count()).toBe(0);
  });

  test("types a file in the terminal and in the editor", async () => {
    await page.waitForSelector(".statusbar", slow);
    await page.keyboard.press("Control+Backquote");
    await page.waitForSelector(".terminal .xterm-helper-textarea", { ...slow, state: "attached" });
    await page.locator(".terminal .xterm-helper-textarea").first().focus();
    await page.keyboard.type("echo from-the-terminal > terminal.txt\n");
    await page.locator('.explorer-folders-view [aria-label^="terminal.txt"]').first().waitFor(slow);

    await page.locator('.explorer-folders-view [aria-label^="terminal.txt"]').first().dblclick();
    await page.getByRole("tab", { name: /terminal\.txt/ }).waitFor(slow);
    await page.locator(".monaco-editor .view-lines").first().click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("and-from-the-editor");
    await page.keyboard.press("Control+S");
    await expect
      .poll(() => inWorkspace("cat", "/home/guild/project/terminal.txt"), slow)
      .toContain("and-from-the-editor");
    expect(await inWorkspace("cat", "/home/guild/project/terminal.txt")).toContain("from-the-terminal");
  });

  test("finds the file again after the pod was killed", async () => {
    const before = await podUid();
    await kubectl(
      "delete",
      "pod",
      "--namespace",
      "ws-ada",
      "--selector",
      "app.kubernetes.io/name=workspace",
      "--grace-period",
      "0",
      "--force",
    );
    await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
    expect(await podUid()).not.toBe(before);
    await page.reload();
    await page.waitForSelector(workbench, slow);
    await page.locator('.explorer-folders-view [aria-label^="terminal.txt"]').first().waitFor(slow);
    expect(await inWorkspace("cat", "/home/guild/project/terminal.txt")).toContain("and-from-the-editor");
  });

  test("hears from the IDE at once that they signed out elsewhere, and is back in it after the next link", async () => {
    // In its first seconds an IDE does not listen to its connection yet: the part that does is among those of its last phase, 4.
    await page.waitForFunction(
      () => performance.getEntriesByName("code/didCreateWorkbenchContributions/4").length > 0,
      undefined,
      slow,
    );
    const portal = await context.newPage();
    await portal.goto(portalUrl);
    await portal.getByRole("button", { name: "Sign out" }).click(slow);
    await page.bringToFront();
    await page.getByText("Cannot reconnect. Please reload the window.").waitFor(slow);
    await page.getByRole("button", { name: "Reload Window" }).click(slow);
    await page.getByText("Sign in to open ada").waitFor(slow);
    await portal.goto(await signInLink("ada"));
    await portal.getByRole("button", { name: "Sign in as ada" }).click(slow);
    await portal.waitForSelector(workbench, slow);
  });
});

function inWorkspace(...command: string[]): Promise<string> {
  return kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", ...command);
}

function podUid(): Promise<string> {
  return kubectl(
    "get",
    "pods",
    "--namespace",
    "ws-ada",
    "--selector",
    "app.kubernetes.io/name=workspace",
    "--output",
    "jsonpath={.items[0].metadata.uid}",
  );
}

/** Puts an authority into the certificate store that Chromium reads: `~/.pki/nssdb`. */
async function trust(homeFolder: string, certificate: string): Promise<void> {
  const database = `sql:${join(homeFolder, ".pki/nssdb")}`,
    file = join(homeFolder, "ca.crt");
  writeFileSync(file, certificate);
  await execa("mkdir", ["-p", join(homeFolder, ".pki/nssdb")]);
  await execa("certutil", ["-N", "-d", database, "--empty-password"]);
  await execa("certutil", ["-A", "-d", database, "-n", "guild", "-t", "C,,", "-i", file]);
}
