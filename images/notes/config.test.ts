import { expect, test } from "vitest";
import { readNotesConfig } from "./config.ts";

test("nothing has to be said", () => {
  expect(readNotesConfig({})).toMatchObject({
    port: 8443,
    guildRemote: undefined,
    remotes: {},
    branch: "main",
    pollMs: 3000,
  });
});

test("each mistake has a line, and names its variable", () => {
  const env = {
    GUILDNET_NOTES_PORT: "x",
    GUILDNET_NOTES_REMOTES: '{"Not a handle": "x"}',
    GUILDNET_NOTES_BRANCH: "--upload-pack=x",
    GUILDNET_NOTES_POLL_SECONDS: "0",
  };
  const lines = (): string[] => {
    try {
      readNotesConfig(env);
      return [];
    } catch (error) {
      return String((error as Error).message).split("\n");
    }
  };
  expect(lines().map((line) => line.slice(0, line.indexOf(":")))).toEqual(Object.keys(env));
});
