import type { Finding } from "../../domain/quality.ts";
import type { Detector } from "../detector.ts";
import type { OwnLight } from "../own-light.ts";
import { MISSING } from "../thresholds.ts";

/**
 * Missing: nothing came for much longer than it usually takes. What was never heard of is not missed, and a night explains the silence of what sleeps
 * then. One detector watches a device as a whole, and one each of its series.
 * @param pollIntervalMs null where only the readings tell how often they come
 * @param light null for what does not sleep at night
 */
export function missing(pollIntervalMs: number | null, light: OwnLight | null): Detector {
  return new Silence(pollIntervalMs, light);
}

class Silence implements Detector {
  readonly #found: Finding[] = [];
  readonly #pollIntervalMs: number;
  readonly #light: OwnLight | null;
  /** The last gaps between two readings, a ring. */
  readonly #gapsMs: number[] = [];
  #gaps = 0;
  #lastMs: number | null = null;

  constructor(pollIntervalMs: number | null, light: OwnLight | null) {
    this.#pollIntervalMs = pollIntervalMs ?? 0;
    this.#light = light;
  }

  take(timeMs: number): void {
    if (this.#lastMs !== null && timeMs > this.#lastMs) {
      const finding = this.#findingUntil(timeMs, this.#lastMs);
      if (finding) this.#found.push({ ...finding, toMs: timeMs });
      this.#gapsMs[this.#gaps++ % MISSING.gapsLearned] = timeMs - this.#lastMs;
    }
    this.#lastMs = timeMs;
  }

  end(untilMs: number): readonly Finding[] {
    const finding = this.#lastMs === null ? null : this.#findingUntil(untilMs, this.#lastMs);
    return finding ? [...this.#found, finding] : this.#found;
  }

  #findingUntil(timeMs: number, lastMs: number): Finding | null {
    const gapMs = timeMs - lastMs;
    if (gapMs <= MISSING.lastsMsMin) return null;
    // A vendor may have values less often than it is asked.
    const intervalMs = Math.max(this.#pollIntervalMs, this.#medianGapMs());
    const isKnown = this.#pollIntervalMs > 0 || this.#gaps >= MISSING.gapsLearnedMin;
    if (gapMs <= (isKnown ? MISSING.intervals * intervalMs : MISSING.unknownMsMin)) return null;
    const fromMs = Math.min(timeMs, lastMs + intervalMs);
    if (this.#light?.explains(lastMs, timeMs)) return null;
    const usually = isKnown && { usuallyEveryS: intervalMs / 1_000 };
    const evidence = { lastReadingAt: new Date(lastMs).toISOString(), ...usually };
    return { rule: "missing", fromMs, toMs: null, evidence };
  }

  /** 0 before there is one. */
  #medianGapMs(): number {
    const sorted = [...this.#gapsMs].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }
}
