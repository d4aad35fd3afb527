import { InvalidInput } from "../../domain/errors.ts";
import { leastSpanMs } from "../../transport/budget.ts";
import { chunks } from "../sweep.ts";
import {
  aggregatedSpanMs,
  newestFirst,
  POINTS_PER_CALL_MAX,
  REQUESTS_PER_SECOND_DEFAULT,
  rangeIssues,
  SAMPLES_PER_S_MAX,
  type Windows,
  windowsOf,
} from "./cut.ts";
import { instantText } from "./instants.ts";
import { PERIOD_MS_MAX, periodIssues, periodText } from "./periods.ts";
import { endText, wireId } from "./point-calls.ts";
import type { SelectPiece } from "./points.ts";
import type { DatabaseId, Measurement, SelectBody, Selector } from "./wire.ts";

/** A raw v2 query spans at most this. Source: the vendor's contract. */
export const SELECT_RAW_SPAN_MS_MAX = 3 * 3_600_000;
/** Signals of a raw v2 query. Source: the vendor's contract. */
export const SELECT_SIGNALS_MAX = 500;

/** Points over time of the signals that have what a selector says. */
export interface SelectQuery {
  readonly databaseId: DatabaseId;
  readonly selector: Selector;
  /** Only these of them. */
  readonly streamKeys?: readonly string[] | undefined;
  /** Epoch ms, whole, inclusive. */
  readonly fromMs: number;
  /** Epoch ms, whole, exclusive. */
  readonly toMs: number;
  readonly aggFunction?: string | undefined;
  /** Length of the windows whose samples become one point (`resampleEvery`), whole ms from 1. */
  readonly windowMs?: number | undefined;
  /** Lets the vendor choose windows such that no series has more points; such a query is never cut. */
  readonly maxDataPoints?: number | undefined;
  /** No window is shorter; such a query is never cut either. */
  readonly minIntervalMs?: number | undefined;
  /** Ask for the vendor's words for values, such as "running". */
  readonly decode?: boolean | undefined;
}

/** What reading a selection takes, without sending anything. */
export interface SelectPlan {
  /** Calls for points: `windows` × `blocks`. */
  readonly pieces: number;
  readonly windows: number;
  readonly blocks: number;
  /** From the first call to the last with a network that takes no time, ms; the login and two lookups are calls of it. */
  readonly spanMs: number;
}

/** Calls before the first that brings points: the login, whether there is v2, and how many signals are selected. */
const CALLS_BEFORE = 3;

/**
 * What a selection of so many signals takes of v2.
 *
 * @throws InvalidInput when the query is none
 */
export function planSelection(
  query: SelectQuery,
  {
    series,
    requestsPerSecond = REQUESTS_PER_SECOND_DEFAULT,
  }: { readonly series: number; readonly requestsPerSecond?: number | undefined },
): SelectPlan {
  checkSelection(query);
  const blocks = Math.max(1, Math.ceil(series / SELECT_SIGNALS_MAX));
  const windows = selectionWindows(query, Math.min(Math.max(1, series), SELECT_SIGNALS_MAX)).count;
  const pieces = windows * blocks;
  return {
    pieces,
    windows,
    blocks,
    spanMs: leastSpanMs(pieces + CALLS_BEFORE, [{ requests: requestsPerSecond, perMs: 1000 }]),
  };
}

/** The streams that each call of a selection asks for, block by block; null for all that are selected. */
export type StreamBlocks = readonly (readonly string[] | null)[];

export interface CutSelection extends Iterable<SelectPiece> {
  /** How many there are. */
  readonly pieces: number;
}

/**
 * Cuts a selection into calls, lazily: the newest window first, all blocks of a window before the next older one. Raw windows hold
 * at most `SELECT_RAW_SPAN_MS_MAX`, and so many points as signals at their fastest can make, at most `POINTS_PER_CALL_MAX`.
 *
 * @param series how many streams the largest block holds, at least 1
 * @throws InvalidInput when the query is none
 */
export function cutSelection(query: SelectQuery, blocks: StreamBlocks, series: number): CutSelection {
  checkSelection(query);
  const { fromMs, toMs } = query;
  const windows = selectionWindows(query, series);
  return {
    pieces: windows.count * blocks.length,
    *[Symbol.iterator]() {
      for (const window of newestFirst(windows, fromMs, toMs)) {
        for (const streamKeys of blocks) {
          yield { ...window, streamKeys, key: keyOf(query, window.fromMs, window.toMs, streamKeys) };
        }
      }
    },
  };
}

/** @throws InvalidInput when the query is none */
export function checkSelection(query: SelectQuery): void {
  const { maxDataPoints, minIntervalMs } = query;
  const issues = rangeIssues(query);
  if (maxDataPoints !== undefined && !(Number.isInteger(maxDataPoints) && maxDataPoints >= 1)) {
    issues.push({ path: "maxDataPoints", message: "must be a whole number from 1" });
  }
  issues.push(...periodIssues("minInterval", minIntervalMs));
  if (issues.length > 0) throw new InvalidInput(issues);
}

