import { CoverageSegments } from "../../../src/catalogue/coverage-segments.ts";
import { openCatalogueDatabase } from "../../../src/catalogue/database.ts";
import type { LeaseTimes } from "../../../src/collect/budget/account-budget.ts";
import { MemoryBudgets } from "../../../src/collect/budget/memory-budgets.fixture.ts";
import { Ledger } from "../../../src/collect/ledger/ledger.ts";
import type { CoverageRun } from "../../../src/domain/coverage.ts";
import { silentLog } from "../../../src/domain/log.ts";
import { settleTicks, VirtualClock } from "../../../src/domain/virtual-clock.ts";
import { Chance } from "./chance.ts";
import { SimFleet } from "./sim-fleet.ts";
import { SimProcess, type SimWorldParts } from "./sim-process.ts";
import { SimStore } from "./sim-store.ts";
import { SimVendor, type SimVendorTerms } from "./sim-vendor.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 2, 1);

export interface SimWorldOptions {
  readonly seed: number;
  readonly fleet: readonly {
    readonly terms: SimVendorTerms;
    readonly devices: number;
    readonly pollIntervalMs: number;
  }[];
  readonly processes: number;
  /** How far each process's wall clock may be off, ms, either way. */
  readonly clocksOffMs: number;
  readonly times?: LeaseTimes;
  readonly ledgerFlushEveryMs?: number;
  /** Requests take up to so long to the vendor, and answers as long back. */
  readonly delayMsMax: number;
}

/** Vendors, what all processes share, and the processes; all in virtual time. */
export class SimWorld implements AsyncDisposable {
  readonly clock = new VirtualClock(START_MS, settleTicks);
  readonly chance: Chance;
  readonly vendors: readonly SimVendor[];
  readonly fleet = new SimFleet(START_MS);
  readonly store = new SimStore(this.clock);
  readonly processes: SimProcess[] = [];
  readonly #options: SimWorldOptions;
  readonly #parts: SimWorldParts;
  readonly #closeDatabase: () => Promise<void>;
  #born = 0;

  static async open(options: SimWorldOptions): Promise<SimWorld> {
    const database = await openCatalogueDatabase(":memory:");
    return new SimWorld(options, new CoverageSegments(database), () => database.destroy());
  }

  private constructor(options: SimWorldOptions, coverage: CoverageSegments, closeDatabase: () => Promise<void>) {
    this.#options = options;
    this.#closeDatabase = closeDatabase;
    this.chance = new Chance(options.seed);
    this.vendors = options.fleet.map(
      ({ terms }, index) =>
        new SimVendor(terms, this.clock, new Chance(options.seed * 100 + index), options.delayMsMax),
    );
    for (const { terms, devices, pollIntervalMs } of options.fleet) this.fleet.connect(terms, devices, pollIntervalMs);
    this.#parts = {
      clock: this.clock,
      fleet: this.fleet,
      vendors: this.vendors,
      budgets: new MemoryBudgets(),
      coverage,
      store: this.store,
      times: options.times,
      ledgerFlushEveryMs: options.ledgerFlushEveryMs,
    };
    for (let process = 0; process < options.processes; process++) this.begin();
  }

  begin(): void {
    const { clocksOffMs } = this.#options;
    const wallAheadMs = Math.round(this.chance.upTo(2 * clocksOffMs) - clocksOffMs);
    this.processes.push(new SimProcess(`p${this.#born++}`, this.#parts, wallAheadMs, () => this.chance.next()));
  }

  /** Kills one of the processes, whichever chance hits. */
  kill(): void {
    const [hit] = this.processes.splice(Math.floor(this.chance.upTo(this.processes.length)), 1);
    hit?.kill();
  }

  /** What the ledger says of a series, as the catalogue has it: what a process has noted and not written is not in it. */
  runsOf(series: number): Promise<CoverageRun[]> {
    const { coverage } = this.#parts;
    const ledger = new Ledger({ coverage, clock: this.clock, log: silentLog });
    return ledger.runs(series, { fromMs: START_MS - DAY_MS, toMs: this.clock.nowMs() + DAY_MS });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clock.run(Promise.all(this.processes.map((process) => process.close())));
    await this.#closeDatabase();
  }
}
