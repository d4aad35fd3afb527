import { expect } from "vitest";
import { type CalendarStep, calendarEdges } from "../domain/calendar-steps.ts";
import { systemClock } from "../domain/clock.ts";
import { silentLog } from "../domain/log.ts";
import { ReadingColumnsBuilder } from "../domain/reading.ts";
import { type ModelStep, type ReadingRow, stepsFrom } from "./contract-model.ts";
import { encodeBatch } from "./journal/batch-codec.ts";
import { DayCache } from "./queries/day-cache.ts";
import { DAY_MS, dayOf } from "./rollups/days.ts";
import { DirtyDays } from "./rollups/dirty-days.ts";
import { Roller } from "./rollups/roller.ts";
import type { SqlConnection } from "./sql/connection.ts";
import type { HiddenReadings } from "./sql/hidden.ts";
import { SqlQueries } from "./sql-queries.ts";
import {
  ACROSS,
  type FixedSteps,
  STEP_AGGREGATES,
  type StepColumns,
  type StepsQuery,
  type TimeWindow,
} from "./store.ts";

/** What a sum may differ by, as a share of the sum of the absolute values that it adds up. */
const SUM_TOLERANCE = 1e-12;
const MINUTE_MS = 60_000;
const POINTS_MAX = 40;
/** Room for few days, so that some are thrown out. */
const CACHE_BYTES_MAX = 20_000;

interface Run {
  readonly series: number;
  readonly minute: number;
  readonly everyS: number;
  readonly readings: number;
  readonly first: number;
  readonly more: number;
}

export type HistoryStep =
  | (Run & { readonly kind: "run" })
  | { readonly kind: "some"; readonly rows: readonly (readonly [series: number, minute: number, value: number])[] }
  | { readonly kind: "delete"; readonly series: number; readonly minute: number; readonly minutes: number }
  | { readonly kind: "roll"; readonly meanwhile: Run | null };

export interface HistoryQuery {
  /** Ms after the scene's start. */
  readonly ends: readonly [number, number];
  readonly steps: FixedSteps | CalendarStep;
}

interface HistoryWindow extends TimeWindow {
  readonly series: readonly number[];
}

/** One history of some series in an engine, and beside it what it should hold. */
export class RollupHistory {
  readonly #connection: SqlConnection;
  readonly #base: number;
  readonly #scene: { readonly timeZone: string; readonly fromMs: number };
  readonly #dirtyDays = new DirtyDays(() => systemClock.monotonicMs());
  readonly #hidden: HiddenReadings[] = [];
  readonly #roller: Roller;
  readonly #rolled: SqlQueries;
  readonly #raw: SqlQueries;
  readonly #cached: SqlQueries;
  readonly #model = new Map<string, ReadingRow>();
  #seq = 0;

