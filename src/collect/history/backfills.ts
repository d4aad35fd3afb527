import type { BackfillJobs } from "../../catalogue/backfill-jobs.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Versioned } from "../../catalogue/changed.ts";
import type { Page, PageRequest } from "../../catalogue/page.ts";
import { type BackfillJob, type BackfillState, hasEnded } from "../../domain/backfill.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Connection } from "../../domain/connection.ts";
import type { CoverageRun } from "../../domain/coverage.ts";
import { InvalidInput, NotFound } from "../../domain/errors.ts";
import type { HistoryLimits, VendorDefinition } from "../../vendors/vendor.ts";
import type { CoverageLedger } from "../ledger/coverage-ledger.ts";
import { historyDurationMs } from "../plan/history-cost.ts";
import { planSchedule } from "../plan/schedule.ts";
import { openOfDevices, type PastDevice, pastDevices } from "./past-coverage.ts";
import { countWindows } from "./windows.ts";

/** The longest range of an import: 10 years. */
export const BACKFILL_RANGE_MS_MAX = 315_576_000_000;
/** No vendor has anything older, epoch ms: 2000-01-01. */
export const BACKFILL_FROM_MS_MIN = 946_684_800_000;
/** What an import still takes is counted anew after this long; until then what was asked since is taken off. */
export const ESTIMATE_KEPT_MS = 60_000;

/** An import, with what it still takes. */
export interface BackfillReport {
  readonly job: BackfillJob;
  readonly version: number;
  /** 0 for one that has ended. */
  readonly requestsLeft: number;
  /** How long they take at the vendor's limits beside the values of now, ms, as if no other import ran; null for one that has ended, and where they leave nothing. */
  readonly leftMs: number | null;
}

export interface NewBackfill {
  readonly connectionId: string;
  /** Epoch ms, inclusive. */
  readonly fromMs: number;
  /** Epoch ms, exclusive; what lies ahead is left out. */
  readonly toMs: number;
  /** Null for all of the connection. */
  readonly deviceIds: readonly string[] | null;
}

export interface BackfillsParts {
  readonly catalogue: Pick<Catalogue, "backfillJobs" | "connections" | "devices" | "directory">;
  readonly ledger: CoverageLedger;
  /** The registry's look-up. */
  readonly vendorById: (id: string) => VendorDefinition | undefined;
  readonly clock: Clock;
}

/** A connection's worker, as far as imports concern it. */
export interface JobsWorker {
  lookAtJobs(): void;
}

interface Estimate {
  readonly requestsLeft: number;
  readonly requestsThen: number;
  readonly countedAtMs: number;
}

/** What people do with imports of history. The workers carry them out; without one they wait. */
export class Backfills {
  readonly #parts: BackfillsParts;
  readonly #jobs: BackfillJobs;
  readonly #workers = new Map<string, JobsWorker>();
  /** Of those that have not ended, by id. */
  readonly #estimates = new Map<string, Estimate>();

  constructor(parts: BackfillsParts) {
    this.#parts = parts;
    this.#jobs = parts.catalogue.backfillJobs;
  }

