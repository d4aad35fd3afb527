import type { SeriesDirectory } from "../catalogue/directory.ts";
import type { Clock } from "../domain/clock.ts";
import type { Connection } from "../domain/connection.ts";
import type { Device } from "../domain/device.ts";
import type { Log } from "../domain/log.ts";
import type { IngestPipeline } from "../ingest/pipeline.ts";
import { batchesOf } from "../vendors/sweep.ts";
import {
  type LatestBatch,
  VendorAddressRefused,
  VendorAuthRejected,
  type VendorClient,
  type VendorDefinition,
} from "../vendors/vendor.ts";
import { type ConnectionHealth, ConnectionHealthTracker } from "./connection-health.ts";
import { DueQueue } from "./due-queue.ts";
import type { CoverageLedger } from "./ledger/coverage-ledger.ts";
import { LiveNotes } from "./live-notes.ts";
import { OpenWindow } from "./open-window.ts";
import { type IdBySerial, ReadingStore } from "./reading-store.ts";
import type { RequestNumbers } from "./request-numbers.ts";

const BACKOFF_MS_BASE = 1_000;
/** Bounds of the longest pause between two requests to a vendor that fails. */
export const BACKOFF_MS_MAX = { least: 60_000, most: 3_600_000 } as const;

/**
 * The longest pause between two requests to a vendor that fails, ms: the poll interval within `BACKOFF_MS_MAX`. One request then
 * stands for a whole sweep, and values come back no later than one interval after the vendor does.
 */
export function longestBackoffMs(pollIntervalMs: number): number {
  return Math.min(BACKOFF_MS_MAX.most, Math.max(BACKOFF_MS_MAX.least, pollIntervalMs));
}

export interface PollerParts {
  readonly connection: Connection;
  /** Those that have a serial number. */
  readonly devices: readonly Device[];
  readonly client: VendorClient;
  readonly vendor: Pick<VendorDefinition, "limits" | "history">;
  /** As `ConnectionReport.freshnessMs`. */
  readonly freshnessMs: number;
  readonly directory: SeriesDirectory;
  readonly pipeline: IngestPipeline;
  readonly ledger: Pick<CoverageLedger, "note">;
  readonly requests: RequestNumbers;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** What was known before another process polled for a while. */
  readonly memory?: PollerMemory;
}

/** What has come of polling so far. */
export interface PollerCounts {
  readonly requests: number;
  readonly failedRequests: number;
  readonly readings: number;
  /** Values that the vendor sent and Kilowatch refused or doubted. */
  readonly issues: number;
  readonly missingDevices: number;
}

/** What outlives a poller. */
export class PollerMemory {
  readonly health: ConnectionHealthTracker;
  readonly issueSeen = new Set<string>();
  readonly counts = { requests: 0, failedRequests: 0, readings: 0, issues: 0, missingDevices: 0 };

  constructor(connectionName: string, clock: Clock, log: Log) {
    this.health = new ConnectionHealthTracker(connectionName, clock, log);
  }
}

/**
 * Polls the devices of one connection for ever, whoever has waited longest first, with as many batches under way as the vendor's limits
 * and pace allow.
 */
export class Poller {
  readonly #parts: PollerParts;
  readonly #memory: PollerMemory;
  readonly #readings: ReadingStore;
  readonly #notes: LiveNotes;
  readonly #window: OpenWindow;
  /** Batches of ids, as the plan counts them: a device's serial number may become another one, and is looked up when it is asked for. */
  readonly #due = new DueQueue<readonly string[]>();
  readonly #stop = new AbortController();
  #asleep: AbortController | null = null;
  readonly #random: () => number;
  /** Monotonic ms before which nothing is asked. */
  #heldUntilMs = 0;
  #consecutiveFailures = 0;
  #running: Promise<void> | null = null;

  constructor(parts: PollerParts) {
    const { connection, devices, clock, log, vendor, random = Math.random } = parts;
    this.#parts = parts;
    this.#random = random;
    this.#memory = parts.memory ?? new PollerMemory(connection.name, clock, log);
    this.#readings = new ReadingStore({ connectionName: connection.name, ...parts });
    this.#notes = new LiveNotes({ ...parts, history: vendor.history });
    const idBySerial = new Map(devices.map(({ id, serialNumber }) => [serialNumber ?? "", id]));
    for (const batch of batchesOf([...idBySerial.keys()], vendor.limits)) {
      const ids = batch.flatMap((serial) => idBySerial.get(serial) ?? []);
      this.#due.put(ids, 0);
    }
    const { pollIntervalMs } = connection;
    this.#window = new OpenWindow(vendor.limits, { batches: this.#due.size, pollIntervalMs });
  }

  get health(): ConnectionHealth {
    return this.#memory.health.health;
  }

  get counts(): PollerCounts {
    return this.#memory.counts;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the open requests and waits until what they brought is stored or given up. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort(new DOMException("The poller stops.", "AbortError"));
    this.#asleep?.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const underWay = new Set<Promise<void>>();
    try {
      await this.#pollWhoeverIsDue(underWay);
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#giveUp(error);
    } finally {
      // What ended one batch for good would meet the others, too.
      this.#stop.abort(new DOMException("The poller stops.", "AbortError"));
      await Promise.allSettled(underWay);
    }
  }

