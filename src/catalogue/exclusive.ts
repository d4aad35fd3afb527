import { sql } from "kysely";
import type { CatalogueDatabase } from "./database.ts";
import { isPostgres } from "./migrations/column-types.ts";

/** What may be done by one at a time; the numbers are the same for every version that shares a database. */
const TURNS = { administrators: 1, sealingKeys: 2, coverage: 3 } as const;
/** Sets our advisory locks apart from those of others in the same database. */
const LOCK_CLASS = 0x6b_77_61_74;

/**
 * Runs a transaction that looks before it writes, such as the one that makes the first administrator: no other of the same
 * name runs meanwhile, on any server of this catalogue. SQLite has one writer anyway.
 */
export function exclusively<T>(
  database: CatalogueDatabase,
  what: keyof typeof TURNS,
  work: (transaction: CatalogueDatabase) => Promise<T>,
): Promise<T> {
  return database.transaction().execute(async (transaction) => {
    if (isPostgres(database)) {
      await sql`select pg_advisory_xact_lock(${sql.lit(LOCK_CLASS)}, ${sql.lit(TURNS[what])})`.execute(transaction);
    }
    return work(transaction);
  });
}
