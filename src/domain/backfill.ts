/** `running`: asked for as the budget allows. `paused`: by a person. The others are ends. */
export const BACKFILL_STATES = ["running", "paused", "done", "cancelled", "failed"] as const;
export type BackfillState = (typeof BACKFILL_STATES)[number];

/** An import of what a vendor keeps of a connection's past, the newest first. */
export interface BackfillJob {
  readonly id: string;
  readonly connectionId: string;
  /** Epoch ms, inclusive. */
  readonly fromMs: number;
  /** Epoch ms, exclusive. */
  readonly toMs: number;
  /** Null for all devices of the connection, as they are when they are asked for. */
  readonly deviceIds: readonly string[] | null;
  readonly state: BackfillState;
  /** Why it does not go on: a sentence for a person. */
  readonly message: string | null;
  /** Made for it so far. */
  readonly requests: number;
  /** Stored of what they brought. */
  readonly readings: number;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
}

/** Whether nothing more comes of it. */
export function hasEnded(state: BackfillState): boolean {
  return state === "done" || state === "cancelled" || state === "failed";
}
