import type { BackfillJobs } from "../../catalogue/backfill-jobs.ts";
import type { BackfillJob } from "../../domain/backfill.ts";
import type { Clock } from "../../domain/clock.ts";
import { Conflict, NotFound } from "../../domain/errors.ts";
import type { HistoryWindow } from "../../vendors/vendor.ts";
import { JobWalk } from "./job-walk.ts";
import type { PastCoverage } from "./past-coverage.ts";
import type { WindowOutcome, WindowSource } from "./window-source.ts";

/** How often a job that waits for what failed is looked at again, and its state is read anew. */
export const JOBS_LOOK_EVERY_MS = 60_000;
/** How often what a job has brought is written; a crash forgets as much of the counts, and nothing else. */
export const PROGRESS_EVERY_MS = 1_000;
/** Failures in a row of each device that is left, after which a job is given up: more than a day of patience. */
export const JOB_FAILURES_MAX = 12;

export interface JobSourceParts {
  readonly connectionId: string;
  readonly past: PastCoverage;
  /** Ids of the connection's devices. */
  readonly deviceIds: readonly string[];
  readonly jobs: Pick<BackfillJobs, "running" | "add" | "become" | "explain">;
  readonly clock: Clock;
}

/** The windows of the imports that run, of the oldest import first. */
export class JobSource implements WindowSource {
  readonly lane = "history";
  readonly #parts: JobSourceParts;
  readonly #walks = new Map<string, JobWalk>();
  readonly #walkOf = new Map<HistoryWindow, JobWalk>();
  #lookAtMs = Number.NEGATIVE_INFINITY;
  #writeAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: JobSourceParts) {
    this.#parts = parts;
  }

  get againAtMs(): number {
    const hasMore = [...this.#walks.values()].some((walk) => walk.hasMore);
    return hasMore ? Number.NEGATIVE_INFINITY : this.#lookAtMs;
  }

  /** A person has made or changed a job. */
  lookAnew(): void {
    this.#lookAtMs = Number.NEGATIVE_INFINITY;
  }

  async next(): Promise<HistoryWindow | null> {
    if (this.#lookAtMs <= this.#parts.clock.monotonicMs()) await this.#look();
    for (const walk of this.#walks.values()) {
      const window = await walk.next();
      if (window) {
        this.#walkOf.set(window, walk);
        return window;
      }
      if (walk.isOver) await this.#end(walk);
    }
    return null;
  }

  giveBack(window: HistoryWindow): void {
    const walk = this.#walkOf.get(window);
    this.#walkOf.delete(window);
    if (walk && this.#walks.get(walk.job.id) === walk) walk.giveBack(window);
    else this.#parts.past.release(window);
  }

  async asked(window: HistoryWindow, outcome: WindowOutcome): Promise<void> {
    const walk = this.#walkOf.get(window);
    this.#walkOf.delete(window);
    if (!walk) return;
    walk.asked(window, outcome);
    if (!outcome.failed) await this.#explain(walk, null);
    // Of one that was paused or cancelled meanwhile there is nobody to write later.
    if (this.#walks.get(walk.job.id) !== walk) await this.#write(walk);
    if (this.#writeAtMs <= this.#parts.clock.monotonicMs()) await this.writeProgress();
  }

  /** Writes what the jobs have brought. @throws StorageUnavailable; what could not be written is kept */
  async writeProgress(): Promise<void> {
    this.#writeAtMs = this.#parts.clock.monotonicMs() + PROGRESS_EVERY_MS;
    for (const walk of this.#walks.values()) await this.#write(walk);
  }

  /** Says of every import why it does not go on. */
  async explainAll(message: string): Promise<void> {
    for (const walk of this.#walks.values()) await this.#explain(walk, message);
  }

  /** Learns which jobs run. What was found to be asked for of the others is anybody's again. */
  async #look(): Promise<void> {
    const { clock, connectionId, deviceIds, jobs, past } = this.#parts;
    // Before it is read: a job that is made meanwhile asks for another look, which must not be forgotten.
    this.#lookAtMs = clock.monotonicMs() + JOBS_LOOK_EVERY_MS;
    const jobsRunning = await jobs.running(connectionId).catch((error: unknown) => {
      this.lookAnew();
      throw error;
    });
    const running = new Map(jobsRunning.map((job) => [job.id, job]));
    for (const [id, walk] of this.#walks) {
      if (running.has(id)) continue;
      walk.drop();
      await this.#write(walk);
      this.#walks.delete(id);
    }
    for (const job of running.values()) {
      const walk = this.#walks.get(job.id);
      if (walk) walk.beginAgain();
      else this.#walks.set(job.id, new JobWalk({ job, past, deviceIds: devicesOf(job, deviceIds) }));
    }
  }

  async #end(walk: JobWalk): Promise<void> {
    const { jobs } = this.#parts;
    const left = walk.failuresLeft;
    const isGivenUp = left.length > 0 && left.every((failures) => failures >= JOB_FAILURES_MAX);
    if (left.length > 0 && !isGivenUp) {
      await this.#explain(walk, `Waits to ask again for ${counted(left.length)}.`);
      return;
    }
    await this.#write(walk);
    const message = isGivenUp
      ? `The vendor did not answer for ${counted(left.length)}, however often it was asked.`
      : null;
    try {
      await jobs.become(walk.job.id, isGivenUp ? "failed" : "done", null, message);
    } catch (error) {
      // It was cancelled or paused a moment ago, or is gone with its connection.
      if (!(error instanceof NotFound) && !(error instanceof Conflict)) throw error;
    }
    this.#walks.delete(walk.job.id);
  }

  async #explain(walk: JobWalk, message: string | null): Promise<void> {
    if (walk.message === message) return;
    await this.#parts.jobs.explain(walk.job.id, message);
    walk.message = message;
  }

  async #write(walk: JobWalk): Promise<void> {
    const brought = walk.takeBrought();
    if (brought.requests === 0) return;
    try {
      await this.#parts.jobs.add(walk.job.id, brought);
    } catch (error) {
      walk.keepBrought(brought);
      throw error;
    }
  }
}

function devicesOf({ deviceIds }: BackfillJob, all: readonly string[]): readonly string[] {
  if (deviceIds === null) return all;
  const wanted = new Set(deviceIds);
  return all.filter((id) => wanted.has(id));
}

function counted(devices: number): string {
  return devices === 1 ? "1 device" : `${devices} devices`;
}
