import { InvalidInput } from "../domain/errors.ts";
import type { ReadingColumns } from "../domain/reading.ts";
import { NO_READINGS, NOTHING_ACROSS } from "./empty-answers.ts";
import type { LatestColumns } from "./latest.ts";
import { type HorizonView, heldWindows, isHeld, KEEPS_ALL_ALWAYS } from "./lifecycle/horizon.ts";
import { acrossOf } from "./queries/across.ts";
import { aroundMsOf, fieldsFor, needsLine, plainSteps } from "./queries/aggregates.ts";
import { fitsCachedDays, readingsOfDays } from "./queries/cached-days.ts";
import type { DayCache } from "./queries/day-cache.ts";
import { downsampledGrid, POINT_FIELDS, pointsOf } from "./queries/downsampled.ts";
import { downsampledInMemory, stepsInMemory } from "./queries/in-memory.ts";
import { lineSteps } from "./queries/line-steps.ts";
import { gridOf, type StepGrid } from "./queries/step-grid.ts";
import { inOrder, runsAround, type StepStates } from "./queries/step-states.ts";
import { wantedOf } from "./queries/wanted.ts";
import { type DirtyView, planReads, type Reads, type Wanted } from "./rollups/planner.ts";
import { type ColumnType, readRows } from "./row-binary.ts";
import type { SqlConnection } from "./sql/connection.ts";
import type { HiddenReadings } from "./sql/hidden.ts";
import { joinedStates, type StateField } from "./sql/joined-states.ts";
import { selectNewest } from "./sql/lifecycle.ts";
import { selectAcross } from "./sql/select-across.ts";
import { selectRaw } from "./sql/select-raw.ts";
import {
  type AcrossColumns,
  type AcrossQuery,
  type DownsampledQuery,
  type PointColumns,
  type RawPage,
  type RawQuery,
  STEP_ROWS_MAX,
  type StepColumns,
  type StepsQuery,
  type TimeWindow,
} from "./store.ts";

/** Queries over a ClickHouse of any kind. Inputs have been checked (`input-checks.ts`), and are not empty. */
export class SqlQueries {
  readonly #connection: Pick<SqlConnection, "query">;
  #dirty: DirtyView | null = null;
  #hidden: () => readonly HiddenReadings[] = () => [];
  #days: DayCache | null = null;
  #horizons: HorizonView = KEEPS_ALL_ALWAYS;
  readonly #running = new Set<Promise<unknown>>();

  constructor(connection: Pick<SqlConnection, "query">) {
    this.#connection = connection;
  }

  /** From here on clean days are read from rollups; until it is called, all is read from the readings. */
  useRollups(dirty: DirtyView): void {
    this.#dirty = dirty;
  }

  /** Keeps days that were read, for an engine that nobody else writes to. `cache` is told of every day that changes. */
  keepDays(cache: DayCache): void {
    this.#days = cache;
  }

  /** Says which readings are deleted and not yet gone. */
  hide(hidden: () => readonly HiddenReadings[]): void {
    this.#hidden = hidden;
  }

  /** Says from when on there are readings, and rollups. */
  keep(horizons: HorizonView): void {
    this.#horizons = horizons;
  }

