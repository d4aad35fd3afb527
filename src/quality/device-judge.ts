import type { Finding, JudgedDevice, JudgedMetric, JudgedSite, MetricFinding } from "../domain/quality.ts";
import type { Detector } from "./detector.ts";
import { joined } from "./joined.ts";
import { OwnLight } from "./own-light.ts";
import { producesInTheDark } from "./rules/clock-off.ts";
import { counterBack } from "./rules/counter-back.ts";
import { flatLined } from "./rules/flat-lined.ts";
import { interpolated } from "./rules/interpolated.ts";
import { missing } from "./rules/missing.ts";
import { outOfRange } from "./rules/out-of-range.ts";
import { unitFactor } from "./rules/unit-factor.ts";
import { factsOf, isRegular, type SeriesFacts } from "./series-facts.ts";
import { JOINED_MS_MAX } from "./thresholds.ts";

/** The rules that look at one series by itself; each says itself which series it is for. */
const SERIES_RULES: readonly ((facts: SeriesFacts) => Detector | null)[] = [
  flatLined,
  interpolated,
  outOfRange,
  counterBack,
  unitFactor,
  producesInTheDark,
];

interface Watched {
  readonly metric: JudgedMetric;
  readonly facts: SeriesFacts;
  readonly detectors: readonly Detector[];
  /** Null for what has no time of its own to be late by. */
  readonly silence: Detector | null;
}

/** Every rule for one device by itself. */
export class DeviceJudge {
  readonly #bySeries = new Map<number, Watched>();
  readonly #light: OwnLight | null;
  /** Of the device as a whole. */
  readonly #silence: Detector;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(site: Pick<JudgedSite, "place">, device: JudgedDevice) {
    const all = device.metrics.map((metric) => ({ metric, facts: factsOf(site, device, metric) }));
    const power = (all.find(({ facts }) => facts.isSolarPower) ?? all.find(({ facts }) => facts.isMeasuredPower))
      ?.facts;
    const sleeps = all.some(({ facts }) => facts.sleepsAtNight);
    this.#light = sleeps ? new OwnLight(site.place, power?.ratedPower ?? null) : null;
    this.#silence = missing(device.pollIntervalMs, this.#light);
    for (const { metric, facts } of all) {
      const detectors = SERIES_RULES.map((rule) => rule(facts)).filter((detector) => detector !== null);
      const silence = isRegular(facts) ? missing(device.pollIntervalMs, this.#light) : null;
      this.#bySeries.set(metric.series, { metric, facts, detectors, silence });
    }
  }

  /** The next reading of one of its series; times ascend over all of them. */
  take(series: number, timeMs: number, value: number): void {
    const watched = this.#bySeries.get(series);
    if (!watched) return;
    this.heard(series, timeMs);
    if (watched.facts.isMeasuredPower) this.#light?.take(timeMs, value);
    for (const detector of watched.detectors) detector.take(timeMs, value);
  }

  /** A series had a reading then, whatever it was. */
  heard(series: number, timeMs: number): void {
    if (timeMs > this.#lastMs) {
      this.#silence.take(timeMs, 0);
      this.#lastMs = timeMs;
    }
    this.#bySeries.get(series)?.silence?.take(timeMs, 0);
  }

  end(untilMs: number): MetricFinding[] {
    const silences = joined(this.#silence.end(untilMs));
    const found: MetricFinding[] = silences.map((finding) => ({ ...finding, metricId: null }));
    for (const { metric, detectors, silence } of this.#bySeries.values()) {
      const alone = (silence?.end(untilMs) ?? []).filter((finding) => !isWithin(finding, silences));
      const byRule = Map.groupBy([...alone, ...detectors.flatMap((each) => each.end(untilMs))], ({ rule }) => rule);
      const otherUnit = joined(byRule.get("unit_factor") ?? []);
      for (const [rule, findings] of byRule) {
        const own = rule === "out_of_range" ? findings.filter((finding) => !overlaps(finding, otherUnit)) : findings;
        for (const finding of joined(own)) found.push({ ...finding, metricId: metric.id });
      }
    }
    return found;
  }
}

/** Of its device's silence a series' own is a part; it may begin some readings earlier. */
function isWithin({ fromMs, toMs }: Finding, wholes: readonly Finding[]): boolean {
  const end = toMs ?? Number.POSITIVE_INFINITY;
  return wholes.some(
    (whole) =>
      fromMs >= whole.fromMs - JOINED_MS_MAX && end <= (whole.toMs ?? Number.POSITIVE_INFINITY) + JOINED_MS_MAX,
  );
}

function overlaps({ fromMs, toMs }: Finding, others: readonly Finding[]): boolean {
  const end = toMs ?? Number.POSITIVE_INFINITY;
  return others.some((other) => fromMs < (other.toMs ?? Number.POSITIVE_INFINITY) && other.fromMs < end);
}
