import { BackfillJobs } from "../../../src/catalogue/backfill-jobs.ts";
import { CoverageSegments } from "../../../src/catalogue/coverage-segments.ts";
import { type CatalogueDatabase, openCatalogueDatabase } from "../../../src/catalogue/database.ts";
import { Restatements } from "../../../src/catalogue/restatements.ts";
import type { LeaseTimes } from "../../../src/collect/budget/account-budget.ts";
import { MemoryBudgets } from "../../../src/collect/budget/memory-budgets.fixture.ts";
import { Ledger } from "../../../src/collect/ledger/ledger.ts";
import type { CoverageRun } from "../../../src/domain/coverage.ts";
import { silentLog } from "../../../src/domain/log.ts";
import { VirtualClock } from "../../../src/domain/virtual-clock.ts";
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
  readonly clock = new VirtualClock(START_MS);
  readonly chance: Chance;
  readonly vendors: readonly SimVendor[];
  readonly fleet = new SimFleet(START_MS);
  readonly store = new SimStore(this.clock);
  readonly processes: SimProcess[] = [];
  readonly #options: SimWorldOptions;
  readonly #parts: SimWorldParts;
  readonly #database: CatalogueDatabase;
  #born = 0;

  static async open(options: SimWorldOptions): Promise<SimWorld> {
    const database = await openCatalogueDatabase(":memory:");
    const world = new SimWorld(options, database);
    const rows = world.fleet.connections.map(({ connection }) => ({
      id: connection.id,
      name: connection.name,
      vendor: connection.vendor,
      base_url: connection.baseUrl,
      credential_sealed: new Uint8Array(),
      poll_interval_ms: connection.pollIntervalMs,
      created_at_ms: START_MS,
      paused_at_ms: null,
    }));
    await database.insertInto("connection").values(rows).execute();
    for (let process = 0; process < options.processes; process++) world.begin();
    return world;
  }

  private constructor(options: SimWorldOptions, database: CatalogueDatabase) {
    this.#options = options;
    this.#database = database;
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
      coverage: new CoverageSegments(database),
      backfillJobs: new BackfillJobs(database, this.clock),
      restatements: new Restatements(database),
      store: this.store,
      times: options.times,
      ledgerFlushEveryMs: options.ledgerFlushEveryMs,
    };
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

  /** Asks for all that the vendor of a connection has had since then, epoch ms. */
  async importSince(place: number, fromMs: number): Promise<void> {
    const connectionId = this.fleet.connections[place]?.connection.id ?? "";
    await this.#parts.backfillJobs.create({ connectionId, deviceIds: null, fromMs, toMs: this.clock.nowMs() });
  }

  /** What the ledger says of a series, as the catalogue has it: what a process has noted and not written is not in it. */
  runsOf(series: number): Promise<CoverageRun[]> {
    const { coverage } = this.#parts;
    const ledger = new Ledger({ coverage, clock: this.clock, log: silentLog });
    return ledger.runs(series, { fromMs: START_MS - DAY_MS, toMs: this.clock.nowMs() + DAY_MS });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = Promise.all(this.processes.map((process) => process.close()));
    const state = { isOpen: true };
    const closed = closing.finally(() => {
      state.isOpen = false;
    });
    // What closes writes to the database, turn by turn of the event loop, while no time passes.
    while (state.isOpen) await this.clock.advance(1_000);
    await closed;
    await this.#database.destroy();
  }
}
