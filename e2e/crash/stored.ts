import type { Chance } from "./chance.ts";
import type { SentReading } from "./ledger.ts";
import { FaultList } from "./verdict.ts";

/** Everything that the senders write lies between. */
const FROM = "2020-01-01T00:00:00Z";
const TO = "2027-01-01T00:00:00Z";
const DAY_MS = 86_400_000;
/** Steps of which every answer below has fewer than the 10,000 that are allowed, with the days that it then spans. */
const STEPS = {
  PT15M: { stepMs: 900_000, days: 90 },
  PT1H: { stepMs: 3_600_000, days: 380 },
  P1D: { stepMs: DAY_MS, days: 2_000 },
} as const;
const AGGREGATES = ["count", "min", "max", "sum", "mean", "last"] as const;
type Aggregate = (typeof AGGREGATES)[number];
/** Sums of doubles depend on the order of their terms; relative to the sum of their sizes. */
const SUM_TOLERANCE = 1e-12;
/** Series that are counted in one look, and series whose steps are compared. */
const ASKED_SERIES = 8;
/** What one export may name, with room to spare. */
const EXPORT_METRICS_MAX = 100;

/** The text of a GET under `/api/v1` of a server, as somebody who may see all. @throws Error for any answer but 200 */
export type Ask = (path: string) => Promise<string>;

interface Metric {
  readonly id: string;
  readonly name: string;
  readonly latest: { readonly value: number; readonly time: string } | null;
}

interface SeriesAnswer {
  readonly series: readonly { readonly points: readonly (readonly [number, number])[] }[];
  readonly nextCursor: string | null;
  readonly plan?: { readonly rollup: string | null };
}

/** What a server says it holds, asked in every way it offers. */
export interface Stored {
  readonly readings: readonly SentReading[];
  /** Where two ways to ask disagree. */
  readonly faults: FaultList;
  /** Answers over steps, by the rollup that they came from; "raw" for none. */
  readonly plans: ReadonlyMap<string, number>;
}

/**
 * Reads all that `belongs` to the senders, and asks the same in other ways: every latest value, the number of readings of some
 * series, and steps of some, which may come from rollups.
 */
export async function askStored(
  url: string,
  ask: Ask,
  chance: Chance,
  belongs: (name: string) => boolean,
): Promise<Stored> {
  const pushed = (await readData(url)).filter(({ name }) => belongs(name));
  const metrics = (await metricsOf(ask)).filter(({ name }) => belongs(name));
  // What came by other ways than `/data` is exported.
  const namesOfData = new Set(pushed.map(({ name }) => name));
  const others = metrics.filter(({ name }) => !namesOfData.has(name));
  const readings = [...pushed, ...(await readExport(ask, others))];
  const faults = new FaultList();
  const byName = Map.groupBy(readings, ({ name }) => name);
  for (const name of byName.keys()) {
    if (!metrics.some((metric) => metric.name === name)) faults.add("misread", `${name} has readings and no metric`);
  }
  const plans = new Map<string, number>();
  for (const metric of metrics) checkLatest(metric, byName.get(metric.name) ?? [], faults);
  const some = () =>
    Array.from({ length: ASKED_SERIES }, () => chance.pick(metrics)).filter((one) => one !== undefined);
  await eachOf(some(), (metric) => checkCount(ask, metric, byName.get(metric.name) ?? [], faults));
  const chosen = some();
  const questions = chosen.map((metric) => ({ metric, ...stepQuestion(chance, byName.get(metric.name) ?? []) }));
  await eachOf(questions, async (question) => {
    const plan = await checkSteps(ask, question, byName.get(question.metric.name) ?? [], faults);
    plans.set(plan, (plans.get(plan) ?? 0) + 1);
  });
  return { readings, faults, plans };
}

/** All that `GET /data` gives. @throws Error for any answer but 200 */
export async function readData(url: string): Promise<SentReading[]> {
  const answer = await fetch(`${url}/data?from=${FROM}&to=${TO}`);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`GET /data answered ${answer.status}: ${text}`);
  const rows = JSON.parse(text) as { time: string; name: string; value: number }[];
  return rows.map(({ time, name, value }) => ({ name, timeMs: Date.parse(time), value }));
}

/** As `GET /readings` exports them. */
async function readExport(ask: Ask, metrics: readonly Metric[]): Promise<SentReading[]> {
  const readings: SentReading[] = [];
  for (let at = 0; at < metrics.length; at += EXPORT_METRICS_MAX) {
    const ids = metrics.slice(at, at + EXPORT_METRICS_MAX).map(({ id }) => id);
    const lines = await ask(`/readings?metricIds=${ids.join(",")}&from=${FROM}&to=${TO}&format=ndjson`);
    for (const line of lines.split("\n")) {
      if (line === "") continue;
      const { metric, time, value } = JSON.parse(line) as { metric: string; time: string; value: number };
      readings.push({ name: metric, timeMs: Date.parse(time), value });
    }
  }
  return readings;
}

