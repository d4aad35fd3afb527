import { columnsOf } from "./journal/batch-codec.ts";
import type { Journal } from "./journal/journal.ts";
import type { LatestReadings } from "./latest.ts";
import { deletedBy } from "./lifecycle/deleted.ts";

/** Journalled readings that are read at once while the store opens: 20 MB. */
const RESTORED_READINGS_MAX = 1_000_000;

/** What was saved, and over it, in order, the batches that were not yet taken away: the newest of both, as before the restart. */
export async function restoreLatest(journal: Journal, latest: LatestReadings): Promise<void> {
  latest.restore(await journal.latest());
  const deletions = journal.listDeletions();
  for (const deletion of deletions) latest.drop(deletion);
  for (let seq = 0; seq < journal.lastSeq; ) {
    const batches = await journal.read(seq, RESTORED_READINGS_MAX);
    for (const { seq: of, encoded, receivedAtMs } of batches) {
      latest.apply(of, columnsOf(encoded), receivedAtMs, deletedBy(deletions));
    }
    seq = batches.at(-1)?.seq ?? journal.lastSeq;
  }
}
