import { expect, it, onTestFinished, vi } from "vitest";
import { PROJECT_ROOT } from "../toolchain/project.ts";
import { projectAt } from "./open-engine.ts";

it("looks for stacks' files in the folder that GUILDNET_STACK_FILES names, else in the project's", () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("GUILDNET_STACK_FILES", undefined);
  expect(projectAt()).toEqual({ root: PROJECT_ROOT, stackFiles: undefined });
  vi.stubEnv("GUILDNET_STACK_FILES", "/srv/guilds");
  expect(projectAt("/srv/project")).toEqual({ root: "/srv/project", stackFiles: "/srv/guilds" });
});
