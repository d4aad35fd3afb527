import { mergeConfig } from "vitest/config";
import e2e from "../vitest.config.ts";

/** The laboratory at nightly length; with the rest of `e2e` it is a tenth of it. */
export default mergeConfig(e2e, {
  test: {
    dir: import.meta.dirname,
    retry: 0,
    env: { CRASH_KILLS: process.env["CRASH_KILLS"] ?? "1000" },
  },
});