  async #pollWhoeverIsDue(underWay: Set<Promise<void>>): Promise<void> {
    const { clock } = this.#parts;
    while (!this.#stop.signal.aborted) {
      while (underWay.size >= this.#window.size) await Promise.race(underWay);
      const dueMs = this.#due.nextDueMs;
      if (dueMs === null) {
        // Whoever is not due is being asked.
        if (underWay.size === 0) return;
        await Promise.race(underWay);
        continue;
      }
      const startMs = Math.max(dueMs, this.#heldUntilMs);
      if (startMs > clock.monotonicMs()) {
        await this.#sleepUntil(startMs, underWay);
        continue;
      }
      const [ids = []] = this.#due.take(1, clock.monotonicMs());
      const polling = this.#poll(ids).finally(() => underWay.delete(polling));
      underWay.add(polling);
    }
  }

  /** Until then, or until a batch has ended, since what came of it may hold everything longer, or the poller stops. */
  async #sleepUntil(startMs: number, underWay: ReadonlySet<Promise<void>>): Promise<void> {
    const woken = new AbortController();
    this.#asleep = woken;
    const sleep = this.#parts.clock.sleepUntil(startMs, woken.signal).catch(() => {});
    try {
      await Promise.race([sleep, ...underWay]);
    } finally {
      woken.abort();
      this.#asleep = null;
    }
  }

  #giveUp(error: unknown): void {
    const { log, connection } = this.#parts;
    if (error instanceof VendorAuthRejected) {
      this.#memory.health.refused(error.message);
      return;
    }
    // Whatever this is, it is a fault of ours: it must be seen, and it must not take the server with it.
    log.error({ connection: connection.name, err: error }, "polling stopped by an unexpected error");
    this.#memory.health.failed("Polling stopped because of an internal error; see the log, and restart the server.");
  }

  async #poll(due: readonly string[]): Promise<void> {
    const { client, clock, directory, connection } = this.#parts;
    // From the begin of one request to the begin of the next: what it took, and what it waited for, does not shift the schedule.
    const nextMs = clock.monotonicMs() + connection.pollIntervalMs;
    // A device that was deleted since is not asked for again.
    const ids = due.filter((id) => directory.device(id));
    const asked = new Map(ids.map((id) => [directory.device(id)?.serialNumber ?? "", id]));
    asked.delete("");
    try {
      if (asked.size > 0) await this.#ask(client.readLatest([...asked.keys()], this.#stop.signal), asked);
    } catch (error) {
      if (!(error instanceof VendorAddressRefused)) throw error;
      this.#waitForAnotherAddress(error);
    } finally {
      // In any case, so that no device is ever forgotten.
      if (ids.length > 0) this.#due.put(ids, nextMs);
    }
  }

  async #ask(batches: AsyncIterable<LatestBatch>, asked: IdBySerial): Promise<void> {
    const { clock, requests } = this.#parts;
    const beganMs = clock.monotonicMs();
    const request = requests.next();
    for await (const batch of batches) {
      this.#memory.counts.requests++;
      const askedAtMs = Math.trunc(clock.nowMs());
      if (batch.failure) this.#backOff(batch);
      else {
        this.#window.answered(clock.monotonicMs() - beganMs);
        await this.#take(batch, asked);
      }
      this.#notes.note(batch, asked, askedAtMs, request);
    }
  }

  async #take(batch: LatestBatch, asked: IdBySerial): Promise<void> {
    const { counts, health } = this.#memory;
    this.#consecutiveFailures = 0;
    health.answered();
    counts.issues += batch.issues.length;
    counts.missingDevices += batch.missing.length;
    this.#noteIssues(batch, asked);
    counts.readings += await this.#readings.store(batch.readings, asked, this.#stop.signal);
  }

  #backOff(batch: LatestBatch): void {
    const { clock, connection } = this.#parts;
    this.#memory.counts.failedRequests++;
    this.#window.failed();
    this.#memory.health.failed(batch.failure?.message ?? "The vendor did not answer.");
    const longestMs = longestBackoffMs(connection.pollIntervalMs);
    const ceilingMs = Math.min(longestMs, BACKOFF_MS_BASE * 2 ** Math.min(this.#consecutiveFailures++, 16));
    // Between half and all of the ceiling: never at once, and not in step with other programs that lost the vendor too.
    this.#hold(clock.monotonicMs() + ceilingMs * (0.5 + this.#random() / 2));
  }

  /** Nothing was sent, so there is nothing to spare the vendor. A name may have another address later, and looking it up is cheap. */
  #waitForAnotherAddress({ message }: VendorAddressRefused): void {
    const { clock, connection } = this.#parts;
    this.#memory.health.barred(message);
    this.#hold(clock.monotonicMs() + longestBackoffMs(connection.pollIntervalMs));
  }

  #hold(untilMonotonicMs: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, untilMonotonicMs);
  }

  /** Says each device's trouble in the log once per kind, not at every poll. */
  #noteIssues(batch: LatestBatch, asked: IdBySerial): void {
    const { log, connection } = this.#parts;
    const { issueSeen } = this.#memory;
    for (const issue of batch.issues) {
      const key = `${issue.kind} ${issue.device}`;
      if (issueSeen.has(key) || !asked.has(issue.device)) continue;
      issueSeen.add(key);
      log.warn({ connection: connection.name, ...issue }, "a value of this device could not be used");
    }
  }
}
