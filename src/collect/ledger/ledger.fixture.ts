import { type CoverageRows, CoverageSegments } from "../../catalogue/coverage-segments.ts";
import { type CatalogueDatabase, openCatalogueDatabase } from "../../catalogue/database.ts";
import type { CoverageRun, Outcome } from "../../domain/coverage.ts";
import { StorageUnavailable } from "../../domain/errors.ts";
import type { CoverageTable } from "./written-runs.ts";

/** Where a change of the ledger's rows ends: as it should, before it is stored, or after it with the answer lost. */
export type Fate = "stored" | "refused" | "stored, and not told";

/** The ledger's rows in a database of its own, whose next changes end as they are told to; `stored` unless told. */
export class FaultyTable implements CoverageTable {
  readonly fates: Fate[] = [];
  readonly #database: CatalogueDatabase;
  readonly #rows: CoverageSegments;
  changes = 0;

  private constructor(database: CatalogueDatabase) {
    this.#database = database;
    this.#rows = new CoverageSegments(database);
  }

  static async open(): Promise<FaultyTable> {
    return new FaultyTable(await openCatalogueDatabase(":memory:"));
  }

  get database(): CatalogueDatabase {
    return this.#database;
  }

  segments(series: readonly number[], firstMonth: number, lastMonth: number) {
    return this.#rows.segments(series, firstMonth, lastMonth);
  }

  tails(blocks: readonly number[]) {
    return this.#rows.tails(blocks);
  }

  async change(work: (rows: CoverageRows) => Promise<void>): Promise<void> {
    const fate = this.fates.shift() ?? "stored";
    await this.#rows.change(async (rows) => {
      await work(rows);
      this.changes++;
      if (fate === "refused") throw new StorageUnavailable("The test's database is away.", 1);
    });
    if (fate !== "stored") throw new StorageUnavailable("The test's database went away.", 1);
  }

  close(): Promise<void> {
    return this.#database.destroy();
  }
}

export function run(fromMs: number, toMs: number, outcome: Outcome = "data", askedAtMs = toMs): CoverageRun {
  return { fromMs, toMs, outcome, askedAtMs, request: 1 };
}