async function json<T>(ask: Ask, path: string): Promise<T> {
  return JSON.parse(await ask(path)) as T;
}

async function metricsOf(ask: Ask): Promise<Metric[]> {
  const metrics: Metric[] = [];
  for (const site of await itemsOf<{ id: string }>(ask, "/sites")) {
    for (const device of await itemsOf<{ metrics: Metric[] }>(ask, `/sites/${site.id}/devices`)) {
      metrics.push(...device.metrics);
    }
  }
  return metrics;
}

async function itemsOf<T>(ask: Ask, path: string): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: { items: T[]; nextCursor: string | null } = await json(ask, `${path}?limit=500${cursor}`);
    items.push(...page.items);
    cursor = page.nextCursor && `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
  return items;
}

async function checkCount(ask: Ask, { id, name }: Metric, rows: readonly SentReading[], faults: FaultList) {
  const answer = await json<SeriesAnswer>(ask, `/metrics/${id}/series?from=${FROM}&to=${TO}&step=P1D&agg=count`);
  const counted = (answer.series[0]?.points ?? []).reduce((sum, [, count]) => sum + count, 0);
  if (counted !== rows.length) {
    faults.add("misread", `${name} holds ${rows.length} readings, and ${counted} by counting`);
  }
}

function checkLatest({ name, latest }: Metric, rows: readonly SentReading[], faults: FaultList): void {
  const newest = rows.reduce<SentReading | null>((best, row) => (best && best.timeMs > row.timeMs ? best : row), null);
  const shown = latest && `${latest.value} at ${Date.parse(latest.time)}`;
  const expected = newest && `${newest.value} at ${newest.timeMs}`;
  if (shown !== expected) faults.add("misread", `the latest of ${name} is ${shown}, its newest reading ${expected}`);
}

interface StepQuestion {
  readonly step: keyof typeof STEPS;
  readonly aggregate: Aggregate;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A seeded question whose window begins near one of the readings. */
function stepQuestion(chance: Chance, rows: readonly SentReading[]): StepQuestion {
  const step = chance.pick(["PT15M", "PT1H", "P1D"] as const);
  const { days, stepMs } = STEPS[step];
  const near = chance.pick(rows)?.timeMs ?? Date.parse(FROM);
  const fromMs = Math.floor(near / stepMs - chance.between(0, 30)) * stepMs;
  return { step, aggregate: chance.pick(AGGREGATES), fromMs, toMs: fromMs + days * DAY_MS };
}

/** Compares an answer over steps with one that is reckoned from the readings; answers where it came from. */
async function checkSteps(
  ask: Ask,
  { metric, step, aggregate, fromMs, toMs }: StepQuestion & { readonly metric: Metric },
  rows: readonly SentReading[],
  faults: FaultList,
): Promise<string> {
  const window = `from=${new Date(fromMs).toISOString()}&to=${new Date(toMs).toISOString()}`;
  const answer = await json<SeriesAnswer>(
    ask,
    `/metrics/${metric.id}/series?${window}&step=${step}&agg=${aggregate}&maxPoints=10000`,
  );
  const within = rows.filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs);
  const expected = Map.groupBy(within, ({ timeMs }) => Math.floor(timeMs / STEPS[step].stepMs) * STEPS[step].stepMs);
  const points = new Map(answer.series[0]?.points ?? []);
  const plan = answer.plan?.rollup ?? "raw";
  const where = `${aggregate} of ${metric.name} by ${step} from ${plan}`;
  if (points.size !== expected.size)
    faults.add("misread", `${where}: ${points.size} steps instead of ${expected.size}`);
  for (const [startMs, group] of expected) {
    const value = points.get(startMs);
    const right = aggregateOf(aggregate, group);
    const sizes = group.reduce((sum, row) => sum + Math.abs(row.value), 0);
    const tolerance = aggregate === "sum" || aggregate === "mean" ? SUM_TOLERANCE * sizes : 0;
    if (value === undefined || Math.abs(value - right) > tolerance) {
      faults.add("misread", `${where}: ${value} at ${startMs} instead of ${right}`);
    }
  }
  return plan;
}

function aggregateOf(aggregate: Aggregate, rows: readonly SentReading[]): number {
  const values = rows.map(({ value }) => value);
  const sum = () => values.reduce((total, value) => total + value, 0);
  switch (aggregate) {
    case "count":
      return rows.length;
    case "min":
      return Math.min(...values);
    case "max":
      return Math.max(...values);
    case "sum":
      return sum();
    case "mean":
      return sum() / rows.length;
    case "last":
      return rows.reduce((last, row) => (row.timeMs >= last.timeMs ? row : last)).value;
  }
}

/** Few at a time: the server is to be looked at, not loaded. */
async function eachOf<T>(items: readonly T[], visit: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await visit(item);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}
