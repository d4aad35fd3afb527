import type { SeriesDirectory } from "../catalogue/directory.ts";
import type { Clock } from "../domain/clock.ts";
import type { Connection } from "../domain/connection.ts";
import type { Device } from "../domain/device.ts";
import { StorageUnavailable } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import { type ReadingColumns, ReadingColumnsBuilder } from "../domain/reading.ts";
import type { IngestPipeline } from "../ingest/pipeline.ts";
import { batchesOf } from "../vendors/sweep.ts";
import {
  type LatestBatch,
  VendorAddressRefused,
  VendorAuthRejected,
  type VendorClient,
  type VendorLimits,
} from "../vendors/vendor.ts";
import { type ConnectionHealth, ConnectionHealthTracker } from "./connection-health.ts";
import { DueQueue } from "./due-queue.ts";
import { planSchedule } from "./plan/schedule.ts";

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
  readonly devices: readonly Device[];
  readonly client: VendorClient;
  /** What the client's requests go through; closed after it. */
  readonly sockets: { destroy(): Promise<void> };
  readonly limits: VendorLimits;
  /** As `DeviceDefinition.valuesEveryMs`. */
  readonly valuesEveryMs: number;
  readonly directory: SeriesDirectory;
  readonly pipeline: IngestPipeline;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
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

/** Which device each serial number of a request stands for. */
type IdBySerial = Map<string, string>;

/** Polls the devices of one connection for ever, whoever has waited longest first. */
export class Poller {
  readonly #parts: PollerParts;
  readonly #health: ConnectionHealthTracker;
  /** Batches of ids, as `planSchedule` counts them: a device's serial number may become another one, and is looked up when it is asked for. */
  readonly #due = new DueQueue<readonly string[]>();
  readonly #serials: readonly string[];
  readonly #stop = new AbortController();
  readonly #random: () => number;
  readonly #issueSeen = new Set<string>();
  #counts = { requests: 0, failedRequests: 0, readings: 0, issues: 0, missingDevices: 0 };
  #consecutiveFailures = 0;
  #running: Promise<void> | null = null;

  constructor(parts: PollerParts) {
    this.#parts = parts;
    this.#random = parts.random ?? Math.random;
    this.#health = new ConnectionHealthTracker(parts.connection.name, parts.clock, parts.log);
    const idBySerial: IdBySerial = new Map(parts.devices.map(({ id, serialNumber }) => [serialNumber ?? "", id]));
    idBySerial.delete("");
    this.#serials = [...idBySerial.keys()];
    for (const batch of batchesOf(this.#serials, parts.limits)) {
      this.#due.put(
        batch.flatMap((serial) => idBySerial.get(serial) ?? []),
        0,
      );
    }
  }

  get connection(): Connection {
    return this.#parts.connection;
  }

  get devices(): number {
    return this.#serials.length;
  }

  /** As `ConnectionReport.freshnessMs`. */
  get freshnessMs(): number {
    const { connection, limits, valuesEveryMs } = this.#parts;
    const { pollIntervalMs } = connection;
    return planSchedule({ devices: this.#serials, limits, pollIntervalMs, valuesEveryMs }).freshnessMs;
  }

  get health(): ConnectionHealth {
    return this.#health.health;
  }

  get counts(): PollerCounts {
    return this.#counts;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the open request and waits until what it brought is stored or given up. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort(new DOMException("The poller stops.", "AbortError"));
    await this.#running;
    await this.#parts.client.close();
    await this.#parts.sockets.destroy();
  }

  async #run(): Promise<void> {
    const { clock, log, connection } = this.#parts;
    try {
      for (;;) {
        const dueMs = this.#due.nextDueMs;
        if (dueMs === null) return;
        await clock.sleepUntil(dueMs, this.#stop.signal);
        await this.#pollWhoIsDue();
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      if (error instanceof VendorAuthRejected) {
        this.#health.refused(error.message);
        return;
      }
      // Whatever this is, it is a fault of ours: it must be seen, and it must not take the server with it.
      log.error({ connection: connection.name, err: error }, "polling stopped by an unexpected error");
      this.#health.failed("Polling stopped because of an internal error; see the log, and restart the server.");
    }
  }

  async #pollWhoIsDue(): Promise<void> {
    const { client, clock, directory } = this.#parts;
    const dueMs = clock.monotonicMs();
    const [batch = []] = this.#due.take(1, dueMs);
    // A device that was deleted since is not asked for again.
    const ids = batch.filter((id) => directory.device(id));
    const asked: IdBySerial = new Map(ids.map((id) => [directory.device(id)?.serialNumber ?? "", id]));
    asked.delete("");
    try {
      if (asked.size > 0) await this.#ask(client.readLatest([...asked.keys()], this.#stop.signal), asked);
    } catch (error) {
      if (!(error instanceof VendorAddressRefused)) throw error;
      await this.#waitForAnotherAddress(error);
    } finally {
      // In any case, so that no device is ever forgotten; from when it was asked for, so that an answer's time does not stretch the interval.
      if (ids.length > 0) this.#due.put(ids, dueMs + this.#parts.connection.pollIntervalMs);
    }
  }

  async #ask(batches: AsyncIterable<LatestBatch>, asked: IdBySerial): Promise<void> {
    for await (const batch of batches) {
      this.#counts.requests++;
      if (batch.failure) await this.#backOff(batch);
      else await this.#take(batch, asked);
    }
  }

  async #take(batch: LatestBatch, asked: IdBySerial): Promise<void> {
    this.#consecutiveFailures = 0;
    this.#health.answered();
    this.#counts.issues += batch.issues.length;
    this.#counts.missingDevices += batch.missing.length;
    this.#noteIssues(batch, asked);
    this.#counts.readings += await this.#store(batch, asked);
  }

