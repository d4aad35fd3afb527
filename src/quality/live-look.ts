import type { JudgedDevice, MetricFinding } from "../domain/quality.ts";
import type { LatestReading } from "../domain/reading.ts";
import { aheadOfArrival } from "./rules/clock-off.ts";
import { type SeenLate, stale } from "./rules/stale.ts";
import { isRegular } from "./series-facts.ts";

/** The rules that look at the latest values, which know when a reading came. It remembers what is late from look to look. */
export class LiveLook {
  readonly #latest: (series: number) => LatestReading | undefined;
  readonly #late = new Map<number, SeenLate>();

  constructor(latest: (series: number) => LatestReading | undefined) {
    this.#latest = latest;
  }

  look({ metrics, pollIntervalMs }: JudgedDevice, nowMs: number): MetricFinding[] {
    return metrics.flatMap(({ id: metricId, series, name, kind }) => {
      const latest = this.#latest(series);
      if (!latest || !isRegular({ name, kind })) return [];
      const { seen, finding } = stale(this.#late.get(series) ?? null, latest, pollIntervalMs, nowMs);
      if (seen) this.#late.set(series, seen);
      else this.#late.delete(series);
      return [finding, aheadOfArrival(name, latest)]
        .filter((found) => found !== null)
        .map((found) => ({ ...found, metricId }));
    });
  }
}
