import { expect, it } from "vitest";
import { VERSIONS } from "../../toolchain/versions.ts";
import { keepsJournal, TESTED_ENGINE } from "./gate.ts";

// Before TESTED_ENGINE becomes another version, journal.integration.test.ts has to pass with that one.
it("is open for the version that the toolchain brings", () => expect(TESTED_ENGINE).toBe(VERSIONS.pulumi.version));

it.each<[string, string | undefined, NodeJS.ProcessEnv, boolean]>([
  ["the engine it was tested with", TESTED_ENGINE, {}, true],
  [
    "any other word of the variable",
    TESTED_ENGINE,
    { GUILDNET_JOURNAL: "on", PULUMI_DISABLE_JOURNALING: "false" },
    true,
  ],
  ["another engine", "3.231.0", {}, false],
  ["an engine that nobody knows", undefined, {}, false],
  ["our switch", TESTED_ENGINE, { GUILDNET_JOURNAL: "off" }, false],
  ["the engine's switch", TESTED_ENGINE, { PULUMI_DISABLE_JOURNALING: "true" }, false],
])("with %s: %s", (_what, version, env, keeps) => expect(keepsJournal(version, env)).toBe(keeps));
