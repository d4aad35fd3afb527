import type { JudgedDevice, JudgedMetric, MetricFinding } from "../domain/quality.ts";
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

  /** What the other rules have found of a device, and what is live of it: a silence in which the same reading comes again and again is no silence. */
  look(device: JudgedDevice, judged: readonly MetricFinding[], nowMs: number): MetricFinding[] {
    const seen = device.metrics.flatMap((metric) => this.#seen(metric, device.pollIntervalMs, nowMs));
    const again = seen.filter(({ rule }) => rule === "stale");
    const named = judged.map((finding) => {
      if (finding.rule !== "missing" || finding.toMs !== null) return finding;
      const same = again.find(({ metricId }) => finding.metricId === null || metricId === finding.metricId);
      return same ? { ...same, metricId: finding.metricId } : finding;
    });
    // Where nothing is missed, an old reading is as new as it can be: the vendor's values are hours apart, or it is night.
    return [...named, ...seen.filter(({ rule }) => rule !== "stale")];
  }

  #seen({ id, series, name, kind }: JudgedMetric, pollIntervalMs: number | null, nowMs: number): MetricFinding[] {
    const latest = this.#latest(series);
    if (!latest || !isRegular({ name, kind })) return [];
    const { seen, finding } = stale(this.#late.get(series) ?? null, latest, pollIntervalMs, nowMs);
    if (seen) this.#late.set(series, seen);
    else this.#late.delete(series);
    const found = [finding, aheadOfArrival(name, latest)].filter((each) => each !== null);
    return found.map((each) => ({ ...each, metricId: id }));
  }
}
