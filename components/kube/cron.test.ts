import { expect, test } from "vitest";
import { isSchedule } from "./cron.ts";

test.each([
  "30 1 * * *",
  "*/15 0-6 1,15 * 1-5",
  "*/15 8-18 * * MON-FRI",
  "0 3 * JAN-mar sun",
  "0/5 23 31 12 6",
  "59 23 1-31/2 * *",
])("%s is a schedule", (text) => {
  expect(isSchedule(text)).toBe(true);
});

test.each([
  "",
  "30 1 * *",
  "30 1 * * * *",
  "60 1 * * *",
  "0 24 * * *",
  "0 0 0 * *",
  "0 0 32 * *",
  "0 0 * 13 *",
  "0 0 * * 7",
  "5-1 * * * *",
  "*/0 * * * *",
  "1,,2 * * * *",
  "- * * * *",
  "a * * * *",
  "@daily",
  "0  3 * * *",
  "* * * * *\n",
])("%j is none", (text) => {
  expect(isSchedule(text)).toBe(false);
});
