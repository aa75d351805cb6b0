import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { assertHasFile } from "../../engine/stack-config.ts";
import { writeFileAtomic } from "../../toolchain/atomic-file.ts";
import { UserError } from "../../toolchain/errors.ts";
import { saidPreview } from "../events/previewed.ts";
import { openEngine, projectAt } from "../open-engine.ts";
import { previewIn } from "../receipt/changes.ts";
import { receiptOf, type Receipt } from "../receipt/receipt.ts";
import { receiptMarkdown, receiptText } from "../receipt/render.ts";

export interface PreviewOptions {
  /** Whether the receipt is printed as JSON, and the engine's own words go to stderr. */
  readonly json: boolean;
  /** File to write the receipt to as Markdown as well. */
  readonly markdown?: string;
  /** Whether a preview that found changes ends with 2. */
  readonly detailedExitcode: boolean;
  /** Whether the engine shows each property that differs. */
  readonly diff: boolean;
}

/** Shows what `up` would do: the engine's diff, and a receipt of who is touched by it. Changes nothing. */
export async function previewCommand(
  stack: string,
  { json, markdown, detailedExitcode, diff }: PreviewOptions,
): Promise<void> {
  assertHasFile(projectAt(), stack);
  const file = markdown === undefined ? undefined : fileIn(markdown);
  const engine = await openEngine(stack);
  await engine.ensureStack();
  await engine.recoverIfFree("preview");
  let events: readonly unknown[] = [];
  const code = await saidPreview(engine, (counts) =>
    engine.run(["preview", ...(diff ? ["--diff"] : [])], {
      counts,
      onEvents: (all) => void (events = all),
      stdio: ["inherit", json ? 2 : "inherit", "inherit"],
    }),
  );
  const receipt = receiptOf(engine.stack, previewIn(events), { failed: code !== 0 });
  if (file !== undefined) writeFileAtomic(file, receiptMarkdown(receipt));
  process.stdout.write(json ? `${JSON.stringify(receipt, undefined, 2)}\n` : `\n${receiptText(receipt)}`);
  process.exitCode = exitCodeOf(receipt, detailedExitcode);
}

/** As `terraform plan -detailed-exitcode` has it: 0 for nothing to do, 1 for a preview that failed, 2 for changes. Else changes are 0 as well. */
export function exitCodeOf({ failed, isUnchanged }: Receipt, detailed: boolean): number {
  if (failed) return 1;
  return detailed && !isUnchanged ? 2 : 0;
}

/** Looked at first: a preview takes its time. @throws UserError `markdown-folder-missing` */
function fileIn(markdown: string): string {
  const file = resolve(markdown);
  if (!existsSync(dirname(file)))
    throw new UserError(
      "markdown-folder-missing",
      `--markdown ${markdown}: there is no folder ${dirname(file)}. Make it first, or name a file in one that is there.`,
    );
  return file;
}