  constructor(connection: SqlConnection, base: number, scene: { readonly timeZone: string; readonly fromMs: number }) {
    this.#connection = connection;
    this.#base = base;
    this.#scene = scene;
    const nothing = (): Promise<void> => Promise.resolve();
    const ledger = {
      saveDays: nothing,
      removeDays: nothing,
      setting: () => Promise.resolve("1"),
      setSetting: nothing,
    };
    const hidden = (): readonly HiddenReadings[] => this.#hidden;
    this.#rolled = new SqlQueries(connection);
    this.#rolled.useRollups(this.#dirtyDays);
    this.#rolled.hide(hidden);
    this.#raw = new SqlQueries(connection);
    this.#raw.hide(hidden);
    const days = new DayCache(CACHE_BYTES_MAX);
    this.#dirtyDays.onMark((touched) => days.drop(touched));
    this.#cached = new SqlQueries(connection);
    this.#cached.hide(hidden);
    this.#cached.keepDays(days);
    const parts = { dirtyDays: this.#dirtyDays, ledger, hidden, pendingReadings: () => 0 };
    this.#roller = new Roller(connection, { ...parts, clock: systemClock, log: silentLog }, { onReady: () => {} });
  }

  async take(step: HistoryStep): Promise<void> {
    switch (step.kind) {
      case "run":
        return this.#append(this.#rowsOf(step));
      case "some":
        return this.#append(step.rows.map(([series, minute, value]) => this.#row(series, minute * MINUTE_MS, value)));
      case "delete":
        return this.#delete(step.series, step.minute * MINUTE_MS, step.minutes * MINUTE_MS);
      case "roll": {
        const rolled = this.#roller.rollAll();
        if (step.meanwhile) await this.#append(this.#rowsOf(step.meanwhile));
        return rolled;
      }
    }
  }

  /** Asks a question in every way, and compares; answers how much of it was read from rollups. */
  async check({ ends, steps }: HistoryQuery): Promise<number> {
    const [fromMs, toMs] = ends.map((end) => this.#scene.fromMs + end).sort((a, b) => a - b) as [number, number];
    if (fromMs === toMs) return 0;
    const window = { series: [2, 1, 0, 1].map((each) => this.#base + each), fromMs, toMs };
    const edged =
      typeof steps === "string" ? { edgesMs: calendarEdges(steps, this.#scene.timeZone, window, 1_000) ?? [] } : steps;
    const rows = [...this.#model.values()].sort((a, b) => a[1] - b[1]);
    const shares = await Promise.all(
      // A third of them for each question, so that more histories are tried in the same time.
      STEP_AGGREGATES.filter((_each, index) => index % 3 === ends[0] % 3).map(async (aggregate, index) => {
        const query = { ...window, ...edged, aggregate, coverage: index % 2 === ends[1] % 2 };
        const expected = stepsFrom(rows, query);
        const [rolled, raw] = await Promise.all([this.#rolled.readSteps(query), this.#raw.readSteps(query)]);
        expectSteps(rolled, expected, query);
        expectSteps(raw, expected, query);
        expect(raw.plan).toStrictEqual({ rollup: null, rollupShare: 0 });
        await this.#checkAcross(query, expected);
        return rolled.plan.rollupShare;
      }),
    );
    await this.#checkDownsampled(window, rows);
    await this.#checkCached({ ...window, toMs: Math.min(toMs, fromMs + 2 * DAY_MS) }, rows, ends[0]);
    return Math.max(...shares);
  }

  async #checkAcross(query: StepsQuery, expected: readonly ModelStep[]): Promise<void> {
    const across = ACROSS[query.fromMs % ACROSS.length] ?? "sum";
    const answer = await this.#rolled.readAcross({ ...query, across });
    const groups = [...Map.groupBy(expected, ({ startMs }) => startMs)].sort(([a], [b]) => a - b);
    expect([...answer.startsMs]).toStrictEqual(groups.map(([startMs]) => startMs));
    expect([...answer.seriesCounts]).toStrictEqual(groups.map(([, steps]) => steps.length));
    expect([...answer.counts]).toStrictEqual(
      groups.map(([, steps]) => steps.reduce((sum, { count }) => sum + count, 0)),
    );
    for (const [row, [, steps]] of groups.entries()) {
      const values = steps.map(({ value }) => value);
      const sum = values.reduce((total, value) => total + value, 0);
      const wanted = { sum, mean: sum / steps.length, min: Math.min(...values), max: Math.max(...values) }[across];
      const magnitude = steps.reduce((total, step) => total + Math.max(step.magnitude, Math.abs(step.value)), 0);
      expectNear(answer.values[row], wanted, magnitude);
    }
  }

  /** Twice: what was kept the first time answers the second. */
  async #checkCached(window: HistoryWindow, rows: readonly ReadingRow[], chosen: number): Promise<void> {
    const aggregate = STEP_AGGREGATES[chosen % STEP_AGGREGATES.length] ?? "mean";
    const series = [window.series[chosen % window.series.length] ?? 0];
    const query = { ...window, series, stepMs: 10 * MINUTE_MS, aggregate, coverage: chosen % 2 === 0 };
    for (let time = 0; time < 2; time++)
      expectSteps(await this.#cached.readSteps(query), stepsFrom(rows, query), query);
  }

  /** Points are readings, the smallest and the largest of all among them, and the first and the last. */
  async #checkDownsampled(window: HistoryWindow, rows: readonly ReadingRow[]): Promise<void> {
    const query = { ...window, pointsMax: POINTS_MAX };
    const [rolled, raw] = await Promise.all([this.#rolled.readDownsampled(query), this.#raw.readDownsampled(query)]);
    expect({ ...rolled, plan: null }).toStrictEqual({ ...raw, plan: null });
    for (const series of new Set(window.series)) {
      const own = rows.filter(([of, atMs]) => of === series && atMs >= window.fromMs && atMs < window.toMs);
      const points = Array.from(rolled.timesMs, (timeMs, row) => [timeMs, rolled.values[row]] as const).filter(
        (_point, row) => rolled.series[row] === series,
      );
      expect(points.length).toBeLessThanOrEqual(POINTS_MAX);
      const held = new Map(own.map(([, timeMs, value]) => [timeMs, value]));
      for (const [timeMs, value] of points) expect(value).toBe(held.get(timeMs));
      if (own.length === 0) continue;
      const values = points.map(([, value]) => value ?? Number.NaN);
      expect(Math.min(...values)).toBe(Math.min(...held.values()));
      expect(Math.max(...values)).toBe(Math.max(...held.values()));
      expect([points[0]?.[0], points.at(-1)?.[0]]).toStrictEqual([own[0]?.[1], own.at(-1)?.[1]]);
    }
  }

  #row(series: number, afterMs: number, value: number): ReadingRow {
    return [this.#base + series, this.#scene.fromMs + afterMs, value, 0];
  }

  #rowsOf({ series, minute, everyS, readings, first, more }: Run): ReadingRow[] {
    return Array.from({ length: readings }, (_, index) =>
      this.#row(series, minute * MINUTE_MS + index * everyS * 1_000, first + ((index * 7_919) % 101) * more),
    );
  }

  async #append(rows: readonly ReadingRow[]): Promise<void> {
    const builder = new ReadingColumnsBuilder();
    for (const row of rows) builder.push(...row);
    const seq = ++this.#seq;
    const batch = { seq, receivedAtMs: 0, rows: rows.length, encoded: encodeBatch(builder.finish()) };
    this.#dirtyDays.mark(await this.#connection.insert([batch]));
    for (const row of rows) this.#model.set(`${row[0]} ${row[1]}`, row);
  }

  async #delete(series: number, afterMs: number, spanMs: number): Promise<void> {
    const fromMs = this.#scene.fromMs + afterMs;
    const toMs = fromMs + spanMs;
    const of = this.#base + series;
    const days: number[] = [];
    for (let day = dayOf(fromMs); day * DAY_MS < toMs; day++) days.push(day);
    this.#hidden.push({ series: Uint32Array.of(of), fromMs, toMs, seq: this.#seq });
    this.#dirtyDays.mark({
      length: days.length,
      series: new Uint32Array(days.length).fill(of),
      days: Int32Array.from(days),
    });
    for (const [key, row] of this.#model) {
      if (row[0] === of && row[1] >= fromMs && row[1] < toMs) this.#model.delete(key);
    }
  }
}

function expectSteps(steps: StepColumns, expected: readonly ModelStep[], query: StepsQuery): void {
  const keys = Array.from(steps.series, (series, row) => [series, steps.startsMs[row], steps.counts[row]]);
  expect(keys).toStrictEqual(expected.map(({ series, startMs, count }) => [series, startMs, count]));
  for (const [row, { value, magnitude, coverage }] of expected.entries()) {
    expectNear(steps.values[row], value, magnitude);
    if (query.coverage) expectNear(steps.coverages?.[row], coverage, 1);
  }
  expect(steps.coverages === null).toBe(query.coverage !== true);
}

/** Exactly, where nothing was added up (`magnitude` 0). */
function expectNear(actual: number | undefined, expected: number, magnitude: number): void {
  if (actual === expected) return;
  const difference = Math.abs((actual ?? Number.NaN) - expected);
  expect(difference, `${actual} against ${expected}`).toBeLessThanOrEqual(magnitude * SUM_TOLERANCE);
}
