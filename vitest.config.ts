import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { ByName } from "./tests/support/by-name.ts";

/** What needs a real cluster runs one file at a time, in the order of the names, since each stands on the ones before. */
function onCluster(name: string, stack: string, files: string, groupOrder: number): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: [`tests/integration/${files}.test.ts`],
      env: { GUILDNET_TEST_STACK: stack },
      globalSetup: ["./tests/support/test-stack.ts"],
      fileParallelism: false,
      testTimeout: 300_000,
      hookTimeout: 600_000,
      sequence: { groupOrder },
    },
  };
}

export default defineConfig({
  test: {
    reporters: ["default", "./tests/support/summary-reporter.ts"],
    sequence: { sequencer: ByName },
    projects: [
      {
        test: {
          name: "unit",
          include: ["{toolchain,provider,components,stacks,policy,images,benchmarks}/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**", "**/*.integration.test.ts"],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          // Real programs without a cluster: the engine, image builds, Headscale.
          name: "programs",
          include: ["toolchain/**/*.integration.test.ts", "tests/integration/00-*.test.ts"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 1_800_000,
          sequence: { groupOrder: 1 },
        },
      },
      // Two lanes, which may run beside each other, and what comes after both.
      onCluster("person", "test", "0[1-9]-*", 2),
      onCluster("guild", "guild", "1*", 3),
      onCluster("removal", "guild", "99-*", 4),
    ],
  },
});
