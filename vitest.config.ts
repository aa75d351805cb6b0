import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { ByName } from "./tests/support/by-name.ts";

/** Where unit tests stand: beside the code. */
const beside =
  "{cli,engine,events,patches,toolchain,provider,components,stacks,policy,images,benchmarks,docs,tests/conformance}/**";

const NOTES = "images/notes/**/*.test.ts";

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
          // Files share what they import: to load it anew for each would take longer than the tests do.
          name: "unit",
          include: [`${beside}/*.test.ts`],
          exclude: ["**/node_modules/**", "**/dist/**", "**/*.integration.test.ts", "**/*.isolated.test.ts", NOTES],
          isolate: false,
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // They need the Node of their image: tests/integration/00-notes-node.test.ts runs them, as a part of itself.
        test: { name: "notes", include: [NOTES], testTimeout: 60_000, sequence: { groupOrder: 8 } },
      },
      {
        test: {
          // Files that replace modules, or how they are loaded.
          name: "isolated",
          include: [`${beside}/*.isolated.test.ts`],
          exclude: ["**/node_modules/**", "**/dist/**"],
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          // Real programs without a cluster: the engine, image builds, Headscale, git.
          name: "programs",
          include: ["{engine,images,toolchain}/**/*.integration.test.ts", "tests/integration/00-*.test.ts"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 1_800_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Minutes of waiting: not part of `npm test`, which names its projects.
        test: {
          name: "slow",
          include: ["tests/slow/*.test.ts"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 1_800_000,
          sequence: { groupOrder: 7 },
        },
      },
      // Lanes, which may run beside each other, and what comes after all of them.
      onCluster("person", "test", "0[1-6]-*", 3),
      onCluster("join", "beside", "07-*", 4),
      onCluster("guild", "guild", "1*", 5),
      onCluster("removal", "guild", "99-*", 6),
    ],
  },
});
