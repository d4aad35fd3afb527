import type { Finding } from "../../domain/quality.ts";
import type { LatestReading } from "../../domain/reading.ts";
import { MISSING, STALE } from "../thresholds.ts";

/** What was seen of a series that is late. */
export type SeenLate = Pick<LatestReading, "timeMs" | "receivedAtMs">;

export interface StaleJudgement {
  /** What to bring to the next look; null when it is not late. */
  readonly seen: SeenLate | null;
  readonly finding: Finding | null;
}

/**
 * Stale: the vendor is asked and answers, but with the same old reading, whose time does not move. Of what pushes it takes two looks: a single late delivery, such
 * as an import of history, is none. It is a kind of silence: found is only what is `missing`, too (`live-look.ts`). The readings that are stored do not tell it, since the same one again replaces itself: only what is live does.
 * @param pollIntervalMs null for what pushes
 */
export function stale(
  before: SeenLate | null,
  latest: LatestReading,
  pollIntervalMs: number | null,
  nowMs: number,
): StaleJudgement {
  const lagMsMin = Math.max(STALE.lagMsMin, STALE.polls * (pollIntervalMs ?? 0));
  const lagMs = latest.receivedAtMs - latest.timeMs;
  const isSilent = nowMs - latest.receivedAtMs > lagMsMin + MISSING.lastsMsMin;
  if (lagMs < lagMsMin || isSilent) return { seen: null, finding: null };
  const seen = { timeMs: latest.timeMs, receivedAtMs: latest.receivedAtMs };
  // The delivery that was seen first is kept: the next ones are measured against it.
  const first = before?.timeMs === seen.timeMs ? before : seen;
  if (pollIntervalMs === null && first.receivedAtMs >= seen.receivedAtMs) return { seen: first, finding: null };
  const evidence = { value: latest.value, deliveredAgainAt: new Date(latest.receivedAtMs).toISOString() };
  return { seen: first, finding: { rule: "stale", fromMs: latest.timeMs, toMs: null, evidence } };
}
