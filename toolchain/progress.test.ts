import { expect, it } from "vitest";
import { nowAndThen } from "./progress.ts";

it("shows a line of what goes on every half a minute, the latest", () => {
  let time = 0;
  const shown: string[] = [];
  const report = nowAndThen((activity) => shown.push(activity), () => time);
  for (time = 0; time <= 70_000; time += 1_000) report(`second ${time / 1_000}`);
  expect(shown).toEqual(["second 30", "second 60"]);
});
