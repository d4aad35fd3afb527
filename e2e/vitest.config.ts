import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    dir: import.meta.dirname,
    include: ["**/*.test.ts"],
    // Suites of their own.
    exclude: ["pages/**", "postgres/**"],
    pool: "forks",
    // One at a time: they start whole servers and measure them.
    fileParallelism: false,
    // Of tests that say that they can run side by side.
    maxConcurrency: 2,
    // A machine hiccups once; a fault of ours is there again.
    retry: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
