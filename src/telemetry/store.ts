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

  /**
   * Aggregates per step, ascending by series and step; steps without a value are absent. Sees all that was acked before the call.
   * @throws InvalidInput when there would be more than `STEP_ROWS_MAX` of them.
   */
  readSteps(query: StepsQuery): Promise<StepColumns>;

  /**
   * Each series' aggregate per step, then one number over the series for each step, ascending; steps without a value are absent. Sees all
   * that was acked before the call.
   * @throws InvalidInput as `readSteps`
   */
  readAcross(query: AcrossQuery): Promise<AcrossColumns>;

  /**
   * For a chart: of each of a series' equal stretches of time the first, the smallest, the largest and the last reading (M4), so that a line
   * through them looks as one through all. Ascending by series and time, at most `pointsMax` for each series, no reading twice.
   */
  readDownsampled(query: DownsampledQuery): Promise<PointColumns>;

  /**
   * Deletes what was appended of some series in a window before this call; what is appended after it stays. Resolves once that is on stable
   * storage: no read sees the readings any more, and they leave the disk in the background.
   * @throws InvalidInput for more than `DELETION_SERIES_MAX` series; StorageUnavailable when it cannot be kept now, and when
   * `DELETIONS_PENDING_MAX` others are not done yet.
   */
  deleteReadings(deletion: DeletionRequest): Promise<void>;

  /** How long readings and rollups are kept, and what that has removed already. */
  retention(): RetentionReport;

  /** Before when readings would be removed now if they were kept for `days`, epoch ms. */
  removableBefore(days: number): number;

  /**
   * Keeps what `policy` says from now on; classes that it does not name are kept for ever. What is gone does not come back.
   * @throws InvalidInput for days that make no sense; StorageUnavailable
   */
  setRetention(policy: RetentionPolicy): Promise<void>;

  /** @throws StorageUnavailable */
  diskUse(): Promise<DiskUse>;

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

/** Series that one query may name. */
export const QUERY_SERIES_MAX = 50_000;

/**
 * What is made of the readings of a step. `first` and `last` go by the readings' time.
 *
 * `integral` and `time_weighted_mean` take the line through the readings: between two that are no further apart than `GAP_MS_MAX` the value
 * changes evenly; longer gaps count for nothing. A line that crosses an edge of a step or of the window counts on each side for its part,
 * so a step that holds no reading may have a value. `integral` is in the value's unit times hours (W gives W.h); `time_weighted_mean` is the
 * integral over the time that is covered, and a step with no covered time has none.
 */
export const STEP_AGGREGATES = [
  "mean",
  "min",
  "max",
  "sum",
  "first",
  "last",
  "count",
  "time_weighted_mean",
  "integral",
] as const;
export type StepAggregate = (typeof STEP_AGGREGATES)[number];

/** Two neighbouring readings further apart than this (1 h) leave a gap between them: it is not covered, and adds nothing to an integral. */
export const GAP_MS_MAX = 3_600_000;

/** Steps of one width. They begin at whole multiples of it since the epoch, plus `originMs`. */
export interface FixedSteps {
  /** Whole ms ≥ 1. */
  readonly stepMs: number;
  readonly originMs?: number;
}

/** Steps between any edges: local days, months. */
export interface EdgedSteps {
  /** Epoch ms, ascending; 2 to `STEP_EDGES_MAX`. The first is at most the window's start, the last at least its end. */
  readonly edgesMs: readonly number[];
}

/** Edges that one query may name. */
export const STEP_EDGES_MAX = 20_001;

export type StepsQuery = TimeWindow &
  (FixedSteps | EdgedSteps) & {
    readonly series: readonly number[];
    readonly aggregate: StepAggregate;
    /** Asks for `StepColumns.coverages`, which takes longer. */
    readonly coverage?: boolean;
  };

/** One row a step that has a value. */
export interface StepColumns {
  readonly length: number;
  readonly series: Uint32Array;
  /** Start of the step, epoch ms; the first step may begin before the window. */
  readonly startsMs: Float64Array;
  readonly values: Float64Array;
  /** Readings in the step; 0 where only a line between readings crosses it. */
  readonly counts: Float64Array;
  /** Time of the step within the window that lies between readings no further apart than `GAP_MS_MAX`, as a share, 0 to 1; null unless asked for. */
  readonly coverages: Float64Array | null;
  readonly plan: ReadPlan;
}

/** What can be made of many series' values of one step. */
export const ACROSS = ["sum", "mean", "min", "max"] as const;
export type Across = (typeof ACROSS)[number];

