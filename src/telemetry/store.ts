import type { LatestReading, ReadingColumns } from "../domain/reading.ts";

/** Where readings live. Every implementation passes `contract.ts`. */
export interface TelemetryStore {
  /**
   * Stores a batch. Resolves only once it is on stable storage; from then on every read sees it and no crash loses it.
   * The same (series, time) again replaces the value: the last append wins, and within one batch the last row.
   * @throws StorageUnavailable when it cannot be stored now; then nothing of the batch is stored.
   * @throws InvalidInput for more than `BATCH_READINGS_MAX` rows, a time outside `READING_TIME_MS` or a value that is not finite.
   */
  append(batch: ReadingColumns, receivedAtMs: number): Promise<void>;

  /** The reading with the newest time of a series, from memory. A late reading never replaces it. */
  latest(series: number): LatestReading | undefined;

  /** Readings in ascending (time, series) order, at most `limit`; sees all that was acked before the call. */
  readRaw(query: RawQuery): Promise<RawPage>;

  /** Aggregates per step, ascending by series and step; steps without a reading are absent. Sees all that was acked before the call.
   *  @throws InvalidInput when there would be more than `STEP_ROWS_MAX` of them. */
  readSteps(query: StepsQuery): Promise<StepColumns>;

  health(): TelemetryHealth;

  /** Stops intake, projects what is journalled if the engine is up, and closes. Idempotent. */
  close(): Promise<void>;
}

/** Readings in one batch. */
export const BATCH_READINGS_MAX = 1_000_000;

export interface TimeWindow {
  /** Epoch ms, inclusive. */
  readonly fromMs: number;
  /** Epoch ms, exclusive. */
  readonly toMs: number;
}

export interface RawQuery extends TimeWindow {
  readonly series: readonly number[];
  /** 1 to `RAW_PAGE_ROWS_MAX`. */
  readonly limit: number;
  /** Goes on after this reading of an earlier page. */
  readonly after?: RawCursor;
}

export interface RawCursor {
  readonly timeMs: number;
  readonly series: number;
}

export interface RawPage {
  readonly columns: ReadingColumns;
  /** Where the next page starts; null when this was the last. */
  readonly next: RawCursor | null;
}

export const RAW_PAGE_ROWS_MAX = 50_000;

/** Rows that one answer of `readSteps` holds. */
export const STEP_ROWS_MAX = 500_000;

export const STEP_AGGREGATES = ["mean", "min", "max", "sum", "last", "count"] as const;
export type StepAggregate = (typeof STEP_AGGREGATES)[number];

export interface StepsQuery extends TimeWindow {
  readonly series: readonly number[];
  /** Width of a step, whole ms ≥ 1; steps begin at whole multiples of it since the epoch, plus `originMs`. */
  readonly stepMs: number;
  readonly originMs?: number;
  readonly aggregate: StepAggregate;
}

/** One row a step that has readings. */
export interface StepColumns {
  readonly length: number;
  readonly series: Uint32Array;
  /** Start of the step, epoch ms. */
  readonly startsMs: Float64Array;
  readonly values: Float64Array;
  /** Readings in the step. */
  readonly counts: Float64Array;
}

export interface TelemetryHealth {
  /** `ready`: stores and reads. `recovering`: stores, reads wait or are refused. `full`: reads, and refuses to store. */
  readonly state: "ready" | "recovering" | "full";
  /** One sentence for a person, empty when ready. */
  readonly detail: string;
  /** Readings acked and not yet in the engine. */
  readonly pendingReadings: number;
}
