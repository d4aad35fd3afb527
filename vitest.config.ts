import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "src/**/*.test.ts",
      "simulators/**/*.test.ts",
      "test/**/*.test.ts",
      "web/src/**/*.test.ts",
      "bench/**/*.test.ts",
    ],
    exclude: ["test/long/**"],
    // The engine (chDB) crashes in worker threads, so every test file gets a process.
    pool: "forks",
    // On two cores Vitest would take one process: many tests wait for a disk or a child process, so two take two thirds of the time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // For what is stuck, not for what is slow: a busy machine takes several times as long as a quiet one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
