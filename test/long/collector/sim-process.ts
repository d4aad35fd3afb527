import { Dispatcher } from "undici";
import type { BudgetStore, LeaseTimes } from "../../../src/collect/budget/account-budget.ts";
import { BudgetKeeper } from "../../../src/collect/budget/budget-keeper.ts";
import { BudgetUses } from "../../../src/collect/budget/budget-uses.ts";
import { ConnectionRun } from "../../../src/collect/connection-run.ts";
import { Ledger } from "../../../src/collect/ledger/ledger.ts";
import type { CoverageTable } from "../../../src/collect/ledger/written-runs.ts";
import { MortalProcess } from "../../../src/collect/mortal-process.fixture.ts";
import { RequestNumbers } from "../../../src/collect/request-numbers.ts";
import { silentLog } from "../../../src/domain/log.ts";
import type { VirtualClock } from "../../../src/domain/virtual-clock.ts";
import type { IngestPipeline } from "../../../src/ingest/pipeline.ts";
import type { SimFleet } from "./sim-fleet.ts";
import type { SimStore } from "./sim-store.ts";
import type { SimVendor } from "./sim-vendor.ts";

export interface SimWorldParts {
  readonly clock: VirtualClock;
  readonly fleet: SimFleet;
  readonly vendors: readonly SimVendor[];
  readonly budgets: BudgetStore;
  readonly coverage: CoverageTable;
  readonly store: SimStore;
  readonly times: LeaseTimes | undefined;
  readonly ledgerFlushEveryMs: number | undefined;
}

/** A way to a vendor that ends with a connection; the vendor does not. */
class SharedNetwork extends Dispatcher {
  readonly #network: Dispatcher;

  constructor(network: Dispatcher) {
    super();
    this.#network = network;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#network.dispatch(options, handler);
  }

  override async destroy(): Promise<void> {}
}

/** One server process of a simulation: the collector's own parts on what the processes share. */
export class SimProcess {
  readonly mortal: MortalProcess;
  readonly runs: readonly ConnectionRun[];
  readonly #keeper: BudgetKeeper;
  readonly #ledger: Ledger;

  constructor(name: string, world: SimWorldParts, wallAheadMs: number, random: () => number) {
    const { fleet, vendors, clock: worldClock } = world;
    this.mortal = new MortalProcess(name, worldClock, wallAheadMs);
    const { clock } = this.mortal;
    const log = silentLog;
    this.#keeper = new BudgetKeeper({
      store: this.mortal.sharing(world.budgets),
      holder: name,
      isAlone: false,
      times: world.times,
      clock,
      log,
    });
    this.#ledger = new Ledger({
      coverage: this.mortal.sharing(world.coverage),
      clock,
      log,
      flushEveryMs: world.ledgerFlushEveryMs,
    });
    this.#ledger.start();
    const uses = new BudgetUses({ store: { addUses: async () => {}, forgetUsesBefore: async () => {} }, clock, log });
    const requests = new RequestNumbers(clock);
    this.runs = fleet.connections.map(({ connection, devices }, index) => {
      const vendor = vendors[index];
      if (!vendor) throw new RangeError("each connection has its vendor");
      const all = devices.map(({ device }) => device);
      return new ConnectionRun({
        connection,
        vendor: vendor.definition(),
        credential: {},
        account: connection.id,
        devices: all,
        catalogue: { directory: fleet.directory, devices: { ofConnection: async () => all } },
        pipeline: this.mortal.sharing(world.store) as unknown as IngestPipeline,
        ledger: this.#ledger,
        requests,
        uses,
        openSockets: () => new SharedNetwork(vendor.network),
        clock,
        log,
        random,
      });
    });
    for (const run of this.runs) this.#keeper.join(run.account, run);
  }

  holds(account: string): boolean {
    return !this.mortal.isDead && this.#keeper.holds(account);
  }

  kill(): void {
    this.mortal.kill();
  }

  async close(): Promise<void> {
    for (const run of this.runs) {
      await run.close();
      await this.#keeper.leave(run.account, run);
    }
    await this.#ledger.close();
  }
}
