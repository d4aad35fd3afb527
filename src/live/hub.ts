import type { Clock } from "../domain/clock.ts";

/** A reading as it goes out to whoever watches. */
export interface LiveReading {
  readonly metricId: string;
  readonly siteId: string;
  /** The reading's own time, epoch ms. */
  readonly timeMs: number;
  readonly value: number;
  readonly quality: number;
}

/** Whose a reading is: all that a watcher chooses by. */
export type LiveOwner = Pick<LiveReading, "metricId" | "siteId">;

/** What somebody watches; by it their readings are found without asking every watcher about every reading. */
export interface LiveInterest {
  readonly of: "everything" | { readonly siteId: string } | { readonly metricIds: ReadonlySet<string> };
  /** Asked about each of them again, when it comes; all are let through unless told. */
  readonly lets?: (owner: LiveOwner) => boolean;
}

/** Readings that came together, as columns; made into objects only when somebody watches. */
export interface LiveBatch {
  readonly length: number;
  /** Undefined for a reading that is nobody's any more; it is shown to nobody. */
  ownerOf(row: number): LiveOwner | undefined;
  timeMs(row: number): number;
  value(row: number): number;
  quality(row: number): number;
}

/** A reading with its place in the stream; places grow by one and begin anew with the process. */
export interface LiveEvent {
  readonly place: number;
  readonly reading: LiveReading;
}

/** Events kept for a reader that comes back; of a longer batch the last ones. */
export const REPLAY_EVENTS_MAX = 8_192;
/** Events that wait for a slow reader; past that it loses the oldest and is told how many. */
export const QUEUE_EVENTS_MAX = 2_048;

/** A batch, the place of its first row, and when it was published, epoch ms. */
interface PlacedBatch {
  readonly firstPlace: number;
  readonly atMs: number;
  readonly batch: LiveBatch;
}

/** Fans readings out to many watchers in this process. Never waits for one, and never grows because of one. */
export class LiveHub {
  #nextPlace = 1;
  /** The newest batches, as many as hold the events that are kept. */
  readonly #replay: PlacedBatch[] = [];
  readonly #replayEventsMax: number;
  readonly #watchers = new Set<Watcher>();
  readonly #ofEverything = new Set<Watcher>();
  readonly #ofSite = new Map<string, Set<Watcher>>();
  readonly #ofMetric = new Map<string, Set<Watcher>>();
  readonly #queueEventsMax: number;
  readonly #clock: Pick<Clock, "nowMs">;
  /** Of what was published up to then, epoch ms, not all is kept. */
  #forgottenMs: number;

