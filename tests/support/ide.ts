import waitFor from "p-wait-for";
import type { BrowserContext, Page } from "playwright-core";

/** In the page of a workspace's editor once one can work in it. */
export const workbench = ".monaco-workbench .part.editor";

const input = ".terminal .xterm-helper-textarea";

/** Opens a workspace from the portal's list, in a tab of its own. */
export async function openIde(
  context: BrowserContext,
  portal: Page,
  workspace: string,
  patience: { timeout: number },
): Promise<Page> {
  const link = portal.getByRole("link", { name: `Open ${workspace}` });
  const [page] = await Promise.all([context.waitForEvent("page"), link.click(patience)]);
  await page.waitForSelector(workbench, patience);
  return page;
}

/** The terminal of an editor in the browser, as a person uses it. */
export class Terminal {
  readonly #page: Page;
  #commands = 0;

  static async open(page: Page, patience: { timeout: number }): Promise<Terminal> {
    await page.waitForSelector(".statusbar", patience);
    await page.keyboard.press("Control+Backquote");
    await page.waitForSelector(input, { ...patience, state: "attached" });
    return new Terminal(page);
  }

  private constructor(page: Page) {
    this.#page = page;
  }

  /**
   * Types a command, and waits until the terminal shows that it ended.
   * @throws where it ends otherwise than well, with what is to be seen
   */
  async run(command: string, patience: { timeout: number }): Promise<void> {
    const nth = ++this.#commands;
    await this.#page.locator(input).first().focus();
    // What is typed has no number in front: only what the shell makes of it does.
    await this.#page.keyboard.insertText(`${command}; echo "[$?] was ${nth}"`);
    await this.#page.keyboard.press("Enter");
    const ended = new RegExp(`\\[(\\d+)\\] was ${nth}\\b`);
    let text = "";
    await waitFor(async () => ended.test((text = await this.shown())), { interval: 200, ...patience }).catch(
      (error: unknown) => {
        throw new Error(`${command} does not end in the terminal:\n${text}`, { cause: error });
      },
    );
    if (ended.exec(text)?.[1] !== "0") throw new Error(`${command} failed in the terminal:\n${text}`);
  }

  /** What is to be seen of it now, a line each. */
  async shown(): Promise<string> {
    return (await this.#page.locator(".terminal .xterm-rows").first().innerText()).replaceAll("\u00a0", " ");
  }
}
