/** A person's browser: Debian's Chromium, driven by Playwright. */
import { execa } from "execa";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { portalUrl, signInLink } from "./guildnet.ts";

/** Where it is. */
export const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  // Else terminals are drawn, and no text is to be found in them.
  "--disable-3d-apis",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface PersonsBrowser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/**
 * One with a home of its own, which trusts certificates as a person had it do.
 * @param trusted PEM of an authority
 * @param program another than Debian's Chromium: one that starts it elsewhere
 */
export async function browserThatTrusts(trusted: string, program: string = executablePath): Promise<PersonsBrowser> {
  const home = mkdtempSync(join(tmpdir(), "guildnet-browser-"));
  await trust(home, trusted);
  const context = await chromium.launchPersistentContext(join(home, "profile"), {
    executablePath: program,
    headless: true,
    args: quiet,
    env: { ...process.env, HOME: home },
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Puts an authority into the certificate store that Chromium reads: `~/.pki/nssdb`. */
async function trust(home: string, certificate: string): Promise<void> {
  const store = join(home, ".pki/nssdb"),
    database = `sql:${store}`,
    file = join(home, "ca.crt");
  writeFileSync(file, certificate);
  mkdirSync(store, { recursive: true });
  await execa("certutil", ["-N", "-d", database, "--empty-password"]);
  await execa("certutil", ["-A", "-d", database, "-n", "guild", "-t", "C,,", "-i", file]);
}

/** Signs a person in by a one-time link. */
export async function signIn(page: Page, person: string, patience: { timeout: number }): Promise<void> {
  await page.goto(await signInLink(person));
  await page.getByRole("button", { name: `Sign in as ${person}` }).click(patience);
  await page.waitForURL(`${portalUrl}/`, patience);
}
