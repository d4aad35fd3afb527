import { mergeConfig } from "vitest/config";
import e2e from "../vitest.config.ts";

/**
 * What needs a PostgreSQL server: Debian's package `postgresql`, and root or a user that it may run as. Each file has servers of
 * its own and mostly waits for them, so two run at once.
 */
export default mergeConfig(e2e, { test: { dir: import.meta.dirname, fileParallelism: true, maxWorkers: 2 } });
