import { execa } from "execa";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { markOf } from "../engine/processes.ts";
import { bundleOf } from "./program/bundle.mjs";
import { PROJECT_ROOT } from "./project.ts";
import { useScratch } from "./testing/scratch.ts";

const scratch = useScratch();

/** Runs a shell's script as attended by a Node of its own, whose output is read here. `meanwhile` is what that Node does once it has started. */
async function attended(script: string, meanwhile = "", more = ""): Promise<{ stdout: string; exitCode?: number }> {
  const file = await bundleOf(PROJECT_ROOT, "toolchain/run-attended.ts", { split: true });
  const program = `
    import { existsSync, writeFileSync } from "node:fs";
    const { runAttended } = await import(${JSON.stringify(file)});
    process.exitCode = await runAttended("sh", ["-c", ${JSON.stringify(script)}], { cwd: ".", env: process.env, onStart() { ${meanwhile} }, ${more} });`;
  return execa(process.execPath, ["--input-type=module", "--eval", program], { reject: false });
}

it("gives a program this output, and ends as it does", async () => {
  expect(await attended("echo said; exit 7")).toMatchObject({ stdout: "said", exitCode: 7 });
  expect(await attended("kill -TERM $$")).toMatchObject({ exitCode: 143 });
});

it("leaves the mode alone in which a program writes, whatever it writes itself meanwhile", async () => {
  const written = JSON.stringify(join(scratch.path, "written"));
  const { stdout } = await attended(
    `until [ -e ${written} ]; do :; done; cat /proc/self/fdinfo/1`,
    `process.stdout.write("meanwhile\\n"); writeFileSync(${written}, "");`,
  );
  const NON_BLOCKING = 0o4000;
  expect(stdout).toContain("meanwhile");
  expect(parseInt(/^flags:\s+(\d+)$/m.exec(stdout)?.[1] ?? "", 8) & NON_BLOCKING).toBe(0);
});

it("leaves nothing running of a program that is to end with this process, when that is killed", async () => {
  const written = join(scratch.path, "pid");
  const meanwhile = `const wait = setInterval(() => { if (existsSync(${JSON.stringify(written)})) process.kill(process.pid, "SIGKILL"); }, 10);`;
  await attended(
    `echo $$ > ${written}.new; mv ${written}.new ${written}; exec sleep 60`,
    meanwhile,
    "endsWithUs: true",
  );
  const pid = Number(readFileSync(written, "utf8"));
  await vi.waitFor(() => expect(markOf(pid)).toBeUndefined());
});

it("passes a SIGTERM on, and outlives it, to see how the program ends", async () => {
  const ready = join(scratch.path, "ready");
  const meanwhile = `const wait = setInterval(() => { if (existsSync(${JSON.stringify(ready)})) { clearInterval(wait); process.kill(process.pid, "SIGTERM"); } }, 10);`;
  expect(await attended(`trap "exit 7" TERM; > ${ready}; while :; do sleep 0.01; done`, meanwhile)).toMatchObject({
    exitCode: 7,
  });
});
