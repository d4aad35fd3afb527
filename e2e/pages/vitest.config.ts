import { mergeConfig } from "vitest/config";
import e2e from "../vitest.config.ts";

/** The pages in a real browser. Each file has a server of its own and measures nothing, so two run at once. */
export default mergeConfig(e2e, { test: { dir: import.meta.dirname, fileParallelism: true, maxWorkers: 2 } });
