import { setTimeout as delay } from "node:timers/promises";
import type { PostgresQueryResult } from "kysely";
import { StorageUnavailable } from "../../domain/errors.ts";
import { endsConnection, refusalOf, unavailable } from "./refusals.ts";

export type Answer = PostgresQueryResult<Record<string, unknown>>;

/** How long the database is asked what became of a commit whose answer was lost, ms. */
export const FATE_MS_MAX = 15_000;
const FATE_PAUSE_MS = 100;
const RETRY_AFTER_S = 5;

/**
 * Commits. When the connection is lost before the answer, the database is asked over another one whether it did, so that
 * "nothing was stored" is never said of what was.
 * @param ask over the transaction's connection
 * @param askElsewhere over a new one; the first row
 * @throws StorageUnavailable when nothing was stored, or, in so many words, when that cannot be known
 */
export async function commit(
  ask: (sql: string) => Promise<Answer>,
  askElsewhere: (sql: string, parameters: readonly unknown[]) => Promise<Readonly<Record<string, unknown>>>,
): Promise<Answer> {
  let transaction: unknown;
  try {
    transaction = (await ask("select pg_current_xact_id_if_assigned()::text as id")).rows[0]?.["id"];
    // It has written nothing: whatever becomes of it is the same.
    if (typeof transaction !== "string") return await ask("commit");
  } catch (error) {
    throw refusalOf(error);
  }
  try {
    return await ask("commit");
  } catch (error) {
    if (!endsConnection(error)) throw refusalOf(error);
    const fate = await fateOf(transaction, askElsewhere);
    if (fate === "committed") return { command: "COMMIT", rowCount: 0, rows: [] };
    if (fate === "aborted") throw unavailable(error);
    throw new StorageUnavailable(
      "The catalogue's database went away while it stored this, and whether it did is not known: look before you ask again.",
      RETRY_AFTER_S,
      { cause: error },
    );
  }
}

/** What became of a transaction: `committed`, `aborted`, or something else when the database does not tell in time. */
async function fateOf(
  transaction: string,
  ask: (sql: string, parameters: readonly unknown[]) => Promise<Readonly<Record<string, unknown>>>,
): Promise<unknown> {
  const untilMs = performance.now() + FATE_MS_MAX;
  for (;;) {
    const fate = await ask("select pg_xact_status($1::text::xid8) as fate", [transaction]).then(
      (row) => row["fate"],
      () => "no answer",
    );
    if (fate === "committed" || fate === "aborted" || performance.now() > untilMs) return fate;
    await delay(FATE_PAUSE_MS);
  }
}
