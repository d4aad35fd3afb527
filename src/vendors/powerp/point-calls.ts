import type { Answer } from "../../transport/caller.ts";
import { VendorRefused } from "../../transport/errors.ts";
import { loneFailure } from "../lone-failure.ts";
import type { CallHow, PowerPAccount } from "./account.ts";
import { halved, type Piece } from "./cut.ts";
import { instantText, justBeforeText } from "./instants.ts";
import { periodText } from "./periods.ts";
import { PointBuilder } from "./point-builder.ts";
import { PointDecoder } from "./point-decoder.ts";
import { ISSUES_PER_CALL_MAX, type PointBatch, type PointOutcome } from "./points.ts";
import { type DatabaseId, LATEST_PATH, type LatestBody, QUERY_PATH, type QueryBody } from "./wire.ts";

/** What a call brought that did bring something. */
export type Points = Omit<PointOutcome, "failure">;

export interface PointHow extends CallHow {
  /** True for a piece that need not be read, since an earlier run has it. */
  readonly done?: ((piece: Piece) => boolean) | undefined;
}

/** The pieces that are not done. */
export function* undone<P>(
  pieces: Iterable<P>,
  done: ((piece: P) => boolean) | undefined,
): Generator<P, void, undefined> {
  for (const piece of pieces) if (!done?.(piece)) yield piece;
}

/**
 * Calls of one read that may be under way at once: so many that an answer of megabytes does not hold up the rest, and so few that
 * their points take tens of MB at the most.
 */
export const PIECES_OPEN_MAX = 4;

/** How often a piece that the vendor finds too much is halved. */
const HALVINGS_MAX = 3;
const TOO_LARGE = 413;
/** Refusals whose code may say that a query spans too much, and the codes that say so. */
const REFUSED_STATUSES: readonly (number | null)[] = [400, 422];
const SPAN_CODE = /long|large|window|range|points/i;

/** Reads one piece. A failure that only concerns this piece is told in the batch. @throws VendorAuthRejected */
export async function readPiece(account: PowerPAccount, piece: Piece, how: CallHow): Promise<PointBatch> {
  try {
    return { piece, ...(await readHalving(account, piece, how, HALVINGS_MAX)), failure: null };
  } catch (error) {
    return { piece, ...NO_POINTS, failure: loneFailure(error) };
  }
}

/** The newest points of at most `SIGNALS_PER_CALL_MAX` signals. @throws VendorError */
export function readLatestPoints(
  account: PowerPAccount,
  of: { readonly databaseId: DatabaseId; readonly indexes: readonly string[]; readonly lookback?: string | undefined },
  how: CallHow,
): Promise<Answer<Points>> {
  const { databaseId, indexes, lookback } = of;
  const body: LatestBody = {
    databaseId: wireId(databaseId),
    measurementIndexes: indexes,
    ...(lookback === undefined ? {} : { lookback }),
  };
  const decoder = (): PointDecoder => new PointDecoder({ databaseId, indexes, times: null, redact: account.redact });
  return account.stream(LATEST_PATH, body, decoder, how);
}

/** The body of a piece's query. */
export function queryBody(piece: Piece): QueryBody {
  const { databaseId, indexes, fromMs, toMs, aggFunction, windowMs } = piece;
  return {
    databaseId: wireId(databaseId),
    measurementIndexes: indexes,
    startTime: instantText(fromMs),
    endTime: endText(toMs, windowMs),
    aggFunction,
    ...(windowMs === null ? {} : { windowPeriod: periodText(windowMs) }),
  };
}

/**
 * How the end of a half-open range is asked for. Samples lie on whole ms, so 100 ns before it loses none; a full window then spans
 * less than the 30 minutes that the vendor refuses, and its last ms comes once whether the vendor's end is inclusive or not.
 * Aggregates are asked for to the exact end: cut short, their last window might bear another time.
 */
export function endText(toMs: number, windowMs: number | null): string {
  return windowMs === null ? justBeforeText(toMs) : instantText(toMs);
}

/** Ids that are whole numbers are numbers in the vendor's documents; from a command line they come as text. */
export function wireId(databaseId: DatabaseId): DatabaseId {
  const number = Number(databaseId);
  return Number.isSafeInteger(number) && String(number) === databaseId ? number : databaseId;
}

export const NO_POINTS: Points = {
  points: new PointBuilder().finish(0).points,
  issues: [],
  issueCount: 0,
  nullCount: 0,
};

async function readHalving(account: PowerPAccount, piece: Piece, how: CallHow, halvings: number): Promise<Points> {
  const { databaseId, indexes } = piece;
  const decoder = (): PointDecoder => new PointDecoder({ databaseId, indexes, times: piece, redact: account.redact });
  try {
    return (await account.stream(QUERY_PATH, queryBody(piece), decoder, how)).value;
  } catch (error) {
    const halves = halvings > 0 && isTooMuch(error) ? halved(piece) : null;
    if (!halves) throw error;
    const [newer, older] = halves;
    const late = await readHalving(account, newer, how, halvings - 1);
    const early = await readHalving(account, older, how, halvings - 1);
    return joined(
      [early, late].map((part) => ({ part, firstPosition: 0 })),
      indexes.length,
    );
  }
}

function isTooMuch(error: unknown): boolean {
  if (!(error instanceof VendorRefused)) return false;
  return error.status === TOO_LARGE || (REFUSED_STATUSES.includes(error.status) && SPAN_CODE.test(error.code ?? ""));
}

/** Points of several calls as of one; `firstPosition` is added to a part's positions. @param signals above every position */
export function joined(
  parts: readonly { readonly part: Points; readonly firstPosition: number }[],
  signals: number,
): Points {
  const builder = new PointBuilder();
  for (const { part, firstPosition } of parts) {
    const { length, positions, timesMs, values } = part.points;
    // Each place is within the columns' length.
    for (let at = 0; at < length; at++) builder.push(firstPosition + positions[at]!, timesMs[at]!, values[at]!);
  }
  const sum = (count: (part: Points) => number): number => parts.reduce((total, { part }) => total + count(part), 0);
  return {
    points: builder.finish(signals).points,
    issues: parts.flatMap(({ part }) => part.issues).slice(0, ISSUES_PER_CALL_MAX),
    issueCount: sum(({ issueCount }) => issueCount),
    nullCount: sum(({ nullCount }) => nullCount),
  };
}
