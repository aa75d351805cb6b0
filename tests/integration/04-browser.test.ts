import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { browserThatTrusts, signIn, type PersonsBrowser } from "../support/browser.ts";
import { changesAhead, kubectl, portalUrl, signInLink, trustedCertificate } from "../support/guildnet.ts";
import { openIde, Terminal, workbench } from "../support/ide.ts";
import { PortalClient } from "../support/portal-client.ts";

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
  let browser: PersonsBrowser, context: BrowserContext, page: Page;

  beforeAll(async () => {
    browser = await browserThatTrusts(trustedCertificate());
    context = browser.context;
    page = await context.newPage();
  });

  afterAll(() => browser?.close());

  test("signs in by a one-time link and sees the workspace running", async () => {
    await signIn(page, "ada", slow);
    await page.getByText("Running").first().waitFor(slow);
  });

  test("opens the IDE from the list: no trust prompt, no welcome page, in the project's folder", async () => {
    page = await openIde(context, page, "ada", slow);
    expect(new URL(page.url()).host).toBe("ada.guildnet-apps.localhost:18090");
    await page.getByText("project", { exact: false }).first().waitFor(slow);
    expect(await page.getByText("Do you trust the authors").count()).toBe(0);
    expect(await page.getByText("Welcome", { exact: true }).count()).toBe(0);
  });

  test("types a file in the terminal and in the editor", async () => {
    const terminal = await Terminal.open(page, slow);
    await terminal.run("echo from-the-terminal > terminal.txt", slow);
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
