import { expect, it, vi } from "vitest";
import { UserError } from "./errors.ts";
import { nowAndThen, runSteps } from "./progress.ts";

it("shows a line of what goes on every half a minute, the latest", () => {
  let time = 0;
  const shown: string[] = [];
  const report = nowAndThen(
    (activity) => shown.push(activity),
    () => time,
  );
  for (time = 0; time <= 70_000; time += 1_000) report(`second ${time / 1_000}`);
  expect(shown).toEqual(["second 30", "second 60"]);
});

/** What steps that end so leave: the error, and what was written meanwhile. */
async function outcome(...ends: (Error | undefined)[]): Promise<{ error: unknown; written: string }> {
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const steps = ends.map((end, index) => ({
    title: `Step ${index}`,
    run: () => (end === undefined ? Promise.resolve() : Promise.reject(end)),
  }));
  const error = await runSteps(steps, 2).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const written = stderr.mock.calls.flat().join("");
  stderr.mockRestore();
  return { error, written };
}

it("throws what a step failed of as it is, and leaves it to whoever catches it to say it", async () => {
  const failure = new UserError("x", "no space left");
  const { error, written } = await outcome(undefined, failure);
  expect(error).toBe(failure);
  expect(written).toContain("Step 1");
  expect(written).not.toContain("no space left");
});

it("throws one error that says all, where several steps failed; a mistake of ours before them", async () => {
  const { error } = await outcome(new UserError("x", "no space left"), new UserError("y", "no network"));
  expect(error).toMatchObject({ name: "UserError", message: "Step 0: no space left\n\nStep 1: no network" });
  const bug = new TypeError("bug");
  expect((await outcome(new UserError("x", "no space left"), bug)).error).toBe(bug);
});
