import { inPieces } from "../../catalogue/bulk.ts";
import {
  type CoverageRows,
  type CoverageSegment,
  type CoverageSegments,
  SERIES_PER_BLOCK,
} from "../../catalogue/coverage-segments.ts";
import type { CoverageRun } from "../../domain/coverage.ts";
import { clipped, coalesced, covers, joined, overlaid } from "../../domain/coverage-runs.ts";
import type { Interval } from "../../domain/intervals.ts";
import type { Log } from "../../domain/log.ts";
import { byMonth, monthBeginMs, monthOf } from "./months.ts";
import type { NotedStream } from "./noted-runs.ts";
import { decodeNumbered, decodeRuns, encodeNumbered, encodeRuns } from "./run-codec.ts";
import { MalformedBytes } from "./varints.ts";

/** The rows of the ledger, as the catalogue keeps them. */
export type CoverageTable = Pick<CoverageSegments, "segments" | "tails" | "change">;
type Rows = Pick<CoverageRows, "segmentsAt" | "tails" | "putSegments" | "putTails">;
/** The newest run of each series of a block, by its place there. */
type Tails = Map<number, CoverageRun>;

/**
 * The ledger on disk: months of a series, and over them its newest run, which is kept apart for as long as it grows. A row that cannot be read says
 * nothing: what it knew is asked again.
 */
export class WrittenRuns {
  readonly #table: CoverageTable;
  readonly #log: Log;

  constructor(table: CoverageTable, log: Log) {
    this.#table = table;
    this.#log = log;
  }

  /** What is written of some series within a span; of each of them. @throws StorageUnavailable */
  async of(series: readonly number[], within: Interval): Promise<Map<number, CoverageRun[]>> {
    const rows = await this.#table.segments(series, monthOf(within.fromMs), monthOf(within.toMs - 1));
    const segments = Map.groupBy(rows, (row) => row.series);
    const tails = await this.#tails(this.#table, series);
    const known = new Map<number, CoverageRun[]>();
    await inPieces(series, (piece) => {
      for (const each of piece) {
        const months = (segments.get(each) ?? []).sort((a, b) => a.month - b.month);
        const runs = coalesced(months.flatMap((segment) => this.#runsOf(segment)));
        const tail = tails.get(blockOf(each))?.get(placeOf(each));
        known.set(each, clipped(tail ? overlaid(runs, [tail]) : runs, within));
      }
    });
    return known;
  }

  /** Writes what was noted, all or nothing. @throws StorageUnavailable */
  async add(noted: readonly NotedStream[]): Promise<void> {
    await this.#table.change(async (rows: Rows) => {
      const tails = await this.#tails(
        rows,
        noted.map(({ series }) => series),
      );
      const merged: { series: number; month: number; runs: readonly CoverageRun[] }[] = [];
      for (const stream of noted) {
        const { series } = stream;
        const closed = closedBy(stream, tailsOf(tails, series));
        for (const [month, runs] of byMonth(closed)) merged.push({ series, month, runs });
      }
      const former = new Map((await rows.segmentsAt(merged)).map((segment) => [nameOf(segment), segment]));
      await inPieces(merged, async (piece) => {
        const segments = piece.map(({ series, month, runs }): CoverageSegment => {
          const segment = former.get(nameOf({ series, month }));
          const known = overlaid(segment ? this.#runsOf(segment) : [], runs);
          return { series, month, runs: encodeRuns(known, monthBeginMs(month)) };
        });
        await rows.putSegments(segments);
      });
      await rows.putTails([...tails].map(([block, runs]) => ({ block, runs: encodeNumbered(runs) })));
    });
  }

  async #tails(rows: Pick<Rows, "tails">, series: readonly number[]): Promise<Map<number, Tails>> {
    const blocks = [...new Set(series.map(blockOf))];
    const found = new Map((await rows.tails(blocks)).map(({ block, runs }) => [block, runs]));
    return new Map(
      blocks.map((block) => {
        const bytes = found.get(block);
        return [block, bytes ? this.#readable(() => decodeNumbered(bytes), new Map(), { block }) : new Map()];
      }),
    );
  }

  #runsOf({ series, month, runs }: CoverageSegment): CoverageRun[] {
    return this.#readable(() => decodeRuns(runs, monthBeginMs(month)), [], { series, month });
  }

  #readable<T>(read: () => T, otherwise: T, row: object): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      this.#log.error({ ...row, reason: error.message }, "a row of the coverage ledger cannot be read; it is left out");
      return otherwise;
    }
  }
}

/** Puts a stream's newest run among the tails. Answers the runs that grow no more, the one that was the newest until now among them. */
function closedBy({ series, closed, tail }: NotedStream, tails: Tails): readonly CoverageRun[] {
  if (tail === null) return closed;
  const former = tails.get(placeOf(series));
  if (!former) {
    tails.set(placeOf(series), tail);
    return closed;
  }
  // What was closed between the two lies over the former one, so that they are one only where nothing was, or where all of it was noted again.
  const both = closed.length === 0 || covers(tail, former) ? joined(former, tail) : null;
  tails.set(placeOf(series), both ?? tail);
  return both ? closed : [former, ...closed];
}

function tailsOf(blocks: ReadonlyMap<number, Tails>, series: number): Tails {
  const tails = blocks.get(blockOf(series));
  if (!tails) throw new RangeError(`block ${blockOf(series)} was not read`);
  return tails;
}

function blockOf(series: number): number {
  return Math.floor(series / SERIES_PER_BLOCK);
}

function placeOf(series: number): number {
  return series % SERIES_PER_BLOCK;
}

function nameOf({ series, month }: { readonly series: number; readonly month: number }): string {
  return `${series} ${month}`;
}
