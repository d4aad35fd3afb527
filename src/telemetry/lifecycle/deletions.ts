import type { Clock } from "../../domain/clock.ts";
import { InvalidInput, StorageUnavailable } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import { EngineRefused, EngineUnavailable, type ReadingEngine } from "../engine.ts";
import type { Journal } from "../journal/journal.ts";
import type { Deletion } from "../journal/messages.ts";
import type { Keeping } from "../keeping.ts";
import type { LatestReadings } from "../latest.ts";
import type { Projector } from "../projector.ts";
import { DAY_MS, NO_DAYS } from "../rollups/days.ts";
import type { DirtyDays } from "../rollups/dirty-days.ts";
import { DELETION_SERIES_MAX, DELETIONS_PENDING_MAX, type DeletionRequest } from "../store.ts";
import { tracePoint } from "../trace.ts";
import { daysOf, deletedBy } from "./deleted.ts";
import { journalPassed } from "./journal-passed.ts";

/** How long a deletion waits to find out what is the newest reading now, ms; it is found out in the background else. */
const LOOK_UP_WAIT_MS = 5_000;
const LOOK_UP_SERIES_MAX = 500;
/** Newest readings are looked for in so many days first. */
const RECENT_DAYS = 32;
const RETRY_MS = 1_000;
const REFUSED_MS = 60_000;
const RETRY_AFTER_S = 10;

export interface DeletionsParts {
  readonly journal: Journal;
  readonly engine: Pick<ReadingEngine, "readNewest" | "upkeep">;
  readonly projector: Pick<Projector, "flush" | "checkpoint">;
  readonly keeping: Pick<Keeping, "ledger" | "atRest">;
  readonly latest: LatestReadings;
  readonly dirtyDays: DirtyDays;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Deletions, from the moment they are on stable storage until nothing of what they remove is on the disk. They are in the journal meanwhile, and
 * every step may be taken again: a crash at any point costs no more than that.
 */
export class Deletions {
  readonly #parts: DeletionsParts;
  readonly #stopped = new AbortController();
  /** Series whose newest reading was deleted: what is the newest now is not known. With a number that tells one deletion from the next. */
  readonly #unknown = new Map<number, number>();
  #unknownMark = 0;
  #adding = 0;
  #news = Promise.withResolvers<void>();
  #lookedUp: Promise<unknown> = Promise.resolve();
  #running: Promise<void> | null = null;

