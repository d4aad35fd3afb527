import { type InputIssue, InvalidInput } from "../../domain/errors.ts";
import { READING_TIME_MS } from "../../domain/reading.ts";
import { leastSpanMs } from "../../transport/budget.ts";
import { chunks } from "../sweep.ts";
import { instantText } from "./instants.ts";
import { periodIssues, periodText } from "./periods.ts";
import type { DatabaseId } from "./wire.ts";

/** Signals that a v1 query may name. Source: the vendor's contract, which recommends 5 to 10. */
export const SIGNALS_PER_CALL_MAX = 20;
export const BLOCK_SIZE_DEFAULT = 10;
/** A raw v1 query spans less than this. Source: the vendor's contract. */
export const RAW_WINDOW_MS = 30 * 60_000;
/** The fastest that signals are sampled. Source: the vendor's contract, "up to 5 Hz". */
export const SAMPLES_PER_S_MAX = 5;
/** Points that one call may bring: as many as 20 signals at 5 Hz in 30 minutes. */
export const POINTS_PER_CALL_MAX = 180_000;
/**
 * Samples that one aggregated call may make the historian read: those of ten signals at 5 Hz in a week. The vendor names no bound;
 * this one is so low that it answers in time.
 */
export const AGGREGATED_SAMPLES_MAX = 10 * 5 * 7 * 86_400;
export const REQUESTS_PER_SECOND_DEFAULT = 10;

/** Points of signals over a range of any length, as one asks for them. */
export interface PointQuery {
  readonly databaseId: DatabaseId;
  /** The signals' indexes; one that is named twice counts once. */
  readonly indexes: readonly string[];
  /** Epoch ms, whole, inclusive. */
  readonly fromMs: number;
  /** Epoch ms, whole, exclusive. */
  readonly toMs: number;
  /** How the samples of a window become one point; the vendor wants it in raw queries too. Default `mean`. */
  readonly aggFunction?: string | undefined;
  /** Length of the windows, whole ms from 1; without it the points are raw. See `parsePeriodMs`. */
  readonly windowMs?: number | undefined;
}

export interface CutOptions {
  /** Signals a call, 1 to `SIGNALS_PER_CALL_MAX`. Default `BLOCK_SIZE_DEFAULT`. */
  readonly blockSize?: number | undefined;
}

/** One call's worth of a query. */
export interface Piece {
  /** The same for the same piece of the same query in every process; made of visible ASCII. */
  readonly key: string;
  readonly databaseId: DatabaseId;
  readonly indexes: readonly string[];
  /** Epoch ms, inclusive. */
  readonly fromMs: number;
  /** Epoch ms, exclusive. */
  readonly toMs: number;
  readonly aggFunction: string;
  /** Null for raw points. */
  readonly windowMs: number | null;
}

export interface CutPoints extends Iterable<Piece> {
  /** How many there are. */
  readonly pieces: number;
}

/** What reading a query takes, without sending anything. */
export interface PointPlan {
  /** Calls: `windows` × `blocks`. */
  readonly pieces: number;
  readonly windows: number;
  readonly blocks: number;
  /** From the first call to the last with a network that takes no time, ms; the login is one call of it. */
  readonly spanMs: number;
}

/**
 * Cuts a query into calls, lazily: the newest window first, and all blocks of a window before the next older one. The pieces cover
 * the range exactly and do not overlap; there are as few as the limits allow, but that aggregates are not split.
 *
 * @throws InvalidInput at once, when the query is none
 */
export function cutPoints(query: PointQuery, options: CutOptions = {}): CutPoints {
  const layout = layoutOf(query, options);
  return { pieces: layout.windows.count * layout.blocks.length, [Symbol.iterator]: () => piecesOf(query, layout) };
}

/** @throws InvalidInput when the query is none */
export function planPoints(
  query: PointQuery,
  options: CutOptions & { readonly requestsPerSecond?: number | undefined } = {},
): PointPlan {
  const { windows, blocks } = layoutOf(query, options);
  const pieces = windows.count * blocks.length;
  const budget = { requests: options.requestsPerSecond ?? REQUESTS_PER_SECOND_DEFAULT, perMs: 1000 };
  return { pieces, windows: windows.count, blocks: blocks.length, spanMs: leastSpanMs(pieces + 1, [budget]) };
}

/** The piece's half that is newer and the one that is older; null for a piece that cannot be halved. */
export function halved(piece: Piece): readonly [newer: Piece, older: Piece] | null {
  const { fromMs, toMs, windowMs } = piece;
  const stepMs = windowMs ?? 1;
  const middleMs = Math.ceil((fromMs + toMs) / 2 / stepMs) * stepMs;
  if (middleMs <= fromMs || middleMs >= toMs) return null;
  return [keyed({ ...piece, fromMs: middleMs }), keyed({ ...piece, toMs: middleMs })];
}

