import { execa } from "execa";
import { once } from "node:events";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PROJECT_ROOT } from "./project.ts";
import { useScratch } from "./testing/scratch.ts";

const scratch = useScratch();

/** A command that takes its time once it is asked to end. */
const COMMAND = `
  process.once("SIGTERM", () => { process.stdout.write("asked to end\\n"); setImmediate(() => process.exit(7)); });
  setTimeout(() => {}, 20_000);
  process.stdout.write("ready\\n");`;

// Whoever ends `npm run up` (a job that is cancelled, a time limit) ends npm, which tells the process that it started: that
// has to be the command itself, since Debian's shell dies of the signal and leaves what it has started running.
it("is the command that a SIGTERM for npm reaches, and npm ends as and when it does", async () => {
  cpSync(join(PROJECT_ROOT, "package.json"), join(scratch.path, "package.json"));
  mkdirSync(join(scratch.path, "toolchain"));
  writeFileSync(join(scratch.path, "toolchain", "bootstrap.mjs"), COMMAND);
  const npm = execa("npm", ["run", "--silent", "up"], { cwd: scratch.path, reject: false });
  await once(npm.stdout, "data");
  npm.kill("SIGTERM");
  expect(await npm).toMatchObject({ exitCode: 7, stdout: "ready\nasked to end" });
});
