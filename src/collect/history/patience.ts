import type { CoverageRun } from "../../domain/coverage.ts";

/** Until a stretch that could not be had is asked for again: at first, and at the most. */
export const FAILED_PATIENCE_MS = { least: 60_000, most: 86_400_000 } as const;

/** The least time until a vendor that had nothing is asked whether it has caught up. */
export const NOTHING_PATIENCE_MS_MIN = 300_000;

/**
 * When a stretch that `failed` may be asked for again: a minute after the first failure, and twice as long after each that follows, up to a
 * day. Epoch ms.
 *
 * @param failures in a row, 1 or more
 */
export function failedAgainAtMs({ askedAtMs }: Pick<CoverageRun, "askedAtMs">, failures: number): number {
  const { least, most } = FAILED_PATIENCE_MS;
  return askedAtMs + Math.min(most, least * 2 ** Math.max(0, failures - 1));
}

/**
 * When a stretch of which the vendor had `nothing` may be asked for again, epoch ms; null when that answer is final.
 *
 * A vendor may still be catching up with what its devices send late, so the answer is final only when the stretch had settled by then. Until
 * that, a stretch that was asked for at some age is asked for again at twice the age, and for the last time once it has settled: the number
 * of questions grows with the logarithm of the time.
 *
 * @param settlesAfterMs as `HistoryLimits.settlesAfterMs`
 */
export function nothingAgainAtMs(run: Pick<CoverageRun, "askedAtMs" | "toMs">, settlesAfterMs: number): number | null {
  const ageMs = run.askedAtMs - run.toMs;
  if (ageMs >= settlesAfterMs) return null;
  const soonestMs = run.askedAtMs + NOTHING_PATIENCE_MS_MIN;
  const againAtMs = Math.max(soonestMs, run.askedAtMs + ageMs);
  const settledAtMs = run.toMs + settlesAfterMs;
  // Shortly before the end there would be two questions where one will do.
  return againAtMs + NOTHING_PATIENCE_MS_MIN > settledAtMs ? Math.max(settledAtMs, soonestMs) : againAtMs;
}
