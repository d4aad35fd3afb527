import type { Dispatcher } from "undici";
import { v4 as uuidv4 } from "uuid";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Credential } from "../catalogue/connections.ts";
import type { BudgetUse } from "../catalogue/vendor-budgets.ts";
import type { Clock } from "../domain/clock.ts";
import type { Connection } from "../domain/connection.ts";
import { Conflict, InvalidInput, VendorFailed } from "../domain/errors.ts";
import type { ListedDevice } from "../domain/listed-device.ts";
import type { Log } from "../domain/log.ts";
import type { IngestPipeline } from "../ingest/pipeline.ts";
import type { Budget, VendorDefinition } from "../vendors/vendor.ts";
import type { Account } from "./account.ts";
import { AccountVisits } from "./account-visits.ts";
import { accountKey, newAccountSecret } from "./budget/account-key.ts";
import { BudgetKeeper } from "./budget/budget-keeper.ts";
import { BudgetUses } from "./budget/budget-uses.ts";
import type { ConnectionHealth } from "./connection-health.ts";
import { ConnectionRun } from "./connection-run.ts";
import { diagnose } from "./diagnosis.ts";
import { compareLists, DISCOVERY_MS_MAX, LISTED_DEVICES_MAX, listedAtMs } from "./discovery.ts";
import type { Backfills } from "./history/backfills.ts";
import type { HeldReadings } from "./history/restatement-finder.ts";
import type { CoverageLedger } from "./ledger/coverage-ledger.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import { planSchedule, type SchedulePlan } from "./plan/schedule.ts";
import type { PollerCounts } from "./poller.ts";
import { type ProbeResult, probe } from "./probe.ts";
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

/** A connection as the collector has it: polled, or resting. */
interface Held {
  report(): ConnectionReport;
  close(): Promise<void>;
}

export interface BudgetReport {
  /** Whether this process may spend it at the moment. */
  readonly isHeldHere: boolean;
  /** The vendor's published limits. */
  readonly budgets: readonly Budget[];
  readonly uses: readonly BudgetUse[];
}

const NO_DEVICES = "It has no devices yet: pick some that its vendor lists, or name them by their serial numbers.";
const NO_COUNTS: PollerCounts = { requests: 0, failedRequests: 0, readings: 0, issues: 0, missingDevices: 0 };

/** Runs every connection of the catalogue that is not paused, each where its account's budget is held, and asks vendors what people want to know beside. */
export class Collector {
  readonly #parts: CollectorParts;
  readonly #keeper: BudgetKeeper;
  readonly #uses: BudgetUses;
  readonly #requests: RequestNumbers;
  readonly #visits: AccountVisits;
  readonly #held = new Map<string, Held>();
  /** By connection: two changes at once must not leave two pollers. */
  readonly #changes = new OneAtATime();
  readonly #discoveries = new OneAtATime();

