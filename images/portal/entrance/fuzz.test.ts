import { test } from "vitest";
import { fuzzAnswers, fuzzRequests } from "../testing/fuzz.ts";

// More of them: `npm run bench -- fuzz`.
const RUNS = 200;

test("whatever a visitor sends, the app is asked what passed the portal alone, and others get their own answers", () =>
  fuzzRequests(RUNS));

test("whatever an app answers, others get their own answers", () => fuzzAnswers(RUNS));
