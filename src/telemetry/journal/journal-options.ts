import type { Clock } from "../../domain/clock.ts";
import type { Log } from "../../domain/log.ts";
import type { EncodedBatch } from "../sql/connection.ts";
import type { Deletion } from "./messages.ts";

export interface JournalOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly bytesMax?: number;
  readonly queueReadingsMax?: number;
  readonly recentBytesMax?: number;
  /** Pages of the file, as if the disk were full beyond them; for tests. */
  readonly pagesMax?: number;
  /** Every commit takes this much longer, as on a slow disk, ms; for tests. */
  readonly commitDelayMs?: number;
  /** Called after a batch is on stable storage and before its append resolves, in order. Must not throw. */
  readonly onCommitted: (batch: EncodedBatch) => void;
  /** Called when a deletion is on stable storage and before anybody reads past it, in order with `onCommitted`. Must not throw. */
  readonly onDeletion?: (deletion: Deletion) => void;
}
