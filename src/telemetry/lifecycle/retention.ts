import type { Clock } from "../../domain/clock.ts";
import { StorageUnavailable } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import { EngineRefused, EngineUnavailable, type ReadingEngine } from "../engine.ts";
import type { Journal } from "../journal/journal.ts";
import type { Keeping } from "../keeping.ts";
import type { Projector } from "../projector.ts";
import { dayOf } from "../rollups/days.ts";
import type { DirtyView } from "../rollups/planner.ts";
import type { RetentionClasses, RetentionPolicy, RetentionReport } from "../store.ts";
import { tracePoint } from "../trace.ts";
import type { Horizons } from "./horizons.ts";
import { journalPassed } from "./journal-passed.ts";
import { checkPolicy, cutOf } from "./retention-policy.ts";

/** What has become too old is looked for this often, ms. */
export const RETENTION_EVERY_MS = 6 * 3_600_000;
const RETRY_MS = 5_000;
const REFUSED_MS = 600_000;
/** The journal's setting that holds the policy, as JSON. */
const SETTING = "retention policy";

export interface RetentionParts {
  readonly journal: Journal;
  readonly engine: Pick<ReadingEngine, "upkeep">;
  readonly projector: Pick<Projector, "checkpoint">;
  readonly keeping: Pick<Keeping, "atRest">;
  readonly horizons: Horizons;
  readonly dirtyDays: DirtyView;
  readonly clock: Clock;
  readonly log: Log;
}

/** The policy that was set last. @throws StorageUnavailable */
export async function savedPolicy(journal: Pick<Journal, "setting">): Promise<RetentionPolicy> {
  const text = await journal.setting(SETTING);
  return text === null ? {} : (JSON.parse(text) as RetentionPolicy);
}

/**
 * Removes readings and rollups that are older than the policy keeps them. Of each class, in this order: older readings are refused; those that
 * are there are rolled up; from then on queries read rollups alone of that time; and only then the readings are removed. Each step is on stable
 * storage before the next, and the next run goes on where a crash came between.
 */
export class Retention {
  readonly #parts: RetentionParts;
  readonly #stopped = new AbortController();
  #policy: RetentionPolicy;
  #classes: RetentionClasses | null = null;
  #woken = new AbortController();
  #running: Promise<void> | null = null;

  constructor(parts: RetentionParts, policy: RetentionPolicy) {
    this.#parts = parts;
    this.#policy = policy;
  }

  /** Begins, once it is known which series are of which class. */
  start(classes: RetentionClasses): void {
    this.#classes = classes;
    this.#parts.horizons.classify(classes);
    this.#running ??= this.#run();
  }

  report(): RetentionReport {
    return { policy: this.#policy, horizons: this.#parts.horizons.all() };
  }

  /** Before when `days` would remove now, epoch ms. */
  cut(days: number): number {
    return cutOf(this.#parts.clock.nowMs(), days);
  }

  /** @throws InvalidInput, StorageUnavailable */
  async setPolicy(policy: RetentionPolicy): Promise<void> {
    checkPolicy(policy);
    await this.#parts.journal.setSetting(SETTING, JSON.stringify(policy));
    this.#policy = policy;
    this.#woken.abort();
  }

  /** Removes now what is too old. @throws EngineUnavailable, EngineRefused, StorageUnavailable */
  async run(): Promise<void> {
    const classes = this.#classes;
    if (!classes) return;
    for (const [name, days] of Object.entries(this.#policy)) {
      const nowMs = this.#parts.clock.nowMs();
      const { horizons } = this.#parts;
      const refusesBeforeMs = cutOf(nowMs, days.rawDays);
      if (refusesBeforeMs > horizons.ofClass(name).refusesBeforeMs) await horizons.advance(name, { refusesBeforeMs });
      const rollupsFromMs = cutOf(nowMs, days.rollupDays);
      if (rollupsFromMs > horizons.ofClass(name).rollupsFromMs) await horizons.advance(name, { rollupsFromMs });
    }
    for (const name of Object.keys(this.#parts.horizons.all())) await this.#carryOut(name, [...classes.seriesOf(name)]);
  }

  /** Idempotent. What is not done is done after the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#woken.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#parts;
    while (!this.#isStopped()) {
      this.#woken = new AbortController();
      let pauseMs = RETENTION_EVERY_MS;
      try {
        await this.run();
      } catch (error) {
        if (this.#isStopped()) return;
        pauseMs = error instanceof EngineUnavailable || error instanceof StorageUnavailable ? RETRY_MS : REFUSED_MS;
        if (error instanceof EngineRefused)
          log.warn({ err: error }, "The telemetry engine refuses to remove what is too old.");
        else if (pauseMs === REFUSED_MS) log.error({ err: error }, "what is too old could not be removed");
      }
      await clock.sleepUntil(clock.monotonicMs() + pauseMs, this.#woken.signal).catch(() => {});
    }
  }

  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  async #carryOut(name: string, series: readonly number[]): Promise<void> {
    const { engine, horizons } = this.#parts;
    tracePoint("retention.begin");
    if (horizons.ofClass(name).readingsFromMs < horizons.ofClass(name).refusesBeforeMs) await this.#letGo(name, series);
    // Also when nothing has moved: the readings that an earlier run did not come to.
    const { readingsFromMs, rollupsFromMs } = horizons.ofClass(name);
    await engine.upkeep.readsEnded();
    await engine.upkeep.removeBefore("readings", series, readingsFromMs);
    await engine.upkeep.removeBefore("rollups", series, rollupsFromMs);
    tracePoint("retention.done");
  }

  /** Rolls up what is no longer taken, and lets queries read nothing but rollups of it. */
  async #letGo(name: string, series: readonly number[]): Promise<void> {
    const { journal, engine, projector, keeping, horizons, clock } = this.#parts;
    const { signal } = this.#stopped;
    const { refusesBeforeMs } = horizons.ofClass(name);
    // What was taken before the refusal is in the journal now, and must not come again after its days are rolled up.
    await journal.settled();
    await journalPassed({ journal, projector, clock }, journal.lastSeq, signal);
    for (let isRolled = false; !isRolled; ) {
      await engine.upkeep.rollBefore(dayOf(refusesBeforeMs));
      if (!(await keeping.atRest(signal))) continue;
      isRolled = await engine.upkeep.betweenRollUps(async () => {
        if (this.#isDirty(series, refusesBeforeMs)) return false;
        await horizons.advance(name, { readingsFromMs: refusesBeforeMs });
        return true;
      });
      signal.throwIfAborted();
    }
  }

  #isDirty(series: readonly number[], beforeMs: number): boolean {
    const through = dayOf(beforeMs) - 1;
    return series.some((each) => {
      const days = this.#parts.dirtyDays.daysOf(each, 0, through);
      return days === "whole" || days.length > 0;
    });
  }
}
