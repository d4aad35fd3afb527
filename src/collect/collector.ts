import type { Dispatcher } from "undici";
import { v4 as uuidv4 } from "uuid";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../domain/clock.ts";
import type { Connection } from "../domain/connection.ts";
import { InvalidInput } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import type { IngestPipeline } from "../ingest/pipeline.ts";
import type { VendorDefinition } from "../vendors/vendor.ts";
import { accountKey, newAccountSecret } from "./budget/account-key.ts";
import { BudgetKeeper } from "./budget/budget-keeper.ts";
import { BudgetUses } from "./budget/budget-uses.ts";
import type { ConnectionHealth } from "./connection-health.ts";
import { ConnectionRun } from "./connection-run.ts";
import type { Backfills } from "./history/backfills.ts";
import type { HeldReadings } from "./history/restatement-finder.ts";
import type { CoverageLedger } from "./ledger/coverage-ledger.ts";
import type { PollerCounts } from "./poller.ts";
import { RequestNumbers } from "./request-numbers.ts";

export interface ConnectionReport extends ConnectionHealth {
  readonly connection: Connection;
  readonly counts: PollerCounts;
  /** Devices that are polled. */
  readonly devices: number;
  /** How old a value grows before the next poll brings a newer one, ms: the interval, or the vendor's limit or own interval where that takes longer. */
  readonly freshnessMs: number;
}

export interface CollectorParts {
  readonly catalogue: Catalogue;
  readonly pipeline: IngestPipeline;
  readonly ledger: CoverageLedger;
  readonly held: HeldReadings;
  readonly backfills: Pick<Backfills, "attach">;
  /** Whether no other process uses this catalogue. */
  readonly isAlone: boolean;
  /** The registry's look-up. */
  readonly vendorById: (id: string) => VendorDefinition | undefined;
  /** Opens what sends the requests of an account and decides which addresses it may have. @throws InvalidInput when the URL is none */
  readonly openSockets: (baseUrl: string) => Dispatcher;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs every connection of the catalogue, each where its account's budget is held. */
export class Collector {
  readonly #parts: CollectorParts;
  readonly #keeper: BudgetKeeper;
  readonly #uses: BudgetUses;
  readonly #requests: RequestNumbers;
  readonly #runs = new Map<string, ConnectionRun>();

  constructor(parts: CollectorParts) {
    const { catalogue, clock, log } = parts;
    this.#parts = parts;
    this.#keeper = new BudgetKeeper({ ...parts, store: catalogue.budgets, holder: uuidv4() });
    this.#uses = new BudgetUses({ store: catalogue.budgets, clock, log });
    this.#requests = new RequestNumbers(clock);
  }

  /** Starts every connection that the catalogue has; one that cannot be opened is logged and left out. */
  async start(): Promise<void> {
    const { catalogue, log } = this.#parts;
    this.#uses.start();
    for (const connection of await catalogue.connections.list()) {
      try {
        await this.poll(connection);
      } catch (error) {
        // One account that cannot be opened must not keep the others, or the server, from starting.
        log.error({ connection: connection.name, err: error }, "this connection cannot be polled");
      }
    }
  }

  /** Starts a connection, or starts it anew after a change. @throws InvalidInput when its vendor is not known. */
  async poll(connection: Connection): Promise<ConnectionReport> {
    await this.stop(connection.id);
    const { catalogue, vendorById } = this.#parts;
    const vendor = vendorById(connection.vendor);
    if (!vendor)
      throw new InvalidInput([{ path: "vendor", message: `"${connection.vendor}" is no vendor that is known` }]);
    const credential = vendor.credential.parse(await catalogue.connections.credential(connection.id));
    const secret = await catalogue.ownSecrets.getOrMake("account-key", newAccountSecret);
    const account = accountKey(secret, { ...connection, credential });
    const run = new ConnectionRun({
      ...this.#parts,
      connection,
      vendor,
      credential,
      account,
      devices: await catalogue.devices.ofConnection(connection.id),
      requests: this.#requests,
      uses: this.#uses,
    });
    this.#runs.set(connection.id, run);
    this.#keeper.join(account, run);
    return reportOf(run);
  }

  /** Stops a connection, once what it is about to store is stored or given up; nothing happens when it does not run. */
  async stop(connectionId: string): Promise<void> {
    const run = this.#runs.get(connectionId);
    if (!run) return;
    this.#runs.delete(connectionId);
    await run.close();
    await this.#keeper.leave(run.account, run);
  }

  reports(): ConnectionReport[] {
    return [...this.#runs.values()].map(reportOf);
  }

  /** Stops every connection and gives the budgets back. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.#runs.keys()].map((id) => this.stop(id)));
    await this.#uses.close();
  }
}

function reportOf({ connection, counts, devices, freshnessMs, health }: ConnectionRun): ConnectionReport {
  return { connection, counts, devices, freshnessMs, ...health };
}