  /** Takes up the deletions that the journal holds; `latest` must have forgotten already what they remove. */
  constructor(parts: DeletionsParts) {
    this.#parts = parts;
    for (const deletion of parts.journal.listDeletions()) {
      // Rolled up or not: a crash may have come between.
      parts.dirtyDays.mark(daysOf(deletion));
      for (const each of deletion.series) this.#unknown.set(each, ++this.#unknownMark);
    }
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** As `TelemetryStore.deleteReadings`. */
  async delete({ series, fromMs, toMs }: DeletionRequest): Promise<void> {
    const distinct = Uint32Array.from(new Set(series));
    if (distinct.length > DELETION_SERIES_MAX) {
      throw new InvalidInput([{ path: "series", message: `must be at most ${DELETION_SERIES_MAX}` }]);
    }
    if (this.#parts.journal.listDeletions().length + this.#adding >= DELETIONS_PENDING_MAX) {
      throw new StorageUnavailable("Too many deletions wait to be carried out.", RETRY_AFTER_S);
    }
    this.#adding++;
    try {
      await this.#parts.journal.addDeletion({ series: distinct, fromMs, toMs });
    } finally {
      this.#adding--;
    }
    await this.latestKnown();
  }

  /** A deletion is on stable storage. To be called before anybody can read past it. */
  added(deletion: Deletion): void {
    const { latest, dirtyDays } = this.#parts;
    dirtyDays.mark(daysOf(deletion));
    for (const each of latest.drop(deletion)) this.#unknown.set(each, ++this.#unknownMark);
    this.#news.resolve();
  }

  /** Resolves once the newest reading of every series is known again, or after a while: then it is found out in the background. */
  async latestKnown(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#unknown.size > 0) await this.#lookUp(clock.monotonicMs() + LOOK_UP_WAIT_MS).catch(() => {});
  }

  /** Idempotent. What is not done is taken up after the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#news.resolve();
    await this.#running;
    await this.#lookedUp.catch(() => {});
  }

  async #run(): Promise<void> {
    const { clock, journal, log } = this.#parts;
    while (!this.#isStopped()) {
      this.#news = Promise.withResolvers();
      const [next] = journal.listDeletions();
      if (!next && this.#unknown.size === 0) {
        await this.#news.promise;
        continue;
      }
      try {
        await this.#lookUp(clock.monotonicMs() + LOOK_UP_WAIT_MS);
        if (next) await this.#carryOut(next);
      } catch (error) {
        if (this.#isStopped()) return;
        const passes = error instanceof EngineUnavailable || error instanceof StorageUnavailable;
        if (error instanceof EngineRefused) {
          log.warn({ err: error }, "The telemetry engine refuses to remove deleted readings; they stay hidden.");
        } else if (!passes) log.error({ err: error }, "deleted readings could not be removed");
        await this.#rest(passes ? RETRY_MS : REFUSED_MS);
      }
    }
  }

  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  async #carryOut(deletion: Deletion): Promise<void> {
    const { journal, engine, projector, keeping, dirtyDays, clock } = this.#parts;
    const { signal } = this.#stopped;
    tracePoint("delete.begin");
    // A batch that is still there would bring its readings back after a crash.
    await journalPassed({ journal, projector, clock }, deletion.seq, signal);
    await engine.upkeep.removeDeleted(deletion, async () => {
      const days = daysOf(deletion);
      dirtyDays.mark(days);
      await keeping.ledger.saveDays(days);
    });
    if (!(await keeping.atRest(signal))) return;
    if (await journal.removeDeletion(deletion.seq)) tracePoint("delete.done");
  }

  #lookUp(untilMs: number): Promise<void> {
    const looked = this.#lookedUp.catch(() => {}).then(() => this.#lookUpAll(untilMs));
    this.#lookedUp = looked;
    return looked;
  }

  async #lookUpAll(untilMs: number): Promise<void> {
    const { journal, engine, projector, latest, clock } = this.#parts;
    const unknown = [...this.#unknown];
    for (let at = 0; at < unknown.length && !this.#stopped.signal.aborted; at += LOOK_UP_SERIES_MAX) {
      const some = unknown.slice(at, at + LOOK_UP_SERIES_MAX);
      const series = some.map(([each]) => each);
      await projector.flush(
        series.reduce((newest, each) => Math.max(newest, latest.lastSeq(each)), 0),
        untilMs,
      );
      let left: readonly number[] = series;
      for (const fromMs of [Math.max(0, clock.nowMs() - RECENT_DAYS * DAY_MS), 0]) {
        if (left.length === 0) break;
        const newest = await engine.readNewest(left, Math.floor(fromMs));
        latest.offer(newest, deletedBy(journal.listDeletions()));
        const found = new Set(newest.series);
        left = left.filter((each) => !found.has(each));
      }
      // Before the deletion may leave the journal: after it nothing tells that what is saved there was deleted.
      await journal.checkpoint({ latest: latest.rowsOf(series), dirtyDays: NO_DAYS, throughSeq: 0 });
      for (const [each, mark] of some) if (this.#unknown.get(each) === mark) this.#unknown.delete(each);
    }
  }

  async #rest(ms: number): Promise<void> {
    const { clock } = this.#parts;
    await clock.sleepUntil(clock.monotonicMs() + ms, this.#stopped.signal).catch(() => {});
  }
}