export type AcrossQuery = Omit<StepsQuery, "coverage"> & (FixedSteps | EdgedSteps) & { readonly across: Across };

/** One row a step for which any series has a value. */
export interface AcrossColumns {
  readonly length: number;
  readonly startsMs: Float64Array;
  readonly values: Float64Array;
  /** Series that have a value in the step. */
  readonly seriesCounts: Float64Array;
  /** Their readings in the step. */
  readonly counts: Float64Array;
  readonly plan: ReadPlan;
}

export interface DownsampledQuery extends TimeWindow {
  readonly series: readonly number[];
  /** Points for each series, `DOWNSAMPLED_POINTS_MIN` or more. */
  readonly pointsMax: number;
}

/** A first, a smallest, a largest and a last for each of two stretches. */
export const DOWNSAMPLED_POINTS_MIN = 8;

export interface PointColumns {
  readonly length: number;
  readonly series: Uint32Array;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  readonly plan: ReadPlan;
}

/** Widths of rollups as ISO 8601 durations. */
export type RollupName = "PT15M" | "PT1H" | "P1D";

/** Where an answer came from. Rollups and readings give the same answer; this tells why one took longer. */
export interface ReadPlan {
  /** The widest rollup that was read; null when all came from readings. */
  readonly rollup: RollupName | null;
  /** Share of the window, over all series, that was read from rollups: 0 to 1. */
  readonly rollupShare: number;
  /**
   * Share of which nothing is known any more, where there is such: its readings are gone by retention, and no rollup is narrow enough for the
   * steps or the ends of the window.
   */
  readonly goneShare?: number;
}

export interface DeletionRequest extends TimeWindow {
  readonly series: readonly number[];
}

/** Series that one deletion may name. */
export const DELETION_SERIES_MAX = 10_000;
/** Deletions that may wait to be carried out: every read of their series carries their conditions. */
export const DELETIONS_PENDING_MAX = 100;

/** For how many days a class of series is kept, counted from a reading's own time; null for ever. */
export interface RetentionDays {
  /** Whole days from 1 to `RETENTION_DAYS_MAX`. Readings go by months: the last of a month go when all of it is that old. */
  readonly rawDays: number | null;
  /** At least `rawDays`. */
  readonly rollupDays: number | null;
}

export const RETENTION_DAYS_MAX = 36_525;

/** By the name of the class. */
export type RetentionPolicy = Readonly<Record<string, RetentionDays>>;

/** What retention has removed of a class, all epoch ms and starts of UTC days; 0 for nothing. */
export interface RetentionHorizon {
  /** Older readings are refused. */
  readonly refusesBeforeMs: number;
  /** Older readings are gone; rollups answer for them. */
  readonly readingsFromMs: number;
  /** Older rollups are gone, too. */
  readonly rollupsFromMs: number;
}

export interface RetentionReport {
  readonly policy: RetentionPolicy;
  /** Of the classes of which something was removed. */
  readonly horizons: Readonly<Record<string, RetentionHorizon>>;
}

/** Which class a series is of; the store knows only numbers. */
export interface RetentionClasses {
  /** Undefined for a series that nobody knows: it is kept for ever. */
  classOf(series: number): string | undefined;
  seriesOf(name: string): Iterable<number>;
}

/** Bytes on disk. */
export interface DiskUse {
  /** Acked readings that wait for the engine, and what must outlive a restart beside them. */
  readonly journalBytes: number;
  readonly readings: { readonly bytes: number; readonly rows: number };
  readonly rollups: { readonly bytes: number; readonly rows: number };
  /** What was replaced or removed, and leaves the disk shortly. */
  readonly leavingBytes: number;
  /** What is left on the disk of the journal. */
  readonly freeBytes: number;
  /** A row a series; bytes are its share by rows, since rows of several lie in one file. */
  readonly ofSeries: {
    readonly length: number;
    readonly series: Uint32Array;
    readonly readings: Float64Array;
    readonly readingBytes: Float64Array;
    readonly rollupBytes: Float64Array;
  };
}

export interface TelemetryHealth {
  /** `ready`: stores and reads. `recovering`: stores, reads wait or are refused. `full`: reads, and refuses to store. */
  readonly state: "ready" | "recovering" | "full";
  /** One sentence for a person, empty when ready. */
  readonly detail: string;
  /** Readings acked and not yet in the engine. */
  readonly pendingReadings: number;
}
