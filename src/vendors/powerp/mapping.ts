import {
  ACTIVE_POWER,
  CURRENT,
  FREQUENCY,
  type MetricTemplate,
  REACTIVE_POWER,
  TEMPERATURE,
  VOLTAGE,
} from "../../domain/metric.ts";
import { QUALITY } from "../../domain/reading.ts";
import { UNIT } from "../../domain/units.ts";
import type { Redact } from "../../transport/redact.ts";
import { originalOf } from "../original.ts";
import { isPlausibleTime } from "../plausible-time.ts";
import type { HistoryAnswer, LatestBatch, QualityIssue, VendorReading } from "../vendor.ts";
import type { PointOutcome } from "./points.ts";
import { scaled, unitOf } from "./units.ts";
import type { Measurement } from "./wire.ts";

/** The platform's metrics, and the names under which plants have them; a value in another kind of unit is not that metric. */
const METRICS: readonly (readonly [metric: MetricTemplate, ...names: string[]])[] = [
  [ACTIVE_POWER, "active_power", "power", "p", "wirkleistung"],
  [REACTIVE_POWER, "reactive_power", "q", "blindleistung"],
  [gauge("apparent_power", "V.A"), "apparent_power", "s"],
  [VOLTAGE, "voltage", "u", "spannung"],
  [CURRENT, "current", "i", "strom"],
  [FREQUENCY, "frequency", "f", "frequenz"],
  [TEMPERATURE, "temperature", "temp", "temperatur"],
  [gauge("irradiance", "W/m2"), "irradiance", "ghi", "einstrahlung"],
  [gauge("wind_speed", "m/s"), "wind_speed", "windgeschwindigkeit"],
  [gauge("rotational_speed", "/min"), "rotational_speed", "speed", "drehzahl"],
];

const METRIC_BY_NAME = new Map(METRICS.flatMap(([metric, ...names]) => names.map((name) => [name, metric] as const)));
const OWN_NAMES = new Set(METRICS.map(([metric]) => metric.name));

/** How a signal's values become a metric's. */
export interface SignalMapping {
  readonly metric: MetricTemplate;
  /** Power of ten that a value is multiplied by. */
  readonly exponent: number;
}

/**
 * A signal in our words: a metric of the table where name and unit agree, and otherwise one with the plant's own name. Null when the
 * unit is not known, or when the name is a metric's and the unit another: a sum over all active power must not meet a percentage.
 */
export function mappingOf(signal: Measurement): SignalMapping | null {
  const conversion = unitOf(signal.unitSymbol);
  if (!conversion) return null;
  const { unit, exponent } = conversion;
  const names = namesOf(signal);
  const [name] = names;
  if (isState(signal)) return { metric: { name, unit: UNIT.one, kind: "state" }, exponent: 0 };
  const known = names.map((each) => METRIC_BY_NAME.get(each)).find((metric) => metric?.unit === unit);
  if (known) return { metric: known, exponent };
  return OWN_NAMES.has(name) ? null : { metric: gauge(name, unit), exponent };
}

function gauge(name: string, unit: string): MetricTemplate {
  return { name, unit, kind: "gauge" };
}

function isState({ dataType }: Measurement): boolean {
  return /^bool/i.test(dataType ?? "");
}

const NAME_CHARS_MAX = 60;

/** A signal's names as ours are written, the best first: the last part of its tag, its name, its index. */
function namesOf({ tag, name, index }: Measurement): readonly [string, ...string[]] {
  const last = (tag ?? "").split(/[./\\|:]/).at(-1) ?? "";
  const [first = `signal_${slug(index)}`, ...others] = [last, name ?? ""].map(slug).filter((each) => each !== "");
  return [first, ...others];
}

function slug(text: string): string {
  const words = text
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "_");
  return words.slice(0, NAME_CHARS_MAX).replaceAll(/^_+|_+$/g, "");
}

/** A signal of the list, and what it is in our words. */
export interface KnownSignal {
  readonly measurement: Measurement;
  readonly mapping: SignalMapping | null;
}

/** What a call for points brought, with the signals that it asked for by their ids. */
export interface PointAnswer {
  /** In the order of `asked`. */
  readonly signals: readonly KnownSignal[];
  readonly asked: readonly string[];
  readonly outcome: Omit<PointOutcome, "failure">;
  /** When the answer came, by our clock, epoch ms. */
  readonly receivedAtMs: number;
  readonly redact: Redact;
}

/** Latest points in our words: the newest of each signal, in its metric's unit. */
export function toLatest(answer: PointAnswer): Omit<LatestBatch, "failure"> {
  const { asked, outcome } = answer;
  const { positions } = outcome.points;
  const issues: QualityIssue[] = [...outcome.issues];
  const readings: VendorReading[] = [];
  const told = new Set(issues.map(({ device }) => device));
  for (let at = 0; at < outcome.points.length; at++) {
    // By signal and time, so that the last of a signal is its newest.
    if (positions[at + 1] === positions[at]) continue;
    const point = pointAt(at, answer);
    if (!point) continue;
    told.add(point.device);
    if ("kind" in point) issues.push(point);
    else readings.push(point);
  }
  return { asked, readings, missing: asked.filter((device) => !told.has(device)), issues };
}

/** Points of the past in our words, in their metrics' units. What makes all points of a signal useless is told once. */
export function toPast(answer: PointAnswer): HistoryAnswer {
  const issues: QualityIssue[] = [...answer.outcome.issues];
  const readings: VendorReading[] = [];
  const told = new Set<string>();
  for (let at = 0; at < answer.outcome.points.length; at++) {
    const point = pointAt(at, answer);
    if (!point) continue;
    if (!("kind" in point)) readings.push(point);
    else if (!told.has(`${point.kind} ${point.device}`)) {
      told.add(`${point.kind} ${point.device}`);
      issues.push(point);
    }
  }
  return { readings, issues, refused: [] };
}

/** A point as a reading, or as the issue that it is; null for a place that holds none. */
function pointAt(
  at: number,
  { signals, asked, outcome: { points }, receivedAtMs, redact }: PointAnswer,
): VendorReading | QualityIssue | null {
  const position = points.positions[at] ?? 0;
  const device = asked[position];
  const signal = signals[position];
  if (device === undefined || signal === undefined) return null;
  const [timeMs = Number.NaN, sent = Number.NaN] = [points.timesMs[at], points.values[at]];
  const refused = (kind: QualityIssue["kind"], detail: string): QualityIssue => {
    const { unitSymbol, name, tag } = signal.measurement;
    const original = { value: sent, timestamp: new Date(timeMs), unitSymbol, name, tag };
    return { device, kind, detail, original: originalOf(original, redact) };
  };
  const { mapping } = signal;
  const value = mapping ? scaled(sent, mapping.exponent) : sent;
  if (!isPlausibleTime(timeMs, receivedAtMs)) {
    return refused("implausible_time", "The time of the point lies before 2000 or more than a day ahead.");
  }
  if (!mapping) {
    return refused("unknown_unit", "The signal's unit is not known, or not one of the metric that its name says.");
  }
  if (!Number.isFinite(value)) return refused("unreadable_value", "The value is no number in the metric's unit.");
  return { device, metric: mapping.metric, timeMs, value, quality: QUALITY.good };
}
