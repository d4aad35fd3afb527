import type { BatchQueue } from "./projector.ts";
import type { DirtyDays } from "./rollups/dirty-days.ts";
import type { RollupLedger } from "./rollups/ledger.ts";

/** How batches and dirty days leave the journal; stands between it and those who empty it. */
export interface Keeping {
  readonly queue: BatchQueue;
  readonly ledger: RollupLedger;
  /**
   * Resolves once nothing that the engine has answered for by now can be lost in a power cut; to false when it may have been.
   * @throws EngineUnavailable, and what `signal` aborts with
   */
  atRest(signal: AbortSignal): Promise<boolean>;
  /** What has not left yet stays. Idempotent. */
  close(): Promise<void>;
}

/** Makes a store's keeping; `dirtyDays` are those that the ledger keeps. */
export type OpenKeeping = (queue: BatchQueue, ledger: RollupLedger, dirtyDays: DirtyDays) => Keeping;

/** They leave as soon as the engine has answered, which then means stable storage. */
export const keepingNothing: OpenKeeping = (queue, ledger) => ({
  queue,
  ledger,
  atRest: () => Promise.resolve(true),
  close: () => Promise.resolve(),
});
