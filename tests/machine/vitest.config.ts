import { defineConfig } from "vitest/config";

/** Apart from the other tests: an emulated machine takes most of an hour. */
export default defineConfig({
  test: {
    include: ["tests/machine/*.test.ts"],
    fileParallelism: false,
    bail: 1,
    testTimeout: 3_600_000,
    hookTimeout: 1_800_000,
  },
});
