import type { Dispatcher } from "undici";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Devices } from "../catalogue/devices.ts";
import type { Clock } from "../domain/clock.ts";
import type { Connection, LaneShares } from "../domain/connection.ts";
import type { Device } from "../domain/device.ts";
import type { Log } from "../domain/log.ts";
import type { IngestPipeline } from "../ingest/pipeline.ts";
import type { Limiter } from "../transport/limiter.ts";
import type { VendorClient, VendorDefinition } from "../vendors/vendor.ts";
import type { BudgetUser } from "./budget/budget-keeper.ts";
import type { BudgetUses } from "./budget/budget-uses.ts";
import type { ConnectionHealth } from "./connection-health.ts";
import { freshnessMsOf } from "./freshness.ts";
import type { Backfills } from "./history/backfills.ts";
import type { HeldReadings } from "./history/restatement-finder.ts";
import { HistoryWorker } from "./history/worker.ts";
import type { CoverageLedger } from "./ledger/coverage-ledger.ts";
import { Poller, type PollerCounts, PollerMemory } from "./poller.ts";
import type { RequestNumbers } from "./request-numbers.ts";

export interface ConnectionRunParts {
  readonly connection: Connection;
  readonly vendor: VendorDefinition;
  readonly credential: Record<string, string>;
  readonly account: string;
  /** Those that there are at first; looked up again when work begins. */
  readonly devices: readonly Device[];
  readonly catalogue: Pick<Catalogue, "directory" | "backfillJobs" | "restatements"> & {
    readonly devices: Pick<Devices, "ofConnection">;
  };
  readonly pipeline: IngestPipeline;
  readonly ledger: CoverageLedger;
  readonly held: HeldReadings;
  readonly backfills: Pick<Backfills, "attach">;
  readonly requests: RequestNumbers;
  readonly uses: BudgetUses;
  readonly openSockets: (baseUrl: string) => Dispatcher;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random?: (() => number) | undefined;
}

/** What works while this process may spend the account's budget. */
interface Work {
  readonly poller: Poller;
  readonly past: PastWork | null;
  readonly client: VendorClient;
  readonly sockets: Dispatcher;
}

/** What brings the past, of a vendor that keeps one. */
interface PastWork {
  readonly worker: HistoryWorker;
  readonly detach: () => void;
}

/** One connection in this process: it works while the process holds the account's budget, and stands by otherwise. */
export class ConnectionRun implements BudgetUser {
  readonly #parts: ConnectionRunParts;
  readonly #memory: PollerMemory;
  #devices: readonly Device[];
  /** Of these devices; null until somebody asks for it, which every page does. */
  #freshnessMs: number | null = null;
  #work: Work | null = null;
  #mayWork = false;
  /** Begins and ends of work, one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: ConnectionRunParts) {
    this.#parts = parts;
    this.#devices = parts.devices;
    this.#memory = new PollerMemory(parts.connection.name, parts.clock, parts.log);
  }

  get budgets(): VendorDefinition["limits"]["budgets"] {
    return this.#parts.vendor.limits.budgets;
  }

  get laneShares(): LaneShares {
    return this.#parts.connection.laneShares;
  }

  get account(): string {
    return this.#parts.account;
  }

  get connection(): Connection {
    return this.#parts.connection;
  }

  get health(): ConnectionHealth {
    return this.#memory.health.health;
  }

  get counts(): PollerCounts {
    return this.#memory.counts;
  }

  /** Devices that are polled. */
  get devices(): number {
    return polledOf(this.#devices).length;
  }

  /** As `ConnectionReport.freshnessMs`. */
  get freshnessMs(): number {
    if (this.#freshnessMs === null) {
      const { connection, vendor } = this.#parts;
      const serials = this.#devices.flatMap(({ serialNumber }) => serialNumber ?? []);
      this.#freshnessMs = freshnessMsOf(serials, connection.pollIntervalMs, vendor);
    }
    return this.#freshnessMs;
  }

  start(limiter: Limiter): void {
    this.#mayWork = true;
    this.#memory.health.heldHere();
    this.#inTurn(async () => {
      if (this.#mayWork) await this.#begin(limiter);
    });
  }

  stop(): void {
    this.#mayWork = false;
    this.#memory.health.heldElsewhere();
    this.#inTurn(() => this.#end());
  }

  /** Ends open requests, and waits until what they brought is stored or given up. */
  async close(): Promise<void> {
    this.#mayWork = false;
    this.#inTurn(() => this.#end());
    await this.#turn;
  }

  #inTurn(work: () => Promise<void>): void {
    const { log, connection } = this.#parts;
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      log.error({ connection: connection.name, err: error }, "this connection cannot be polled");
      this.#memory.health.failed("Polling could not begin; see the log.");
    });
  }

  async #begin(limiter: Limiter): Promise<void> {
    const { connection, account, vendor, credential, catalogue, uses, openSockets, clock } = this.#parts;
    const { random = Math.random } = this.#parts;
    const { baseUrl } = connection;
    this.#devices = await catalogue.devices.ofConnection(connection.id);
    this.#freshnessMs = null;
    const sockets = openSockets(baseUrl);
    const events = uses.counting({ account, connectionId: connection.id });
    const client = vendor.open({ baseUrl, credential, clock, random, limiter, events, dispatcher: sockets });
    const poller = new Poller({
      ...this.#parts,
      devices: polledOf(this.#devices),
      client,
      vendor,
      freshnessMs: this.freshnessMs,
      directory: catalogue.directory,
      memory: this.#memory,
      random,
    });
    const past = this.#pastOf(client);
    this.#work = { poller, past, client, sockets };
    poller.start();
    past?.worker.start();
  }

  #pastOf(client: VendorClient): PastWork | null {
    const { connection, vendor, requests, backfills } = this.#parts;
    const { history, limits } = vendor;
    if (!history || !client.readHistory) return null;
    const worker = new HistoryWorker({
      ...this.#parts,
      devices: polledOf(this.#devices),
      client: { readHistory: client.readHistory.bind(client) },
      history,
      limits,
      liveEveryMs: this.freshnessMs,
      nextRequest: () => requests.next(),
    });
    return { worker, detach: backfills.attach(connection.id, worker) };
  }

  async #end(): Promise<void> {
    const work = this.#work;
    this.#work = null;
    if (!work) return;
    work.past?.detach();
    await Promise.all([work.poller.close(), work.past?.worker.close()]);
    await work.client.close();
    await work.sockets.destroy();
  }
}

function polledOf(devices: readonly Device[]): Device[] {
  return devices.filter(({ serialNumber }) => serialNumber !== null);
}
