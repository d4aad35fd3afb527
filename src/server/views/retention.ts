import type { RetentionDays, RetentionReport } from "../../telemetry/store.ts";
import { ofKinds } from "./of-kinds.ts";
import { isoTime } from "./times.ts";

const FOR_EVER: RetentionDays = { rawDays: null, rollupDays: null };

/** What is kept, by kind of metric. */
export function retentionView({ policy, horizons }: RetentionReport) {
  return {
    policy: ofKinds((kind) => policy[kind] ?? FOR_EVER),
    removed: ofKinds((kind) => {
      const horizon = horizons[kind];
      if (!horizon) return null;
      return {
        readingsBefore: isoTime(horizon.readingsFromMs),
        rollupsBefore: horizon.rollupsFromMs === 0 ? null : isoTime(horizon.rollupsFromMs),
        refusedBefore: isoTime(horizon.refusesBeforeMs),
      };
    }),
    message:
      "Readings go by whole months, up to 31 days later than the policy says. What is gone does not come back when more days are kept; older readings are refused.",
  };
}