  /** Holds the batch until storage takes it: the vendor's budget for it is spent, so it is worth waiting for. Answers what was stored. */
  async #store(batch: LatestBatch, asked: IdBySerial): Promise<number> {
    const { pipeline, clock, log, connection } = this.#parts;
    for (let attempt = 0; ; attempt++) {
      // Made anew for each attempt: a metric may be deleted while storage is waited for.
      const columns = this.#columnsOf(batch, asked);
      try {
        await pipeline.accept(columns);
        if (attempt > 0) log.info({ connection: connection.name }, "storage takes readings again");
        return columns.length;
      } catch (error) {
        if (!(error instanceof StorageUnavailable)) throw error;
        if (attempt === 0)
          log.warn({ connection: connection.name, reason: error.message }, "polling waits for storage");
        await clock.sleepUntil(clock.monotonicMs() + error.retryAfterS * 1_000, this.#stop.signal);
      }
    }
  }

  async #backOff(batch: LatestBatch): Promise<void> {
    const { clock, connection } = this.#parts;
    this.#counts.failedRequests++;
    this.#health.failed(batch.failure?.message ?? "The vendor did not answer.");
    const longestMs = longestBackoffMs(connection.pollIntervalMs);
    const ceilingMs = Math.min(longestMs, BACKOFF_MS_BASE * 2 ** Math.min(this.#consecutiveFailures++, 16));
    // Between half and all of the ceiling: never at once, and not in step with other programs that lost the vendor too.
    const pauseMs = ceilingMs * (0.5 + this.#random() / 2);
    await clock.sleepUntil(clock.monotonicMs() + pauseMs, this.#stop.signal);
  }

  /** Nothing was sent, so there is nothing to spare the vendor. A name may have another address later, and looking it up is cheap. */
  async #waitForAnotherAddress({ message }: VendorAddressRefused): Promise<void> {
    const { clock, connection } = this.#parts;
    this.#health.barred(message);
    await clock.sleepUntil(clock.monotonicMs() + longestBackoffMs(connection.pollIntervalMs), this.#stop.signal);
  }

  #columnsOf(batch: LatestBatch, asked: IdBySerial): ReadingColumns {
    const { directory } = this.#parts;
    const builder = new ReadingColumnsBuilder();
    for (const reading of batch.readings) {
      const deviceId = asked.get(reading.device);
      const owner = deviceId === undefined ? undefined : directory.ofDevice(deviceId, reading.metric.name);
      // A metric that a person removed from the device is no longer wanted.
      if (owner) builder.push(owner.series, reading.timeMs, reading.value, reading.quality);
    }
    return builder.finish();
  }

  /** Says each device's trouble in the log once per kind, not at every poll. */
  #noteIssues(batch: LatestBatch, asked: IdBySerial): void {
    const { log, connection } = this.#parts;
    for (const issue of batch.issues) {
      const key = `${issue.kind} ${issue.device}`;
      if (this.#issueSeen.has(key) || !asked.has(issue.device)) continue;
      this.#issueSeen.add(key);
      log.warn({ connection: connection.name, ...issue }, "a value of this device could not be used");
    }
  }
}
