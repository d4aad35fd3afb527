import { inPieces } from "./bulk.ts";
import type { CatalogueDatabase } from "./database.ts";
import { exclusively } from "./exclusive.ts";

/** Series whose newest runs share a row. */
export const SERIES_PER_BLOCK = 256;

export interface SegmentKey {
  readonly series: number;
  /** Months since January 1970, UTC. */
  readonly month: number;
}

/** What is known of a series in a month; the ledger alone reads the bytes. */
export interface CoverageSegment extends SegmentKey {
  readonly runs: Uint8Array;
}

/** The newest run of each series of a block. */
export interface CoverageTails {
  /** A series number divided by `SERIES_PER_BLOCK`, without the rest. */
  readonly block: number;
  readonly runs: Uint8Array;
}

/** The rows of the coverage ledger, as they are or within a transaction. Each method throws StorageUnavailable. */
export class CoverageRows {
  readonly #database: CatalogueDatabase;

  constructor(database: CatalogueDatabase) {
    this.#database = database;
  }

  /** Those of some series from one month through another, in no order. */
  async segments(series: readonly number[], firstMonth: number, lastMonth: number): Promise<CoverageSegment[]> {
    const found: CoverageSegment[] = [];
    await inPieces(series, async (piece) => {
      const rows = await this.#database
        .selectFrom("coverage_segment")
        .selectAll()
        .where("series", "in", [...piece])
        .where("month", ">=", firstMonth)
        .where("month", "<=", lastMonth)
        .execute();
      found.push(...rows);
    });
    return found;
  }

  /** Those of them that are there, in no order. */
  async segmentsAt(keys: readonly SegmentKey[]): Promise<CoverageSegment[]> {
    const found: CoverageSegment[] = [];
    for (const [month, wanted] of Map.groupBy(keys, (key) => key.month)) {
      const series = wanted.map((key) => key.series);
      found.push(...(await this.segments(series, month, month)));
    }
    return found;
  }

  async tails(blocks: readonly number[]): Promise<CoverageTails[]> {
    const found: CoverageTails[] = [];
    await inPieces(blocks, async (piece) => {
      const rows = this.#database
        .selectFrom("coverage_tail")
        .selectAll()
        .where("block", "in", [...piece]);
      found.push(...(await rows.execute()));
    });
    return found;
  }

  /** Writes rows, in place of those that were there. */
  async putSegments(segments: readonly CoverageSegment[]): Promise<void> {
    await inPieces(segments, (piece) =>
      this.#database
        .insertInto("coverage_segment")
        .values([...piece])
        .onConflict((conflict) =>
          conflict.columns(["series", "month"]).doUpdateSet((row) => ({ runs: row.ref("excluded.runs") })),
        )
        .execute(),
    );
  }

  /** Writes rows, in place of those that were there. */
  async putTails(tails: readonly CoverageTails[]): Promise<void> {
    await inPieces(tails, (piece) =>
      this.#database
        .insertInto("coverage_tail")
        .values([...piece])
        .onConflict((conflict) => conflict.column("block").doUpdateSet((row) => ({ runs: row.ref("excluded.runs") })))
        .execute(),
    );
  }
}

/** The coverage ledger's rows. */
export class CoverageSegments extends CoverageRows {
  readonly #whole: CatalogueDatabase;

  constructor(database: CatalogueDatabase) {
    super(database);
    this.#whole = database;
  }

  /**
   * Reads rows and writes what becomes of them, all or nothing. No other server changes any meanwhile: a lock of the rows alone would not keep two
   * from writing the same new one.
   * @throws StorageUnavailable, and what `work` throws
   */
  change(work: (rows: CoverageRows) => Promise<void>): Promise<void> {
    return exclusively(this.#whole, "coverage", (transaction) => work(new CoverageRows(transaction)));
  }
}
