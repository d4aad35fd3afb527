import { defineConfig } from "vitest/config";

/** What needs minutes: `npm run test:long`. */
export default defineConfig({
  test: {
    include: ["test/long/**/*.test.ts"],
    pool: "forks",
    testTimeout: 600_000,
  },
});
