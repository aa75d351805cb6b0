import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "./home.ts";

/** The full account of one step, kept in a file. */
export interface Log {
  readonly file: string;
  write(text: string): void;
  /** The last lines, for a person whose step failed. */
  tail(lines?: number): string;
}

/** Starts the log `name` anew below GUILDNET_HOME/logs. */
export function openLog(home: Home, name: string): Log {
  mkdirSync(home.logs, { recursive: true });
  const file = join(home.logs, `${name}.log`);
  writeFileSync(file, `${new Date().toISOString()}\n`);
  return {
    file,
    write: (text) => appendFileSync(file, text),
    tail: (lines = 20) => lastLines(readFileSync(file, "utf8"), lines),
  };
}

/** The last `count` lines that are not empty. */
export function lastLines(text: string, count: number): string {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
}
