import type { VendorLimits } from "../vendors/vendor.ts";

/** Batches of one sweep that may be under way at once. */
export const BATCHES_OPEN_MAX = 16;
/** How much of what was known of the vendor's pace the newest batch replaces. */
const NEWEST_COUNTS = 0.2;

/**
 * How many batches are under way at once: as many as use the vendor's limits up at the pace at which it answers (Little's law:
 * what is under way is the rate times the time that each takes), so more when it is slow, and one alone when it fails.
 */
export class OpenWindow {
  readonly #batchesPerMs: number;
  #tookMs = 0;

  constructor({ budgets, requestsPerBatch }: VendorLimits) {
    this.#batchesPerMs = Math.min(...budgets.map(({ requests, perMs }) => requests / perMs)) / requestsPerBatch;
  }

  get size(): number {
    const underWay = Math.ceil(this.#batchesPerMs * this.#tookMs);
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
