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
    testTimeout: 30_000,
  },
});
