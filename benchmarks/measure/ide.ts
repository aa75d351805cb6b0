import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, PortalClient } from "../../tests/support/portal-client.ts";
import { UserError } from "../../toolchain/errors.ts";

export const ASK_EVERY_MS = 200;
const LIMIT_MS = 5 * 60_000;

/**
 * Waits until a workspace's IDE sends its page through the portal.
 * @param start when the clock was started, as `performance.now()` said it
 * @returns seconds from then
 */
export async function untilIdeAnswers(
  client: PortalClient,
  workspace: string,
  start: number,
  signal?: AbortSignal,
): Promise<number> {
  for (;;) {
    const answer = await open(client, workspace);
    const elapsed = performance.now() - start;
    if (
      typeof answer !== "string" &&
      answer.status === 200 &&
      answer.body.includes("vscode-workbench-web-configuration")
    )
      return elapsed / 1000;
    if (elapsed > LIMIT_MS)
      throw new UserError(
        "bench-no-ide",
        `The IDE of ${workspace} did not answer within ${LIMIT_MS / 60_000} minutes; the last answer: ${typeof answer === "string" ? answer : answer.status}.`,
      );
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
}

/** The answer, or why there is none: a portal that is still starting refuses or breaks off. */
async function open(client: PortalClient, workspace: string): Promise<Answer | string> {
  try {
    return await client.open(workspace);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code;
  }
}
