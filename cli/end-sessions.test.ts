import { expect, it } from "vitest";
import { endSessions } from "./end-sessions.ts";

it("writes where the portal looks, and touches nobody else's entry", async () => {
  const calls: (readonly string[])[] = [];
  await endSessions(async (args) => (calls.push(args), ""), "ada", 1234.5);
  expect(calls).toEqual([
    [
      "patch",
      "configmap",
      "sign-outs",
      "--namespace",
      "guildnet-portal",
      "--type",
      "merge",
      "--patch",
      '{"data":{"person.ada":"1234.5"}}',
    ],
  ]);
});
