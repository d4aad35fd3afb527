import { InvalidInput } from "../../domain/errors.ts";
import type { ReadingColumns } from "../../domain/reading.ts";
import type { RollupLedger } from "../rollups/ledger.ts";
import type { RetentionClasses, RetentionHorizon } from "../store.ts";
import { type Horizon, type HorizonView, KEEPS_ALL } from "./horizon.ts";

/** The ledger's setting that holds them, as JSON by the name of the class. */
const SETTING = "retention horizons";

export const NOTHING_REMOVED: RetentionHorizon = { refusesBeforeMs: 0, readingsFromMs: 0, rollupsFromMs: 0 };

/** From when on what is kept of which class. Horizons only move forward, and are on stable storage before anything is removed for them. */
export class Horizons implements HorizonView {
  readonly #ledger: Pick<RollupLedger, "setting" | "setSetting">;
  #byClass: ReadonlyMap<string, RetentionHorizon> = new Map();
  #classes: RetentionClasses | null = null;
  /** The latest of all `refusesBeforeMs`: whatever is not older needs no closer look. */
  #refusesBeforeMs = 0;

  constructor(ledger: Pick<RollupLedger, "setting" | "setSetting">) {
    this.#ledger = ledger;
  }

  /** What was saved. @throws StorageUnavailable */
  async restore(): Promise<void> {
    const text = await this.#ledger.setting(SETTING);
    if (text !== null) this.#take(new Map(Object.entries(JSON.parse(text) as Record<string, RetentionHorizon>)));
  }

  classify(classes: RetentionClasses): void {
    this.#classes = classes;
  }

  get isKnown(): boolean {
    return this.#classes !== null || this.#byClass.size === 0;
  }

  of(series: number): Horizon {
    if (this.#byClass.size === 0) return KEEPS_ALL;
    const name = this.#classes?.classOf(series);
    return (name === undefined ? undefined : this.#byClass.get(name)) ?? KEEPS_ALL;
  }

  ofClass(name: string): RetentionHorizon {
    return this.#byClass.get(name) ?? NOTHING_REMOVED;
  }

  all(): Readonly<Record<string, RetentionHorizon>> {
    return Object.fromEntries(this.#byClass);
  }

  /** Moves a class' horizon; what lies behind the present one stays. @throws StorageUnavailable, and nothing has moved */
  async advance(name: string, to: Partial<RetentionHorizon>): Promise<void> {
    const from = this.ofClass(name);
    const later = (field: keyof RetentionHorizon): number => Math.max(from[field], to[field] ?? 0);
    const horizon = {
      refusesBeforeMs: later("refusesBeforeMs"),
      readingsFromMs: later("readingsFromMs"),
      rollupsFromMs: later("rollupsFromMs"),
    };
    const moved = new Map(this.#byClass).set(name, horizon);
    await this.#ledger.setSetting(SETTING, JSON.stringify(Object.fromEntries(moved)));
    this.#take(moved);
  }

  /** @throws InvalidInput for a reading that is older than its class is kept */
  check({ length, series, timesMs }: ReadingColumns): void {
    if (this.#refusesBeforeMs === 0 || !this.#classes) return;
    for (let row = 0; row < length; row++) {
      const timeMs = timesMs[row] ?? 0;
      if (timeMs >= this.#refusesBeforeMs) continue;
      const name = this.#classes.classOf(series[row] ?? 0);
      const beforeMs = name === undefined ? 0 : this.ofClass(name).refusesBeforeMs;
      if (timeMs >= beforeMs) continue;
      const at = new Date(timeMs).toISOString();
      const message = `${at} lies before ${new Date(beforeMs).toISOString()}, from when on readings of the class ${name} are kept`;
      throw new InvalidInput([{ path: `timesMs.${row}`, message }]);
    }
  }

  #take(byClass: ReadonlyMap<string, RetentionHorizon>): void {
    this.#byClass = byClass;
    this.#refusesBeforeMs = Math.max(0, ...Array.from(byClass.values(), ({ refusesBeforeMs }) => refusesBeforeMs));
  }
}
