import { createInterface } from "node:readline/promises";
import { UserError } from "../toolchain/errors.ts";

/** Whether somebody is there who can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks whoever is there to write a word out. @throws UserError `not-confirmed` for any other */
export async function askFor(word: string, question: string): Promise<void> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    if ((await reader.question(question)).trim() === word) return;
  } finally {
    reader.close();
  }
  throw new UserError("not-confirmed", `That was not ${JSON.stringify(word)}. Nothing was changed.`);
}
