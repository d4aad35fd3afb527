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

/** A batch, and the place of its first row. */
interface PlacedBatch {
  readonly firstPlace: number;
  readonly batch: LiveBatch;
}

/** Fans readings out to many watchers in this process. Never waits for one, and never grows because of one. */
export class LiveHub {
  #nextPlace = 1;
  /** The newest batches, as many as hold the events that are kept. */
  readonly #replay: PlacedBatch[] = [];
  readonly #replayEventsMax: number;
  readonly #watchers = new Set<Watcher>();
  readonly #queueEventsMax: number;

  constructor(limits: { readonly replayEventsMax?: number; readonly queueEventsMax?: number } = {}) {
    this.#replayEventsMax = limits.replayEventsMax ?? REPLAY_EVENTS_MAX;
    this.#queueEventsMax = limits.queueEventsMax ?? QUEUE_EVENTS_MAX;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  publish(batch: LiveBatch): void {
    if (batch.length === 0) return;
    const placed = { firstPlace: this.#nextPlace, batch };
    this.#nextPlace += batch.length;
    this.#replay.push(placed);
    const oldestKept = this.#oldestKept();
    while (this.#replay[0] && endOf(this.#replay[0]) <= oldestKept) this.#replay.shift();
    for (const watcher of this.#watchers) watcher.offer([placed], 0);
  }

  /**
   * Watches what `wants` lets through. `wake` is called when there is something to `take`, once until it is taken.
   * @param afterPlace goes on after this event; null begins with the next one.
   */
  watch(wants: (owner: LiveOwner) => boolean, wake: () => void, afterPlace: number | null = null): LiveWatch {
    const watcher = new Watcher(wants, wake, this.#queueEventsMax, () => this.#watchers.delete(watcher));
    this.#watchers.add(watcher);
    if (afterPlace !== null) {
      // What is no longer kept, or is not of this process, cannot be made up for.
      const isLost = afterPlace >= this.#nextPlace || afterPlace + 1 < this.#oldestKept();
      watcher.missedBefore(isLost);
      if (!isLost) watcher.offer(this.#replay, afterPlace + 1);
    }
    return watcher;
  }

  #oldestKept(): number {
    return Math.max(1, this.#nextPlace - this.#replayEventsMax);
  }
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
  readonly #wants: (owner: LiveOwner) => boolean;
  readonly #wake: () => void;
  readonly #queueEventsMax: number;
  readonly #leave: () => void;

  constructor(wants: (owner: LiveOwner) => boolean, wake: () => void, queueEventsMax: number, leave: () => void) {
    this.#wants = wants;
    this.#wake = wake;
    this.#queueEventsMax = queueEventsMax;
    this.#leave = leave;
  }

  missedBefore(isLost: boolean): void {
    if (!isLost) return;
    this.#startAnew = true;
    this.#wake();
  }

  /** Queues what is wanted from a place on. Of more than the queue holds only the last become objects. */
  offer(batches: readonly PlacedBatch[], fromPlace: number): void {
    const wanted: LiveEvent[] = [];
    let lost = 0;
    for (const placed of batches.toReversed()) {
      for (let row = placed.batch.length - 1; row >= 0 && placed.firstPlace + row >= fromPlace; row--) {
        const owner = placed.batch.ownerOf(row);
        if (!owner || !this.#wants(owner)) continue;
        if (wanted.length === this.#queueEventsMax) lost++;
        else wanted.push(eventOf(placed, row, owner));
      }
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
