import { DAY_MS, type DataSet, DEVICES_PER_SITE, deviceName, METRIC, siteName } from "./data-set.ts";

/**
 * What is asked of every peer. A step is named by its beginning and holds the readings in `[begin, begin + step)`; peers that name or
 * bound it otherwise are asked so that it comes to the same.
 */
export type Question =
  | { readonly kind: "day-by-minute"; readonly series: number; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: "range-in-500"; readonly series: number; readonly fromMs: number; readonly toMs: number }
  /** The sum of all readings of a site's 500 series in each hour: one number an hour. */
  | { readonly kind: "site-by-hour"; readonly site: number; readonly fromMs: number; readonly toMs: number }
  /** Each series' last reading. */
  | { readonly kind: "latest"; readonly fromMs: number; readonly toMs: number };

export type QuestionKind = Question["kind"];
export const QUESTION_KINDS = ["day-by-minute", "range-in-500", "site-by-hour", "latest"] as const;

/** What one number over many series goes by. */
export const ALL_SERIES = "all";

/** By the device's name, or `ALL_SERIES`: `[ms, value]` in ascending time; NaN for a time that the peer does not say. */
export type Points = Map<string, [number, number][]>;

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Answers of two peers are one when they differ by less, relative to the value: sums may be made in any order. */
const RELATIVE_DIFFERENCE_MAX = 1e-9;

/** The nth question of its kind: another series, day or site each time, so that no peer answers from what it answered before. */
export function question(kind: QuestionKind, n: number, set: DataSet): Question {
  const whole = { fromMs: set.plan.startMs, toMs: set.endMs };
  const series = (n * 617) % set.plan.seriesCount;
  switch (kind) {
    case "day-by-minute": {
      const days = Math.max(1, Math.floor((whole.toMs - whole.fromMs) / DAY_MS));
      const fromMs = whole.fromMs + (n % days) * DAY_MS;
      return { kind, series, fromMs, toMs: Math.min(fromMs + DAY_MS, whole.toMs) };
    }
    case "range-in-500": {
      // Whole seconds, from the first whole number of steps since the epoch: steps that every peer can be asked for.
      const stepMs = Math.max(1, Math.floor((whole.toMs - whole.fromMs) / 501_000)) * 1_000;
      const fromMs = Math.ceil(whole.fromMs / stepMs) * stepMs;
      return { kind, series, fromMs, toMs: Math.min(fromMs + 500 * stepMs, whole.toMs) };
    }
    case "site-by-hour":
      return { kind, site: n % Math.ceil(set.plan.seriesCount / DEVICES_PER_SITE), ...whole };
    case "latest":
      return { kind, ...whole };
  }
}

/** Length of the steps that a question asks for; 0 for one that asks for none. */
export function stepMsOf(asked: Question): number {
  switch (asked.kind) {
    case "day-by-minute":
      return MINUTE_MS;
    case "range-in-500":
      return Math.max(1, Math.floor((asked.toMs - asked.fromMs) / 500_000)) * 1_000;
    case "site-by-hour":
      return HOUR_MS;
    case "latest":
      return 0;
  }
}

/** Names of the site and the device of a question about one series, and of its metric. */
export function namesOf(series: number): { readonly metric: string; readonly site: string; readonly device: string } {
  return { metric: METRIC, site: siteName(series), device: deviceName(series) };
}

/** The answer, worked out from the data set itself. */
export function expectedPoints(asked: Question, set: DataSet): Points {
  if (asked.kind === "latest") {
    return new Map(seriesOf(asked, set).map((series) => [deviceName(series), [lastOf(series, set)]]));
  }
  const name = asked.kind === "site-by-hour" ? ALL_SERIES : deviceName(asked.series);
  return new Map([[name, steps(asked, set)]]);
}

/** What differs first; null when two answers are one. */
export function differenceOf(points: Points, expected: Points): string | null {
  if (points.size !== expected.size) return `${points.size} series instead of ${expected.size}`;
  for (const [device, wanted] of expected) {
    const given = points.get(device);
    if (!given) return `${device} is missing`;
    if (given.length !== wanted.length) return `${device} has ${given.length} points instead of ${wanted.length}`;
    for (const [index, [timeMs, value]] of wanted.entries()) {
      const [givenMs, givenValue] = given[index] ?? [0, Number.NaN];
      const isNear = Math.abs(givenValue - value) <= Math.abs(value) * RELATIVE_DIFFERENCE_MAX;
      if ((givenMs !== timeMs && !Number.isNaN(givenMs)) || !isNear) {
        return `${device} point ${index}: ${givenMs} ${givenValue} instead of ${timeMs} ${value}`;
      }
    }
  }
  return null;
}

function seriesOf(asked: Question, set: DataSet): number[] {
  if (asked.kind === "latest") return Array.from({ length: set.plan.seriesCount }, (_, series) => series);
  if (asked.kind !== "site-by-hour") return [asked.series];
  const first = asked.site * DEVICES_PER_SITE;
  const count = Math.min(DEVICES_PER_SITE, set.plan.seriesCount - first);
  return Array.from({ length: count }, (_, index) => first + index);
}

function lastOf(series: number, set: DataSet): [number, number] {
  const tick = set.plan.ticks - 1;
  return [set.timeMs(series, tick), set.hundredths(series, tick) / 100];
}

function steps(asked: Question, set: DataSet): [number, number][] {
  const stepMs = stepMsOf(asked);
  const { startMs, intervalMs, jitterMs, ticks } = set.plan;
  const found = new Map<number, { hundredths: number; count: number }>();
  // A jittered reading lies behind its tick.
  const firstTick = Math.max(0, Math.floor((asked.fromMs - jitterMs - startMs) / intervalMs));
  const endTick = Math.min(ticks, Math.ceil((asked.toMs - startMs) / intervalMs));
  for (const series of seriesOf(asked, set)) {
    for (let tick = firstTick; tick < endTick; tick++) {
      const timeMs = set.timeMs(series, tick);
      if (timeMs < asked.fromMs || timeMs >= asked.toMs) continue;
      const beginMs = asked.fromMs + Math.floor((timeMs - asked.fromMs) / stepMs) * stepMs;
      const step = found.get(beginMs) ?? { hundredths: 0, count: 0 };
      step.hundredths += set.hundredths(series, tick);
      step.count++;
      found.set(beginMs, step);
    }
  }
  const isSum = asked.kind === "site-by-hour";
  return [...found]
    .map(([beginMs, { hundredths, count }]): [number, number] => [beginMs, hundredths / 100 / (isSum ? 1 : count)])
    .toSorted(([a], [b]) => a - b);
}
