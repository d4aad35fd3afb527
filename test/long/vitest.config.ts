import { defineConfig } from "vitest/config";

/** What needs minutes: `npm run test:long`. */
export default defineConfig({
  test: {
    include: ["test/long/**/*.test.ts"],
    pool: "forks",
    // All cores: Vitest would leave one to itself.
    maxWorkers: "100%",
    testTimeout: 600_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
