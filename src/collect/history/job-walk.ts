import type { BackfillJob } from "../../domain/backfill.ts";
import type { Interval } from "../../domain/intervals.ts";
import type { HistoryWindow } from "../../vendors/vendor.ts";
import type { PastCoverage } from "./past-coverage.ts";
import type { WindowOutcome } from "./window-source.ts";
import { chapterStartMs, windowsOf } from "./windows.ts";

export interface JobWalkParts {
  readonly job: BackfillJob;
  readonly past: PastCoverage;
  readonly deviceIds: readonly string[];
}

type Brought = Pick<BackfillJob, "requests" | "readings">;

/**
 * The way of one import through its range, newest first. It is over when all of it was looked at and nothing is under way; what failed, or
 * was asked for by somebody else, is left for another walk.
 */
export class JobWalk {
  readonly job: BackfillJob;
  /** What people were told last of why it waits. */
  message: string | null;
  readonly #parts: JobWalkParts;
  #queue: HistoryWindow[] = [];
  #underWay = 0;
  /** Where the chapter ends that comes next; the range's start when there is none. */
  #chapterToMs: number;
  /** Devices that lack something after this walk, by the vendor's id. */
  #left = new Set<string>();
  #brought: Brought = { requests: 0, readings: 0 };

  constructor(parts: JobWalkParts) {
    this.#parts = parts;
    this.job = parts.job;
    this.message = parts.job.message;
    this.#chapterToMs = parts.job.toMs;
  }

  /** Whether there may be windows that nobody has been given yet. */
  get hasMore(): boolean {
    return this.#queue.length > 0 || this.#chapterToMs > this.job.fromMs;
  }

  get isOver(): boolean {
    return !this.hasMore && this.#underWay === 0;
  }

  /** Of each device that lacks something after this walk: failures in a row. */
  get failuresLeft(): number[] {
    return [...this.#left].map((serial) => this.#parts.past.failures(serial));
  }

  /** The next window, claimed; null when none is left, or none but those under way. */
  async next(): Promise<HistoryWindow | null> {
    const { past } = this.#parts;
    while (this.#queue.length === 0 && this.#chapterToMs > this.job.fromMs) {
      const toMs = this.#chapterToMs;
      const chapter = { fromMs: Math.max(this.job.fromMs, chapterStartMs(toMs, past.history)), toMs };
      const windows = await this.#windowsOf(chapter);
      for (const window of windows) past.claim(window);
      this.#queue = windows;
      this.#chapterToMs = chapter.fromMs;
    }
    const window = this.#queue.shift() ?? null;
    if (window) this.#underWay++;
    return window;
  }

  giveBack(window: HistoryWindow): void {
    this.#underWay--;
    this.#queue.unshift(window);
  }

  asked({ devices }: HistoryWindow, { readings, failed }: WindowOutcome): void {
    this.#underWay--;
    const { requestsPerWindow } = this.#parts.past.history;
    this.keepBrought({ requests: requestsPerWindow, readings });
    if (failed) for (const serial of devices) this.#left.add(serial);
  }

  /** Walks anew, if the last walk is over. */
  beginAgain(): void {
    if (!this.isOver) return;
    this.#chapterToMs = this.job.toMs;
    this.#left = new Set();
  }

  /** Lets go of what is not under way. */
  drop(): void {
    for (const window of this.#queue) this.#parts.past.release(window);
    this.#queue = [];
    this.#chapterToMs = this.job.fromMs;
  }

  takeBrought(): Brought {
    const brought = this.#brought;
    this.#brought = { requests: 0, readings: 0 };
    return brought;
  }

  keepBrought({ requests, readings }: Brought): void {
    this.#brought = { requests: this.#brought.requests + requests, readings: this.#brought.readings + readings };
  }

  async #windowsOf(chapter: Interval): Promise<HistoryWindow[]> {
    const { past, deviceIds } = this.#parts;
    const devices = past.devices(deviceIds);
    const opens = await past.open(
      devices.map((device) => ({ device, range: chapter })),
      ({ serial }, run) => {
        // What was refused, or failed, before a person asked for it is asked for once more, and at once.
        const isAskedAnew = run.askedAtMs < this.job.createdAtMs;
        if (run.outcome === "refused") return isAskedAnew;
        if (run.outcome !== "failed") return false;
        const isDue = isAskedAnew || past.failedIsDue(serial, run);
        if (!isDue) this.#left.add(serial);
        return isDue;
      },
    );
    for (const { serial } of devices) if (past.isClaimed(serial, chapter)) this.#left.add(serial);
    return windowsOf(opens, past.history);
  }
}
