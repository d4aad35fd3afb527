import type { Clock } from "../domain/clock.ts";
import { InvalidInput, NotFound, StorageUnavailable, TooManyRequests } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import { LiveLook } from "./live-look.ts";
import { type Pass, passesOf } from "./pass.ts";
import type { JudgedSites, QualityEventLog, QualityReadings } from "./ports.ts";
import { type ScanCounts, scanPass } from "./scan.ts";

/** What is live is looked at no more often than this. */
export const ROUND_MS_MIN = 300_000;
/** How far back it is looked at: what began before has been found, or is history. */
export const LIVE_WINDOW_MS = 2 * 86_400_000;
/** Readings of one pass of a live window. What has more is looked at over a shorter window from then on. */
export const LIVE_READINGS_MAX = 1_000_000;
/** Shortest window of what is live: the longest of what rules wait for, but for a limit that is held. */
export const LIVE_WINDOW_MS_MIN = 6 * 3_600_000;
/** Between two passes it rests so many times as long as it worked. */
const REST_PER_WORK = 9;
const REST_MS_MIN = 50;

/** Range of one scan of history. */
export const SCAN_MS_MAX = 366 * 86_400_000;
/** Readings of one scan of history. */
export const SCAN_READINGS_MAX = 2_000_000;
/** A scan that is refused since another is under way may come again after this time. */
const SCAN_RETRY_S = 10;

export interface QualityParts {
  readonly readings: QualityReadings;
  readonly sites: JudgedSites;
  readonly events: QualityEventLog;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ScanReport extends ScanCounts {
  readonly devices: number;
}

/** Judges readings: what is live, in rounds over all sites; history, when somebody asks. Whoever makes it closes it. */
export class QualityWatch {
  readonly #parts: QualityParts;
  readonly #stop = new AbortController();
  readonly #live: LiveLook;
  /** Windows of passes that had too many readings, by site and place among its passes. */
  readonly #windowsMs = new Map<string, number>();
  #rounds: Promise<void> | null = null;
  #scan: Promise<ScanReport> | null = null;

  constructor(parts: QualityParts) {
    this.#parts = parts;
    this.#live = new LiveLook((series) => parts.readings.latest(series));
  }

  /** Begins the rounds, the first after `ROUND_MS_MIN`. */
  start(): void {
    this.#rounds ??= this.#goRound();
  }

  /**
   * Judges a site's history now.
   * @param fromMs up to `SCAN_MS_MAX` before `toMs`
   * @throws NotFound, InvalidInput, StorageUnavailable, TooManyRequests while another scan is under way
   */
  async scan(siteId: string, fromMs: number, toMs: number): Promise<ScanReport> {
    if (fromMs >= toMs) throw new InvalidInput([{ path: "from", message: "must lie before to" }]);
    if (toMs - fromMs > SCAN_MS_MAX) {
      throw new InvalidInput([{ path: "from", message: `must lie within ${SCAN_MS_MAX / 86_400_000} days before to` }]);
    }
    if (this.#scan) throw new TooManyRequests("Another scan is under way: ask again when it is done.", SCAN_RETRY_S);
    this.#scan = this.#scanHistory(siteId, fromMs, Math.min(toMs, this.#parts.clock.nowMs()));
    try {
      return await this.#scan;
    } finally {
      this.#scan = null;
    }
  }

  /** Ends what is under way. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled([this.#rounds, this.#scan]);
  }

  async #scanHistory(siteId: string, fromMs: number, toMs: number): Promise<ScanReport> {
    const { signal } = this.#stop;
    const site = await this.#parts.sites.get(siteId);
    let report = { readings: 0, events: 0, newEvents: 0, isComplete: true, devices: site.devices.length };
    if (fromMs >= toMs) return report;
    for (const pass of passesOf(site)) {
      const readingsMax = SCAN_READINGS_MAX - report.readings;
      if (readingsMax <= 0) return { ...report, isComplete: false };
      const counts = await scanPass(pass, this.#parts, { fromMs, toMs, live: null, readingsMax, signal });
      report = {
        ...report,
        readings: report.readings + counts.readings,
        events: report.events + counts.events,
        newEvents: report.newEvents + counts.newEvents,
        isComplete: report.isComplete && counts.isComplete,
      };
    }
    return report;
  }

  async #goRound(): Promise<void> {
    const { clock, log } = this.#parts;
    const { signal } = this.#stop;
    try {
      for (let beganMs = clock.monotonicMs(); ; beganMs = clock.monotonicMs()) {
        await clock.sleepUntil(beganMs + ROUND_MS_MIN, signal);
        await this.#round();
      }
    } catch (error) {
      if (!signal.aborted) log.error({ err: error }, "readings are judged no more");
    }
  }

  async #round(): Promise<void> {
    const { sites } = this.#parts;
    for (const siteId of (await this.#persist(() => sites.ids())) ?? []) {
      const site = await this.#persist(() => sites.get(siteId));
      if (!site) continue;
      for (const [place, pass] of passesOf(site).entries()) {
        await this.#rested(() => this.#persist(() => this.#scanLive(`${siteId} ${place}`, pass)));
      }
    }
  }

  async #scanLive(key: string, pass: Pass): Promise<void> {
    const toMs = this.#parts.clock.nowMs();
    const windowMs = this.#windowsMs.get(key) ?? LIVE_WINDOW_MS;
    const { isComplete } = await scanPass(pass, this.#parts, {
      fromMs: toMs - windowMs,
      toMs,
      live: this.#live,
      readingsMax: LIVE_READINGS_MAX,
      signal: this.#stop.signal,
    });
    if (!isComplete) this.#windowsMs.set(key, Math.max(LIVE_WINDOW_MS_MIN, windowMs / 2));
  }

  async #rested(work: () => Promise<unknown>): Promise<void> {
    const { clock } = this.#parts;
    const beganMs = clock.monotonicMs();
    await work();
    const nowMs = clock.monotonicMs();
    const restMs = Math.max(REST_MS_MIN, REST_PER_WORK * (nowMs - beganMs));
    await clock.sleepUntil(nowMs + restMs, this.#stop.signal);
  }

  /** Waits while storage cannot be asked; what fails otherwise is logged and left out. Only the end of the watch is thrown. */
  async #persist<T>(work: () => Promise<T>): Promise<T | null> {
    const { clock, log } = this.#parts;
    const { signal } = this.#stop;
    for (;;) {
      signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof StorageUnavailable) {
          await clock.sleepUntil(clock.monotonicMs() + error.retryAfterS * 1_000, signal);
          continue;
        }
        // A site or device that was deleted meanwhile needs no judgement.
        if (!(error instanceof NotFound)) log.error({ err: error }, "readings could not be judged");
        return null;
      }
    }
  }
}