/** Windows of `spanMs` side by side, the oldest beginning at or before the range's start. */
export interface Windows {
  readonly originMs: number;
  readonly spanMs: number;
  readonly count: number;
}

/** Windows from the range's own start, so that there are as few as can be; on multiples of `stepMs` from the epoch where it is above 1. */
export function windowsOf(fromMs: number, toMs: number, spanMs: number, stepMs: number): Windows {
  const originMs = Math.floor(fromMs / stepMs) * stepMs;
  return { originMs, spanMs, count: Math.ceil((toMs - originMs) / spanMs) };
}

/** Each window within the range, newest first. */
export function* newestFirst(
  windows: Windows,
  fromMs: number,
  toMs: number,
): Generator<{ fromMs: number; toMs: number }> {
  for (let number = windows.count - 1; number >= 0; number--) {
    const startMs = windows.originMs + number * windows.spanMs;
    yield { fromMs: Math.max(fromMs, startMs), toMs: Math.min(toMs, startMs + windows.spanMs) };
  }
}

/** The longest span of whole windows whose points, of `series` signals, fit into one call. */
export function aggregatedSpanMs(series: number, windowMs: number): number {
  // Windows without a sample bring no point, so that windows shorter than the fastest sampling bring no more than raw points.
  const pointEveryMs = Math.max(windowMs, 1000 / SAMPLES_PER_S_MAX);
  const samplesSpanMs = (AGGREGATED_SAMPLES_MAX / (series * SAMPLES_PER_S_MAX)) * 1000;
  const spanMs = Math.min(samplesSpanMs, Math.floor(POINTS_PER_CALL_MAX / series) * pointEveryMs);
  return Math.max(1, Math.floor(spanMs / windowMs)) * windowMs;
}

interface Layout {
  readonly windows: Windows;
  readonly blocks: readonly (readonly string[])[];
}

function layoutOf(query: PointQuery, { blockSize = BLOCK_SIZE_DEFAULT }: CutOptions): Layout {
  const { fromMs, toMs, windowMs } = query;
  const issues = [...rangeIssues(query), ...queryIssues(query, blockSize)];
  if (issues.length > 0) throw new InvalidInput(issues);
  const blocks = [...chunks([...new Set(query.indexes)], blockSize)];
  const spanMs = windowMs === undefined ? RAW_WINDOW_MS : aggregatedSpanMs(blocks[0]?.length ?? 1, windowMs);
  return { windows: windowsOf(fromMs, toMs, spanMs, windowMs ?? 1), blocks };
}

function* piecesOf(query: PointQuery, { windows, blocks }: Layout): Generator<Piece, void, undefined> {
  const { databaseId, aggFunction = "mean", windowMs = null } = query;
  for (const { fromMs, toMs } of newestFirst(windows, query.fromMs, query.toMs)) {
    for (const indexes of blocks) yield keyed({ databaseId, indexes, fromMs, toMs, aggFunction, windowMs });
  }
}

function keyed(piece: Omit<Piece, "key">): Piece {
  const { databaseId, indexes, fromMs, toMs, aggFunction, windowMs } = piece;
  const how = windowMs === null ? "raw" : periodText(windowMs);
  const parts = [databaseId, instantText(fromMs), instantText(toMs), aggFunction, how, ...indexes];
  return { ...piece, key: parts.map((part) => encodeURIComponent(part)).join("/") };
}

/** What is wrong with a range of time and its windows. */
export function rangeIssues(query: Pick<PointQuery, "fromMs" | "toMs" | "windowMs">): InputIssue[] {
  const { fromMs, toMs, windowMs } = query;
  const issues: InputIssue[] = [];
  const isTime = (timeMs: number): boolean =>
    Number.isInteger(timeMs) && timeMs >= READING_TIME_MS.min && timeMs <= READING_TIME_MS.max;
  if (!isTime(fromMs)) issues.push({ path: "from", message: "must be a time from 1970 to 9999, in whole ms" });
  if (!isTime(toMs)) issues.push({ path: "to", message: "must be a time from 1970 to 9999, in whole ms" });
  if (issues.length === 0 && toMs <= fromMs) issues.push({ path: "to", message: "must be after from" });
  issues.push(...periodIssues("window", windowMs));
  return issues;
}

function queryIssues({ indexes }: PointQuery, blockSize: number): InputIssue[] {
  const issues: InputIssue[] = [];
  if (indexes.length === 0) issues.push({ path: "signals", message: "name at least one" });
  if (indexes.includes("")) issues.push({ path: "signals", message: "an index must not be empty" });
  if (!(Number.isInteger(blockSize) && blockSize >= 1 && blockSize <= SIGNALS_PER_CALL_MAX)) {
    issues.push({ path: "blockSize", message: `must be from 1 to ${SIGNALS_PER_CALL_MAX}: the vendor refuses more` });
  }
  return issues;
}
