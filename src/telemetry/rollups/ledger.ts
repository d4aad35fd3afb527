import type { TouchedDays } from "../sql/connection.ts";

/**
 * Where dirty days outlive the process: the journal. Calls are carried out in the order in which they were made, among them the
 * checkpoints that save what `DirtyDays.takeUnsaved` gave; so a day that was rolled up and is written to again ends as saved.
 */
export interface RollupLedger {
  /** Keeps these pairs; those that are kept already stay. */
  saveDays(days: TouchedDays): Promise<void>;
  /** Forgets these pairs: they are rolled up, on stable storage. */
  removeDays(days: TouchedDays): Promise<void>;
  /** What was said of a name; null when nothing was. */
  setting(name: string): Promise<string | null>;
  setSetting(name: string, value: string): Promise<void>;
}
