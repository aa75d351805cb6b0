import { expect, test } from "vitest";
import { use } from "./use.ts";

test("what was used is told once for each workspace and model, added up, and then no more", () => {
  const used = use();
  const asked = (workspace: string, input: number, output: number, model = "small") =>
    used.asked({ workspace, model, server: "ollama", status: 200, usage: { input, output, reported: true }, ms: 1 });
  asked("ada", 10, 1);
  asked("ada", 5, 2);
  asked("ada", 1, 1, "large");
  asked("bob", 7, 0);
  asked("bob", 0, 0, "refused");
  expect(used.taken()).toEqual([
    { workspace: "ada", model: "small", inputTokens: 15, outputTokens: 3 },
    { workspace: "ada", model: "large", inputTokens: 1, outputTokens: 1 },
    { workspace: "bob", model: "small", inputTokens: 7, outputTokens: 0 },
  ]);
  expect(used.taken()).toEqual([]);
});
