import type { Clock } from "../domain/clock.ts";

/** Refusals of one asker, and deeds of nobody in particular, that are written one by one in a minute; more are counted. */
export const REFUSALS_RECORDED_PER_MINUTE = 30;
const MINUTE_MS = 60_000;

/** Keeps whoever is refused again and again from filling the audit log. Holds a number for each asker that is known, and one for all others. */
export class RefusalBudget {
  readonly #clock: Clock;
  #minute = 0;
  readonly #recorded = new Map<string, number>();
  readonly #unrecorded = new Map<string, number>();
  #unrecordedInAll = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Refusals that were not written one by one since the start. */
  get unrecorded(): number {
    return this.#unrecordedInAll;
  }

  /** How many of this asker's were left out before this one; null when this one is to be left out too. */
  take(asker: string): number | null {
    const minute = Math.floor(this.#clock.monotonicMs() / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#recorded.clear();
    }
    const recorded = this.#recorded.get(asker) ?? 0;
    const unrecorded = this.#unrecorded.get(asker) ?? 0;
    if (recorded >= REFUSALS_RECORDED_PER_MINUTE) {
      this.#unrecorded.set(asker, unrecorded + 1);
      this.#unrecordedInAll++;
      return null;
    }
    this.#recorded.set(asker, recorded + 1);
    this.#unrecorded.delete(asker);
    return unrecorded;
  }
}