  constructor(parts: CollectorParts) {
    this.#parts = parts;
    const { catalogue, clock, log } = parts;
    this.#keeper = new BudgetKeeper({ ...parts, store: catalogue.budgets, holder: uuidv4() });
    this.#uses = new BudgetUses({ store: catalogue.budgets, clock, log });
    this.#requests = new RequestNumbers(clock);
    this.#visits = new AccountVisits({
      ...parts,
      keeper: this.#keeper,
      uses: this.#uses,
      secret: () => this.#accountSecret(),
    });
  }

  /** Starts polling every connection that the catalogue has; one that cannot be opened is logged and rests. */
  async start(): Promise<void> {
    this.#uses.start();
    for (const connection of await this.#parts.catalogue.connections.list()) {
      try {
        await this.poll(connection);
      } catch (error) {
        // One account that cannot be opened must not keep the others, or the server, from starting.
        this.#parts.log.error({ connection: connection.name, err: error }, "this connection cannot be polled");
        await this.#rest(connection, "refused", "It cannot be polled; the server's log says why.");
      }
    }
  }

  /**
   * Does with a connection what the catalogue says of it now: starts polling it, starts it anew after a change, or lets it rest.
   * @throws InvalidInput when its vendor is not known, NotFound when it was removed
   */
  poll({ id }: Pick<Connection, "id">): Promise<ConnectionReport> {
    return this.#changes.run(id, async () => {
      await this.#let(id);
      const connection = await this.#parts.catalogue.connections.get(id);
      if (connection.pausedAtMs !== null) return this.#rest(connection, "paused", null);
      return this.#start(connection);
    });
  }

  /** Polls a connection no more, and forgets it. */
  stop(connectionId: string): Promise<void> {
    return this.#changes.run(connectionId, () => this.#let(connectionId));
  }

  reports(): ConnectionReport[] {
    return Array.from(this.#held.values(), (held) => held.report());
  }

  /** Undefined for a connection that there is not, or that was made a moment ago. */
  report(connectionId: string): ConnectionReport | undefined {
    return this.#held.get(connectionId)?.report();
  }

  /** What a connection's schedule comes to. @param pollIntervalMs instead of its own. @throws NotFound */
  async plan(connection: Connection, pollIntervalMs = connection.pollIntervalMs): Promise<SchedulePlan> {
    const { limits, device } = this.vendorOf(connection);
    const devices = await this.serialNumbers(connection.id);
    return planSchedule({ devices, limits, pollIntervalMs, valuesEveryMs: device?.valuesEveryMs ?? 0 });
  }

  /** The vendor's ids of the devices that a connection polls. */
  async serialNumbers(connectionId: string): Promise<readonly string[]> {
    const devices = await this.#parts.catalogue.devices.ofConnection(connectionId);
    return devices.flatMap(({ serialNumber }) => serialNumber ?? []);
  }

  /**
   * Tests a connection on the budget that its poller spends.
   * @param how `serialNumber`: a device to ask for, instead of the connection's first; `credential`: instead of its own
   * @throws NotFound
   */
  async probe(
    connectionId: string,
    how: { readonly serialNumber?: string | undefined; readonly credential?: Credential | undefined } = {},
  ): Promise<ProbeResult> {
    const account = await this.#accountOf(await this.#parts.catalogue.connections.get(connectionId));
    const [first = null] = how.serialNumber === undefined ? await this.serialNumbers(connectionId) : [how.serialNumber];
    return probe(this.#visits, { ...account, ...(how.credential && { credential: how.credential }) }, first, account);
  }

  /** Tests an account that is no connection yet. @throws InvalidInput when the address is none */
  probeAccount(account: Account, serialNumber: string | null): Promise<ProbeResult> {
    return probe(this.#visits, account, serialNumber);
  }

  /** Reads what the vendor lists for a connection, and keeps it beside what it listed before. @throws NotFound, Conflict, VendorFailed */
  async discover(connectionId: string): Promise<ListedDevice[]> {
    const { connections, listedDevices } = this.#parts.catalogue;
    const connection = await connections.get(connectionId);
    const account = await this.#accountOf(connection);
    const { title, discovers } = account.vendor;
    if (!discovers) throw new Conflict(`${title} lists no devices: name them by their serial numbers.`);
    return this.#discoveries.run(connectionId, async () => {
      const options = { msMax: DISCOVERY_MS_MAX, isPatient: true };
      const visited = await this.#visits.visit(account, options, (client, signal) => {
        if (!client.discover) throw new TypeError(`${title} says that it lists devices, and does not`);
        return client.discover(signal);
      });
      if (visited.failure) {
        const { reason, message } = diagnose(visited.failure, visited.answered > 0);
        throw new VendorFailed(message, reason, { cause: visited.failure });
      }
      const found = visited.value ?? [];
      if (found.length > LISTED_DEVICES_MAX) {
        throw new Conflict(`${title} lists ${found.length} devices, and at most ${LISTED_DEVICES_MAX} can be kept.`);
      }
      const before = await listedDevices.of(connectionId);
      const picked = new Set(await this.serialNumbers(connectionId));
      // By its time one list is told from the next, also when the clock was set back.
      const atMs = Math.max(Math.trunc(this.#parts.clock.nowMs()), (listedAtMs(before) ?? 0) + 1);
      const listed = compareLists(before, found, picked, atMs);
      await listedDevices.replace(connectionId, listed);
      return listedDevices.of(connectionId);
    });
  }

  /** Who spent what of a connection's account in the hours that begin within a span; other connections may share it. @throws NotFound */
  async budgetUse(connectionId: string, fromMs: number, toMs: number): Promise<BudgetReport> {
    const account = await this.#accountOf(await this.#parts.catalogue.connections.get(connectionId));
    const key = accountKey(await this.#accountSecret(), { ...account, vendor: account.vendor.id });
    // What was counted a moment ago belongs to the answer.
    await this.#uses.flush();
    const uses = await this.#parts.catalogue.budgets.uses(key, fromMs, toMs);
    return { isHeldHere: this.#keeper.holds(key), budgets: account.vendor.limits.budgets, uses };
  }

  /** @throws InvalidInput when it is not known */
  vendorOf({ vendor: id }: Pick<Connection, "vendor">): VendorDefinition {
    const vendor = this.#parts.vendorById(id);
    if (!vendor) throw new InvalidInput([{ path: "vendor", message: `"${id}" is no vendor that is known` }]);
    return vendor;
  }

  /** Ends what is asked beside polling, so that nobody waits for it any more. */
  endVisits(): void {
    this.#visits.close();
  }

  /** Stops every connection and gives the budgets back. Idempotent. */
  async close(): Promise<void> {
    this.endVisits();
    await Promise.all([...this.#held.keys()].map((id) => this.stop(id)));
    await this.#uses.close();
  }

  async #let(id: string): Promise<void> {
    const held = this.#held.get(id);
    this.#held.delete(id);
    await held?.close();
  }

  async #accountOf(connection: Connection): Promise<Account> {
    const vendor = this.vendorOf(connection);
    const credential = vendor.credential.parse(await this.#parts.catalogue.connections.credential(connection.id));
    const { id: connectionId, baseUrl, laneShares } = connection;
    return { vendor, baseUrl, credential, connectionId, laneShares };
  }

  #accountSecret(): Promise<string> {
    return this.#parts.catalogue.ownSecrets.getOrMake("account-key", newAccountSecret);
  }

  async #start(connection: Connection): Promise<ConnectionReport> {
    const { vendor, credential } = await this.#accountOf(connection);
    const account = accountKey(await this.#accountSecret(), { ...connection, credential });
    const run = new ConnectionRun({
      ...this.#parts,
      connection,
      vendor,
      credential,
      account,
      devices: await this.#parts.catalogue.devices.ofConnection(connection.id),
      requests: this.#requests,
      uses: this.#uses,
    });
    const held: Held = {
      report: () => reportOf(run),
      close: async () => {
        await run.close();
        await this.#keeper.leave(account, run);
      },
    };
    this.#held.set(connection.id, held);
    this.#keeper.join(account, run);
    return held.report();
  }

  async #rest(connection: Connection, state: "paused" | "refused", message: string | null): Promise<ConnectionReport> {
    const { catalogue, clock, vendorById } = this.#parts;
    const isKnown = vendorById(connection.vendor) !== undefined;
    const report: ConnectionReport = {
      connection,
      counts: NO_COUNTS,
      devices: (await catalogue.devices.ofConnection(connection.id)).length,
      freshnessMs: isKnown ? (await this.plan(connection)).freshnessMs : connection.pollIntervalMs,
      state,
      message,
      sinceMs: connection.pausedAtMs ?? clock.nowMs(),
    };
    this.#held.set(connection.id, { report: () => report, close: async () => {} });
    return report;
  }
}

function reportOf({ connection, counts, devices, freshnessMs, health }: ConnectionRun): ConnectionReport {
  const message = devices === 0 ? NO_DEVICES : health.message;
  return { connection, counts, devices, freshnessMs, ...health, message };
}
