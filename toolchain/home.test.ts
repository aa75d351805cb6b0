import { homedir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { guildnetHome } from "./home.ts";

it("lies below the user's home unless told otherwise", () => {
  expect(guildnetHome({}).root).toBe(join(homedir(), ".guildnet"));
  expect(guildnetHome({ GUILDNET_HOME: "" }).root).toBe(join(homedir(), ".guildnet"));
  expect(guildnetHome({ GUILDNET_HOME: "/srv/g" }).passphrase).toBe("/srv/g/passphrase");
});
