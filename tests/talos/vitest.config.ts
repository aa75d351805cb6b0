import { defineConfig } from "vitest/config";

/** Apart from the other tests: machines with Talos take minutes, and their programs more to build where they are not yet. */
export default defineConfig({
  test: {
    include: ["tests/talos/*.test.ts"],
    fileParallelism: false,
    bail: 1,
    testTimeout: 600_000,
    hookTimeout: 3_600_000,
  },
});
