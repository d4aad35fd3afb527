import { InvalidInput } from "../domain/errors.ts";
import { READING_TIME_MS, type ReadingColumns } from "../domain/reading.ts";
import {
  BATCH_READINGS_MAX,
  DOWNSAMPLED_POINTS_MIN,
  type DownsampledQuery,
  type EdgedSteps,
  type FixedSteps,
  QUERY_SERIES_MAX,
  RAW_PAGE_ROWS_MAX,
  type RawQuery,
  STEP_EDGES_MAX,
  type StepsQuery,
  type TimeWindow,
} from "./store.ts";

const SERIES_MAX = 2 ** 32 - 1;

/** @throws InvalidInput for a batch that an engine cannot hold: it would stop every one behind it. */
export function checkBatch({ length, series, timesMs, values, qualities }: ReadingColumns): void {
  if (length > BATCH_READINGS_MAX) throw invalid("", `a batch holds at most ${BATCH_READINGS_MAX} readings`);
  if (Math.min(series.length, timesMs.length, values.length, qualities.length) < length) {
    throw invalid("", "a column is shorter than the batch");
  }
  for (let row = 0; row < length; row++) {
    const timeMs = timesMs[row] ?? Number.NaN;
    if (!(timeMs >= READING_TIME_MS.min && timeMs <= READING_TIME_MS.max && Math.floor(timeMs) === timeMs)) {
      throw invalid(`timesMs.${row}`, `${timeMs} is not a whole ms of the years 1970 to 9999`);
    }
    if (!Number.isFinite(values[row])) throw invalid(`values.${row}`, "is not a finite number");
  }
}

/** @throws InvalidInput */
export function checkRawQuery(query: RawQuery): void {
  checkRange(query);
  if (!(Number.isInteger(query.limit) && query.limit >= 1 && query.limit <= RAW_PAGE_ROWS_MAX)) {
    throw invalid("limit", `must be 1 to ${RAW_PAGE_ROWS_MAX}`);
  }
  if (query.after) {
    checkWhole("after.timeMs", query.after.timeMs);
    checkSeries([query.after.series]);
  }
}

/** @throws InvalidInput */
export function checkStepsQuery(query: Omit<StepsQuery, "aggregate"> & (FixedSteps | EdgedSteps)): void {
  checkRange(query);
  if ("edgesMs" in query) {
    checkEdges(query.edgesMs, query);
    return;
  }
  checkWhole("stepMs", query.stepMs);
  if (query.stepMs < 1) throw invalid("stepMs", "must be at least 1 ms");
  checkWhole("originMs", query.originMs ?? 0);
}

/** @throws InvalidInput */
export function checkDownsampledQuery(query: DownsampledQuery): void {
  checkRange(query);
  if (!(Number.isSafeInteger(query.pointsMax) && query.pointsMax >= DOWNSAMPLED_POINTS_MIN)) {
    throw invalid("pointsMax", `must be a whole number from ${DOWNSAMPLED_POINTS_MIN} on`);
  }
}

function checkEdges(edgesMs: readonly number[], { fromMs, toMs }: TimeWindow): void {
  if (edgesMs.length < 2 || edgesMs.length > STEP_EDGES_MAX) {
    throw invalid("edgesMs", `must be 2 to ${STEP_EDGES_MAX} edges`);
  }
  for (const [index, edgeMs] of edgesMs.entries()) {
    checkWhole(`edgesMs.${index}`, edgeMs);
    if (edgeMs <= (edgesMs[index - 1] ?? Number.NEGATIVE_INFINITY)) throw invalid(`edgesMs.${index}`, "must ascend");
  }
  if ((edgesMs[0] ?? 0) > fromMs || (edgesMs.at(-1) ?? 0) < toMs) throw invalid("edgesMs", "must span the window");
}

/** @throws InvalidInput */
export function checkRange({ series, fromMs, toMs }: TimeWindow & { readonly series: readonly number[] }): void {
  checkWhole("fromMs", fromMs);
  checkWhole("toMs", toMs);
  if (series.length > QUERY_SERIES_MAX) throw invalid("series", `must be at most ${QUERY_SERIES_MAX}`);
  checkSeries(series);
}

function checkSeries(series: readonly number[]): void {
  for (const each of series) {
    if (!(Number.isInteger(each) && each >= 0 && each <= SERIES_MAX))
      throw invalid("series", `${each} is no series number`);
  }
}

function checkWhole(path: string, value: number): void {
  if (!Number.isSafeInteger(value)) throw invalid(path, "must be a whole number within ±2^53");
}

function invalid(path: string, message: string): InvalidInput {
  return new InvalidInput([{ path, message }]);
}