  constructor(
    clock: Pick<Clock, "nowMs">,
    limits: { readonly replayEventsMax?: number; readonly queueEventsMax?: number } = {},
  ) {
    this.#clock = clock;
    // What an earlier process published is gone with it.
    this.#forgottenMs = clock.nowMs();
    this.#replayEventsMax = limits.replayEventsMax ?? REPLAY_EVENTS_MAX;
    this.#queueEventsMax = limits.queueEventsMax ?? QUEUE_EVENTS_MAX;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  publish(batch: LiveBatch): void {
    if (batch.length === 0) return;
    const placed = { firstPlace: this.#nextPlace, atMs: this.#clock.nowMs(), batch };
    this.#nextPlace += batch.length;
    this.#replay.push(placed);
    const oldestKept = this.#oldestKept();
    while (this.#replay[0] && endOf(this.#replay[0]) <= oldestKept) {
      this.#forgottenMs = Math.max(this.#forgottenMs, this.#replay.shift()?.atMs ?? 0);
    }
    if (this.#watchers.size === 0) return;
    const rows = new Map<Watcher, number[]>();
    for (let row = 0; row < batch.length; row++) {
      const owner = batch.ownerOf(row);
      if (!owner) continue;
      for (const watchers of [this.#ofMetric.get(owner.metricId), this.#ofSite.get(owner.siteId), this.#ofEverything]) {
        for (const watcher of watchers ?? []) {
          const own = rows.get(watcher);
          if (own) own.push(row);
          else rows.set(watcher, [row]);
        }
      }
    }
    for (const [watcher, own] of rows) watcher.offer(placed, own);
  }

  /** The place behind which lies what was published at `sinceMs` or later, epoch ms; a place that there is not where that is not all kept. */
  placeBefore(sinceMs: number): number {
    if (sinceMs <= this.#forgottenMs) return Number.MAX_SAFE_INTEGER;
    const first = this.#replay.find(({ atMs }) => atMs >= sinceMs);
    return (first?.firstPlace ?? this.#nextPlace) - 1;
  }

  /**
   * Watches what the interest is of. `wake` is called when there is something to `take`, once until it is taken.
   * @param afterPlace goes on after this event; null begins with the next one.
   */
  watch(interest: LiveInterest, wake: () => void, afterPlace: number | null = null): LiveWatch {
    const watcher = new Watcher(interest, wake, this.#queueEventsMax, () => this.#remove(watcher));
    this.#watchers.add(watcher);
    for (const watchers of this.#placesOf(interest)) watchers.add(watcher);
    if (afterPlace !== null) {
      // What is no longer kept, or is not of this process, cannot be made up for.
      const isLost = afterPlace >= this.#nextPlace || afterPlace + 1 < this.#oldestKept();
      watcher.missedBefore(isLost);
      if (!isLost) for (const placed of this.#replay) watcher.offer(placed, rowsAfter(placed, afterPlace, interest));
    }
    return watcher;
  }

  #remove(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher)) return;
    for (const watchers of this.#placesOf(watcher.interest)) watchers.delete(watcher);
    const { of } = watcher.interest;
    if (of === "everything") return;
    if ("siteId" in of) forgetEmpty(this.#ofSite, [of.siteId]);
    else forgetEmpty(this.#ofMetric, of.metricIds);
  }

  *#placesOf({ of }: LiveInterest): Generator<Set<Watcher>, void, undefined> {
    if (of === "everything") yield this.#ofEverything;
    else if ("siteId" in of) yield watchersAt(this.#ofSite, of.siteId);
    else for (const metricId of of.metricIds) yield watchersAt(this.#ofMetric, metricId);
  }

  #oldestKept(): number {
    return Math.max(1, this.#nextPlace - this.#replayEventsMax);
  }
}

function watchersAt(places: Map<string, Set<Watcher>>, id: string): Set<Watcher> {
  const watchers = places.get(id) ?? new Set();
  places.set(id, watchers);
  return watchers;
}

function forgetEmpty(places: Map<string, Set<Watcher>>, ids: Iterable<string>): void {
  for (const id of ids) if (places.get(id)?.size === 0) places.delete(id);
}

/** The rows of a batch that an interest is of and that come after a place. */
function rowsAfter({ firstPlace, batch }: PlacedBatch, place: number, { of }: LiveInterest): number[] {
  const rows: number[] = [];
  for (let row = Math.max(0, place + 1 - firstPlace); row < batch.length; row++) {
    const owner = batch.ownerOf(row);
    if (!owner) continue;
    if (of === "everything" || ("siteId" in of ? of.siteId === owner.siteId : of.metricIds.has(owner.metricId)))
      rows.push(row);
  }
  return rows;
}

function endOf({ firstPlace, batch }: PlacedBatch): number {
  return firstPlace + batch.length;
}

/** What a watcher holds. */
export interface LiveWatch {
  /** All that waits, oldest first; empties the queue. */
  take(): LiveTaken;
  /** Idempotent. */
  close(): void;
}

export interface LiveTaken {
  readonly events: readonly LiveEvent[];
  /** Events lost since the last take because the reader was too slow. */
  readonly dropped: number;
  /** True once when the reader came back too late for what it missed to be still there: it should read the present state anew. */
  readonly startAnew: boolean;
}

class Watcher implements LiveWatch {
  #queue: LiveEvent[] = [];
  #dropped = 0;
  #startAnew = false;
  readonly interest: LiveInterest;
  readonly #wake: () => void;
  readonly #queueEventsMax: number;
  readonly #leave: () => void;

  constructor(interest: LiveInterest, wake: () => void, queueEventsMax: number, leave: () => void) {
    this.interest = interest;
    this.#wake = wake;
    this.#queueEventsMax = queueEventsMax;
    this.#leave = leave;
  }

  missedBefore(isLost: boolean): void {
    if (!isLost) return;
    this.#startAnew = true;
    this.#wake();
  }

  /** Queues these rows of a batch, ascending. Of more than the queue holds only the last become objects. */
  offer(placed: PlacedBatch, rows: readonly number[]): void {
    const wanted: LiveEvent[] = [];
    let lost = 0;
    for (const row of rows.toReversed()) {
      const owner = placed.batch.ownerOf(row);
      if (!owner || this.interest.lets?.(owner) === false) continue;
      if (wanted.length === this.#queueEventsMax) lost++;
      else wanted.push(eventOf(placed, row, owner));
    }
    if (wanted.length === 0) return;
    const wasEmpty = this.#queue.length === 0;
    const excess = Math.max(0, this.#queue.length + wanted.length - this.#queueEventsMax);
    this.#queue.splice(0, excess);
    this.#queue.push(...wanted.reverse());
    this.#dropped += excess + lost;
    if (wasEmpty) this.#wake();
  }

  take(): LiveTaken {
    const taken = { events: this.#queue, dropped: this.#dropped, startAnew: this.#startAnew };
    this.#queue = [];
    this.#dropped = 0;
    this.#startAnew = false;
    return taken;
  }

  close(): void {
    this.#queue = [];
    this.#leave();
  }
}

function eventOf({ firstPlace, batch }: PlacedBatch, row: number, { metricId, siteId }: LiveOwner): LiveEvent {
  return {
    place: firstPlace + row,
    reading: { metricId, siteId, timeMs: batch.timeMs(row), value: batch.value(row), quality: batch.quality(row) },
  };
}