  /** Tells a connection's worker of changes from now on, in place of an earlier one. Returns what ends that. */
  attach(connectionId: string, worker: JobsWorker): () => void {
    this.#workers.set(connectionId, worker);
    return () => {
      if (this.#workers.get(connectionId) === worker) this.#workers.delete(connectionId);
    };
  }

  /** @throws NotFound for the connection; InvalidInput; Conflict when there are too many */
  async create(wanted: NewBackfill): Promise<BackfillReport> {
    const connection = await this.#connection(wanted.connectionId);
    const history = this.#historyOf(connection);
    const toMs = Math.min(wanted.toMs, Math.trunc(this.#parts.clock.nowMs()));
    this.#checkRange(wanted.fromMs, toMs, history);
    await this.#checkDevices(wanted, connection, history);
    const created = await this.#jobs.create({ ...wanted, toMs });
    this.#workers.get(connection.id)?.lookAtJobs();
    return this.#report(created);
  }

  /** @throws NotFound for the connection */
  async list(connectionId: string, request: PageRequest): Promise<Page<BackfillReport>> {
    await this.#connection(connectionId);
    const { items, nextCursor } = await this.#jobs.list(connectionId, request);
    const reports: BackfillReport[] = [];
    // A list tells no versions, and has no use for one.
    for (const item of items) reports.push(await this.#report({ item, version: 0 }));
    return { items: reports, nextCursor };
  }

  /** @throws NotFound */
  async get(id: string): Promise<BackfillReport> {
    return this.#report(await this.#jobs.get(id));
  }

  /** @param fromVersion null for whatever is there. @throws NotFound, ChangedMeanwhile; Conflict when it has ended or is so already */
  async become(
    id: string,
    state: Extract<BackfillState, "running" | "paused" | "cancelled">,
    fromVersion: number | null,
  ): Promise<BackfillReport> {
    const changed = await this.#jobs.become(id, state, fromVersion);
    this.#workers.get(changed.item.connectionId)?.lookAtJobs();
    return this.#report(changed);
  }

  async #report({ item: job, version }: Versioned<BackfillJob>): Promise<BackfillReport> {
    if (hasEnded(job.state)) {
      this.#estimates.delete(job.id);
      return { job, version, requestsLeft: 0, leftMs: null };
    }
    const connection = await this.#connection(job.connectionId);
    const vendor = this.#parts.vendorById(connection.vendor);
    if (!vendor?.history) return { job, version, requestsLeft: 0, leftMs: null };
    const polled = await this.#parts.catalogue.devices.ofConnection(connection.id);
    const past = pastDevices(
      polled.map(({ id }) => id),
      this.#parts.catalogue.directory,
      vendor.history,
    );
    const requestsLeft = await this.#requestsLeft(job, past, vendor.history);
    const { budgets } = planSchedule({
      devices: polled.flatMap(({ serialNumber }) => serialNumber ?? []),
      limits: vendor.limits,
      pollIntervalMs: connection.pollIntervalMs,
      valuesEveryMs: vendor.device?.valuesEveryMs ?? 0,
    });
    const leftMs = historyDurationMs(requestsLeft, budgets, connection.laneShares.history);
    return { job, version, requestsLeft, leftMs: leftMs === null ? null : Math.ceil(leftMs) };
  }

  async #requestsLeft(job: BackfillJob, devices: readonly PastDevice[], history: HistoryLimits): Promise<number> {
    const nowMs = this.#parts.clock.monotonicMs();
    let estimate = this.#estimates.get(job.id);
    if (!estimate || nowMs - estimate.countedAtMs >= ESTIMATE_KEPT_MS) {
      const requestsLeft = (await this.#windowsLeft(job, devices, history)) * history.requestsPerWindow;
      estimate = { requestsLeft, requestsThen: job.requests, countedAtMs: nowMs };
      this.#estimates.set(job.id, estimate);
    }
    return Math.max(0, estimate.requestsLeft - (job.requests - estimate.requestsThen));
  }

  async #windowsLeft(job: BackfillJob, devices: readonly PastDevice[], history: HistoryLimits): Promise<number> {
    const wanted = job.deviceIds && new Set(job.deviceIds);
    const isLeft = ({ outcome, askedAtMs }: CoverageRun): boolean =>
      outcome === "failed" || (outcome === "refused" && askedAtMs < job.createdAtMs);
    const asked = devices.filter(({ id }) => wanted?.has(id) ?? true).map((device) => ({ device, range: job }));
    const opens = await openOfDevices(this.#parts.ledger, asked, history, (_device, run) => isLeft(run));
    return countWindows(opens, history);
  }

  async #pastDevices(connection: Connection, history: HistoryLimits): Promise<PastDevice[]> {
    const { devices, directory } = this.#parts.catalogue;
    const ids = (await devices.ofConnection(connection.id)).map(({ id }) => id);
    return pastDevices(ids, directory, history);
  }

  async #connection(id: string): Promise<Connection> {
    const connection = (await this.#parts.catalogue.connections.list()).find((each) => each.id === id);
    if (!connection) throw new NotFound("connection");
    return connection;
  }

  #historyOf({ vendor: id }: Connection): HistoryLimits {
    const vendor = this.#parts.vendorById(id);
    if (vendor?.history) return vendor.history;
    throw wrong("", `${vendor?.title ?? id} keeps no history that can be asked for.`);
  }

  #checkRange(fromMs: number, toMs: number, { keepsMs }: HistoryLimits): void {
    if (toMs <= fromMs) throw wrong("to", "must lie after from, and from in the past");
    if (fromMs < BACKFILL_FROM_MS_MIN) throw wrong("from", "must not lie before the year 2000");
    if (toMs - fromMs > BACKFILL_RANGE_MS_MAX) throw wrong("from", "must lie at most 10 years before to");
    if (keepsMs !== null && toMs <= this.#parts.clock.nowMs() - keepsMs) {
      throw wrong("to", `is so long ago that the vendor keeps nothing: it keeps ${Math.floor(keepsMs / DAY_MS)} days`);
    }
  }

  async #checkDevices({ deviceIds }: NewBackfill, connection: Connection, history: HistoryLimits): Promise<void> {
    const { directory } = this.#parts.catalogue;
    const foreign = (deviceIds ?? []).flatMap((id, index) =>
      directory.device(id)?.connectionId === connection.id
        ? []
        : [{ path: `deviceIds.${index}`, message: "is no device of this connection" }],
    );
    if (foreign.length > 0) throw new InvalidInput(foreign);
    const devices = await this.#pastDevices(connection, history);
    if (!devices.some(({ id }) => deviceIds?.includes(id) ?? true)) {
      throw wrong("deviceIds", "none of them has a metric of which the vendor keeps history");
    }
  }
}

const DAY_MS = 86_400_000;

function wrong(path: string, message: string): InvalidInput {
  return new InvalidInput([{ path, message }]);
}