/** Blocks of named streams that one call may ask for. */
export function streamBlocks(streamKeys: readonly string[]): StreamBlocks {
  return [...chunks([...new Set(streamKeys)], SELECT_SIGNALS_MAX)];
}

/** The body of a v2 query. */
export function selectBody(query: SelectQuery, piece: Omit<SelectPiece, "key">): SelectBody {
  const { databaseId, selector, windowMs, maxDataPoints, minIntervalMs, aggFunction, decode } = query;
  return {
    databaseId: wireId(databaseId),
    selector,
    ...(piece.streamKeys === null ? {} : { streamKeys: piece.streamKeys }),
    startTime: instantText(piece.fromMs),
    endTime: endText(piece.toMs, isRaw(query) ? null : (windowMs ?? 1)),
    ...(windowMs === undefined ? {} : { resampleEvery: periodText(windowMs) }),
    ...(maxDataPoints === undefined ? {} : { maxDataPoints }),
    ...(minIntervalMs === undefined ? {} : { minInterval: periodText(minIntervalMs) }),
    ...(aggFunction === undefined ? {} : { aggFunction }),
    ...(decode === undefined ? {} : { decode }),
  };
}

/** Whether the vendor chooses the windows, or may make them longer than was said. */
export function isVendorsChoice({ maxDataPoints, minIntervalMs }: SelectQuery): boolean {
  return maxDataPoints !== undefined || minIntervalMs !== undefined;
}

function isRaw(query: SelectQuery): boolean {
  return query.windowMs === undefined && !isVendorsChoice(query);
}

/** The windows that v1 must be asked for to come close to what the vendor would choose in v2; undefined for raw points. */
export function chosenWindowMs(query: SelectQuery): number | undefined {
  const { fromMs, toMs, windowMs, maxDataPoints, minIntervalMs = 1 } = query;
  if (!isVendorsChoice(query)) return windowMs;
  const enoughMs = maxDataPoints === undefined ? 1 : Math.ceil((toMs - fromMs) / maxDataPoints);
  return Math.min(PERIOD_MS_MAX, Math.max(enoughMs, minIntervalMs, windowMs ?? 1));
}

const TAG_PARTS = /[./\\|:]/;

/** The signals that a selector means, where only their tags and names are known: each value is a part of the tag, or the name. */
export function selected(
  measurements: readonly Measurement[],
  query: Pick<SelectQuery, "selector" | "streamKeys">,
): readonly Measurement[] {
  const { selector, streamKeys } = query;
  const wanted = Object.values(selector).map((values) => (typeof values === "string" ? [values] : values));
  const keys = streamKeys === undefined ? null : new Set(streamKeys);
  return measurements.filter((measurement) => {
    const { tag, name } = measurement;
    if (keys && !keys.has(streamKeyOf(measurement))) return false;
    const parts = new Set([...(tag?.split(TAG_PARTS) ?? []), name]);
    return wanted.every((values) => values.some((value) => parts.has(value)));
  });
}

/** What stands for a v2 stream key where there is no v2. */
export function streamKeyOf({ tag, index }: Measurement): string {
  return tag ?? index;
}

function selectionWindows(query: SelectQuery, series: number): Windows {
  const { fromMs, toMs, windowMs } = query;
  return windowsOf(fromMs, toMs, spanMs(query, series), windowMs ?? 1);
}

function spanMs(query: SelectQuery, series: number): number {
  const { fromMs, toMs, windowMs } = query;
  if (isVendorsChoice(query)) return toMs - Math.floor(fromMs / (windowMs ?? 1)) * (windowMs ?? 1);
  if (windowMs !== undefined) return aggregatedSpanMs(series, windowMs);
  const fullMs = Math.floor(POINTS_PER_CALL_MAX / (series * SAMPLES_PER_S_MAX)) * 1000;
  return Math.min(SELECT_RAW_SPAN_MS_MAX, Math.max(1000, fullMs));
}

function keyOf(query: SelectQuery, fromMs: number, toMs: number, streamKeys: readonly string[] | null): string {
  const { databaseId, selector, aggFunction = "", windowMs, maxDataPoints, minIntervalMs, decode = false } = query;
  const how = isRaw(query) ? "raw" : [windowMs, maxDataPoints, minIntervalMs].join("-");
  const ordered = Object.entries(selector).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [databaseId, instantText(fromMs), instantText(toMs), aggFunction, how, decode, JSON.stringify(ordered)];
  return [...parts, ...(streamKeys ?? [])].map((part) => encodeURIComponent(part)).join("/");
}
