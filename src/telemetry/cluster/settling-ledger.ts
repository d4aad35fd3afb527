import type { DirtyDays } from "../rollups/dirty-days.ts";
import type { RollupLedger } from "../rollups/ledger.ts";
import type { TouchedDays } from "../sql/connection.ts";
import { SettlingLine, type SettlingOptions } from "./settling-line.ts";

/**
 * The ledger of dirty days, for a server that cannot put roll-ups on stable storage: a day that was rolled up is forgotten only when that has
 * settled, so that it is dirty again when the server, this program or both are restarted before.
 */
export class SettlingLedger implements RollupLedger {
  readonly #ledger: RollupLedger;
  readonly #dirty: Pick<DirtyDays, "mark" | "daysOf">;
  readonly #settleMs: () => number;
  readonly #line: SettlingLine<TouchedDays>;
  readonly #ownName: (name: string) => string;

  /** @param database what was said of one database's readings is not true of another's */
  constructor(
    ledger: RollupLedger,
    dirty: Pick<DirtyDays, "mark" | "daysOf">,
    options: SettlingOptions,
    database: string,
  ) {
    this.#ownName = (name) => `${name} of ${database}`;
    this.#ledger = ledger;
    this.#dirty = dirty;
    this.#settleMs = options.settleMs;
    this.#line = new SettlingLine(options, async (pieces) => {
      for (const piece of pieces) await this.#ledger.removeDays(this.#clean(piece));
    });
  }

  saveDays(days: TouchedDays): Promise<void> {
    return this.#ledger.saveDays(days);
  }

  async removeDays(days: TouchedDays): Promise<void> {
    if (this.#settleMs() === 0) await this.#ledger.removeDays(days);
    else this.#line.add(days);
  }

  setting(name: string): Promise<string | null> {
    return this.#ledger.setting(this.#ownName(name));
  }

  setSetting(name: string, value: string): Promise<void> {
    return this.#ledger.setSetting(this.#ownName(name), value);
  }

  /** The server was restarted: what was rolled up a short while ago may be lost. */
  rewritten(): void {
    for (const days of this.#line.takeAll()) this.#dirty.mark(days);
  }

  async close(): Promise<void> {
    await this.#line.close();
  }

  /** Those that nobody has written to since; the others stay kept as dirty. */
  #clean({ length, series, days }: TouchedDays): TouchedDays {
    const rows = Array.from({ length }, (_, row) => row).filter((row) => {
      const dirty = this.#dirty.daysOf(series[row] ?? 0, days[row] ?? 0, days[row] ?? 0);
      return dirty !== "whole" && dirty.length === 0;
    });
    return {
      length: rows.length,
      series: Uint32Array.from(rows, (row) => series[row] ?? 0),
      days: Int32Array.from(rows, (row) => days[row] ?? 0),
    };
  }
}