  /** Resolves once the queries that are under way have ended. */
  async readsEnded(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** @throws EngineUnavailable, EngineRefused */
  async readNewest(series: readonly number[], fromMs: number): Promise<LatestColumns> {
    const answer = await this.query(selectNewest(series, fromMs, this.#hidden()));
    const { length, columns } = readRows(answer, ["UInt32", "Int64", "Float64", "UInt8", "UInt64"]);
    const [found, timesMs, values, qualities, seqs] = columns;
    return { length, series: found, timesMs, values, qualities, receivedAtMs: timesMs, seqs };
  }

  /** @throws EngineUnavailable, EngineRefused */
  async readRaw(query: RawQuery): Promise<RawPage> {
    const held = heldWindows(query, this.#horizons);
    if (held.length === 0) return { columns: NO_READINGS, next: null };
    const answer = await this.query(`${selectRaw(query, held, this.#hidden())}${lightly(query)}`);
    const { length: rows, columns } = readRows(answer, ["UInt32", "Int64", "Float64", "UInt8"]);
    const length = Math.min(rows, query.limit);
    const series = columns[0].subarray(0, length);
    const timesMs = columns[1].subarray(0, length);
    const [values, qualities] = [columns[2].subarray(0, length), columns[3].subarray(0, length)];
    // Only a full page has a next one, and a full page has a last row.
    const next = rows > length ? { timeMs: timesMs.at(-1) ?? 0, series: series.at(-1) ?? 0 } : null;
    return { columns: { length, series, timesMs, values, qualities }, next };
  }

  /** @throws EngineUnavailable, EngineRefused, InvalidInput */
  async readSteps(query: StepsQuery): Promise<StepColumns> {
    const grid = gridOf(query);
    const reads = this.#plan(wantedOf(query, grid));
    const readings = await this.#readingsOfDays(query, aroundMsOf(query), reads);
    if (readings) return stepsInMemory(readings, query);
    const fields = fieldsFor(query);
    const states = await this.#states(query, grid, reads, fields, aroundMsOf(query));
    const steps = needsLine(query)
      ? lineSteps(states, { ...query, coverage: query.coverage ?? false }, grid)
      : plainSteps(states, query.aggregate);
    checkRows(steps.length);
    return { ...steps, plan: reads.plan };
  }

  /** @throws EngineUnavailable, EngineRefused, InvalidInput */
  async readAcross(query: AcrossQuery): Promise<AcrossColumns> {
    if (needsLine(query)) return acrossOf(await this.readSteps(query), query.across);
    const grid = gridOf(query);
    const reads = this.#plan(wantedOf(query, grid));
    if (isNothing(reads)) return { ...NOTHING_ACROSS, plan: reads.plan };
    const fields = fieldsFor(query);
    const sources = { ...reads, hidden: this.#hidden() };
    const sql = selectAcross(sources, grid.runsIn(query), fields, query.aggregate, query.across);
    const answer = await this.query(`${sql} LIMIT ${STEP_ROWS_MAX + 1}${lightly(query)}`);
    const { length, columns } = readRows(answer, ["Int64", "Float64", "UInt64", "UInt64"]);
    checkRows(length);
    const [startsMs, values, seriesCounts, counts] = columns;
    return { length, startsMs, values, seriesCounts, counts, plan: reads.plan };
  }

  /** @throws EngineUnavailable, EngineRefused, InvalidInput */
  async readDownsampled(query: DownsampledQuery): Promise<PointColumns> {
    const grid = downsampledGrid(query);
    const reads = this.#plan(wantedOf({ ...query, aggregate: "min" }, grid));
    const readings = await this.#readingsOfDays(query, 0, reads);
    if (readings) return downsampledInMemory(readings, query);
    const states = await this.#states(query, grid, reads, POINT_FIELDS, 0);
    return { ...pointsOf(states), plan: reads.plan };
  }

  /** The readings of a small query that no rollup answers, from memory where they are known; null when the engine is to add up. */
  async #readingsOfDays(
    { series, fromMs, toMs }: TimeWindow & { readonly series: readonly number[] },
    aroundMs: number,
    { plan }: Reads,
  ): Promise<ReadingColumns | null> {
    const window = { fromMs: fromMs - aroundMs, toMs: toMs + aroundMs };
    if (
      !this.#days ||
      plan.rollupShare > 0 ||
      this.#hidden().length > 0 ||
      !isHeld(series, window, this.#horizons) ||
      !fitsCachedDays(series, window)
    )
      return null;
    return readingsOfDays(this.#days, (sql) => this.query(sql), series, window);
  }

  #plan(wanted: Wanted): Reads {
    return planReads(wanted, this.#dirty, this.#horizons);
  }

  /** Asks the engine, and counts as a read that is under way until it has answered. */
  protected query(sql: string): Promise<Uint8Array> {
    const asked = this.#connection.query(sql);
    this.#running.add(asked);
    const ended = (): boolean => this.#running.delete(asked);
    asked.then(ended, ended);
    return asked;
  }

  async #states(
    query: TimeWindow & { readonly series: readonly number[] },
    grid: StepGrid,
    reads: Reads,
    fields: readonly StateField[],
    aroundMs: number,
  ): Promise<StepStates> {
    if (isNothing(reads)) return inOrder(noStates(fields), grid, query);
    const sources = { ...reads, hidden: this.#hidden() };
    const sql = joinedStates(sources, runsAround(grid, query, aroundMs), fields);
    // What lies around the window makes up to two rows more for each series.
    const rowsMax = STEP_ROWS_MAX + (aroundMs > 0 ? 2 * query.series.length : 0);
    const answer = await this.query(`${sql} LIMIT ${rowsMax + 1}${lightly(query)}`);
    const { length, columns } = readRows(answer, ["UInt32", "Int64", ...fields.map((field) => FIELD_TYPES[field])]);
    checkRows(length, rowsMax);
    const [series, startsMs, ...rest] = columns as [Uint32Array, Float64Array, ...Float64Array[]];
    const byField = Object.fromEntries(fields.map((field, index) => [field, rest[index] ?? new Float64Array(0)]));
    return inOrder({ length, series, startsMs, fields: byField }, grid, query);
  }
}

function isNothing({ raw, rollups }: Reads): boolean {
  return raw.length === 0 && rollups.length === 0;
}

function noStates(fields: readonly StateField[]): StepStates {
  const none = fields.map((field) => [field, new Float64Array(0)] as const);
  return { length: 0, series: new Uint32Array(0), startsMs: new Float64Array(0), fields: Object.fromEntries(none) };
}

const FIELD_TYPES: Readonly<Record<StateField, ColumnType>> = {
  readings: "UInt64",
  total: "Float64",
  low: "Float64",
  low_at: "Int64",
  high: "Float64",
  high_at: "Int64",
  opening: "Float64",
  opening_at: "Int64",
  closing: "Float64",
  closing_at: "Int64",
  area: "Float64",
  covered: "Int64",
  scale: "UInt8",
  spacing: "Int64",
};

/** Series times days up to which a query is small: it runs on one thread, which spares it the cost of a second. */
const LIGHT_SERIES_DAYS_MAX = 8;

function lightly({ series, fromMs, toMs }: TimeWindow & { readonly series: readonly number[] }): string {
  return series.length * ((toMs - fromMs) / 86_400_000) <= LIGHT_SERIES_DAYS_MAX ? " SETTINGS max_threads = 1" : "";
}

/** @throws InvalidInput */
function checkRows(length: number, rowsMax = STEP_ROWS_MAX): void {
  if (length <= rowsMax) return;
  throw new InvalidInput([{ path: "", message: `the answer would hold more than ${STEP_ROWS_MAX} steps` }]);
}
