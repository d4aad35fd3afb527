import type { VendorLimits } from "../vendors/vendor.ts";

/** Batches of one sweep that may be under way at once. */
export const BATCHES_OPEN_MAX = 16;
/** How much of what was known of the vendor's pace the newest batch replaces. */
const NEWEST_COUNTS = 0.2;

/** A sweep is to be through in such a part of the poll interval: what is left is for what goes wrong. */
const SWEEP_WITHIN = 0.5;

/**
 * How many batches are under way at once: as many as the schedule needs at the pace at which the vendor answers, and no more than use its limits
 * up (Little's law: what is under way is the rate times the time that each takes). So more when it is slow, and one alone when it fails; and few when
 * there is time, since whatever is open when a vendor breaks down is sent again and again.
 */
export class OpenWindow {
  readonly #perMsMax: number;
  readonly #perMsWanted: number;
  #tookMs = 0;

  constructor(
    { budgets, requestsPerBatch }: VendorLimits,
    schedule: { readonly batches: number; readonly pollIntervalMs: number },
  ) {
    this.#perMsMax = Math.min(...budgets.map(({ requests, perMs }) => requests / perMs)) / requestsPerBatch;
    this.#perMsWanted = schedule.batches / (SWEEP_WITHIN * schedule.pollIntervalMs);
  }

  get size(): number {
    const underWay = Math.ceil(Math.min(this.#perMsMax, this.#perMsWanted) * this.#tookMs);
    return Math.min(BATCHES_OPEN_MAX, Math.max(1, underWay));
  }

  /** A batch was answered. */
  answered(tookMs: number): void {
    this.#tookMs += NEWEST_COUNTS * (tookMs - this.#tookMs);
  }

  /** A batch was not answered. */
  failed(): void {
    this.#tookMs = 0;
  }
}
