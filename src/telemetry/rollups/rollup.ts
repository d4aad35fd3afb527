import type { RollupName } from "../store.ts";
import { DAY_MS } from "./days.ts";

/** A width of rollups; each is kept in a table of its own. */
export interface Rollup {
  readonly name: RollupName;
  readonly table: string;
  /** Divides a day. */
  readonly bucketMs: number;
}

/** From the widest to the narrowest; each width divides those before it. */
export const ROLLUPS: readonly [day: Rollup, hour: Rollup, quarter: Rollup] = [
  { name: "P1D", table: "rollup_1d", bucketMs: DAY_MS },
  { name: "PT1H", table: "rollup_1h", bucketMs: 3_600_000 },
  { name: "PT15M", table: "rollup_15m", bucketMs: 900_000 },
];
