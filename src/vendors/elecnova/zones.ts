import type { Clock } from "../../domain/clock.ts";

/** A cabinet's zone is asked for anew after this long: cabinets are moved, but rarely. */
export const ZONE_KEPT_MS = 86_400_000;
/** More cabinets than any account has; past it the cache begins again. */
export const ZONES_KEPT_MAX = 10_000;

/** The zones of cabinets, by serial number. */
export class ZoneCache {
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly timeZone: string; readonly untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(sn: string): string | null {
    const kept = this.#kept.get(sn);
    return kept && this.#clock.monotonicMs() < kept.untilMs ? kept.timeZone : null;
  }

  keep(sn: string, timeZone: string): void {
    if (this.#kept.size >= ZONES_KEPT_MAX) this.#kept.clear();
    this.#kept.set(sn, { timeZone, untilMs: this.#clock.monotonicMs() + ZONE_KEPT_MS });
  }
}
