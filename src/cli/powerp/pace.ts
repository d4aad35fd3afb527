/** Pieces that need no more asking. */
export interface Settled {
  /** Brought by earlier runs. */
  readonly earlier: number;
  /** By this run: brought, and failed for good. */
  readonly done: number;
  readonly failed: number;
}

/** How many pieces a download has, and the least time that they take, ms. */
export interface PiecePlan {
  readonly pieces: number;
  readonly spanMs: number;
}

/** How long the rest of a download takes: as fast as it went so far, and never faster than the limits allow. */
export class Pace {
  readonly #monotonicMs: () => number;
  readonly #startedAtMs: number;
  /** Null until it is known: of a selection only the vendor can tell. */
  plan: PiecePlan | null;

  constructor(plan: PiecePlan | null, monotonicMs: () => number) {
    this.plan = plan;
    this.#monotonicMs = monotonicMs;
    this.#startedAtMs = monotonicMs();
  }

  leftMs({ earlier, done, failed }: Settled): number {
    const { pieces, spanMs } = this.plan ?? { pieces: 0, spanMs: 0 };
    const asked = done + failed;
    const left = Math.max(0, pieces - earlier - asked);
    const plannedMs = (spanMs / Math.max(1, pieces)) * left;
    const spentMs = this.#monotonicMs() - this.#startedAtMs;
    return asked === 0 ? plannedMs : Math.max(plannedMs, (spentMs / asked) * left);
  }
}
