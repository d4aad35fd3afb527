import { setImmediate as nextTurn } from "node:timers/promises";

/** Rows of one INSERT: a few ms of the event loop, and well under the 32,766 values that SQLite binds (sqlite.org/limits.html). */
export const ROWS_PER_INSERT = 250;

/** Does `work` on a piece of the rows at a time and lets others have a turn between: SQLite answers in the caller's own thread. */
export async function inPieces<Row>(rows: readonly Row[], work: (piece: readonly Row[]) => unknown): Promise<void> {
  for (let first = 0; first < rows.length; first += ROWS_PER_INSERT) {
    if (first > 0) await nextTurn();
    await work(rows.slice(first, first + ROWS_PER_INSERT));
  }
}
