import type { CoverageRun } from "../../domain/coverage.ts";

/** Until a stretch that could not be had is asked for again: at first, and at the most. */
export const FAILED_PATIENCE_MS = { least: 60_000, most: 86_400_000 } as const;

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
