/** A reading as it goes out to whoever watches. */
export interface LiveReading {
  readonly metricId: string;
  readonly siteId: string;
  /** The reading's own time, epoch ms. */
  readonly timeMs: number;
  readonly value: number;
  readonly quality: number;
}

/** A reading with its place in the stream; places grow by one and begin anew with the process. */
export interface LiveEvent {
  readonly place: number;
  readonly reading: LiveReading;
}

/** Events kept for a reader that comes back. */
export const REPLAY_EVENTS_MAX = 8_192;
/** Events that wait for a slow reader; past that it loses the oldest and is told how many. */
export const QUEUE_EVENTS_MAX = 2_048;

/** Fans readings out to many watchers in this process. Never waits for one, and never grows because of one. */
export class LiveHub {
  #nextPlace = 1;
  /** A ring: the event with place p lies at p modulo its size. */
  readonly #replay: (LiveEvent | undefined)[];
  readonly #watchers = new Set<Watcher>();
  readonly #queueEventsMax: number;

  constructor(limits: { readonly replayEventsMax?: number; readonly queueEventsMax?: number } = {}) {
    this.#replay = new Array<LiveEvent | undefined>(limits.replayEventsMax ?? REPLAY_EVENTS_MAX).fill(undefined);
    this.#queueEventsMax = limits.queueEventsMax ?? QUEUE_EVENTS_MAX;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  publish(readings: Iterable<LiveReading>): void {
    const events: LiveEvent[] = [];
    for (const reading of readings) {
      const event = { place: this.#nextPlace++, reading };
      this.#replay[event.place % this.#replay.length] = event;
      events.push(event);
    }
    for (const watcher of this.#watchers) watcher.offer(events);
  }

  /**
   * Watches what `wants` lets through. `wake` is called when there is something to `take`, once until it is taken.
   * @param afterPlace goes on after this event; null begins with the next one.
   */
  watch(wants: (reading: LiveReading) => boolean, wake: () => void, afterPlace: number | null = null): LiveWatch {
    const watcher = new Watcher(wants, wake, this.#queueEventsMax, () => this.#watchers.delete(watcher));
    this.#watchers.add(watcher);
    if (afterPlace !== null) {
      const missed = this.#after(afterPlace);
      watcher.missedBefore(missed === null);
      watcher.offer(missed ?? []);
    }
    return watcher;
  }

  /** Events after a place; null when they are no longer kept, or the place is not of this process. */
  #after(place: number): LiveEvent[] | null {
    const oldestKept = Math.max(1, this.#nextPlace - this.#replay.length);
    if (place >= this.#nextPlace || place + 1 < oldestKept) return null;
    const events: LiveEvent[] = [];
    for (let wanted = place + 1; wanted < this.#nextPlace; wanted++) {
      const event = this.#replay[wanted % this.#replay.length];
      if (event) events.push(event);
    }
    return events;
  }
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
  readonly #wants: (reading: LiveReading) => boolean;
  readonly #wake: () => void;
  readonly #queueEventsMax: number;
  readonly #leave: () => void;

  constructor(wants: (reading: LiveReading) => boolean, wake: () => void, queueEventsMax: number, leave: () => void) {
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

  offer(events: readonly LiveEvent[]): void {
    const wasEmpty = this.#queue.length === 0;
    for (const event of events) if (this.#wants(event.reading)) this.#queue.push(event);
    const excess = this.#queue.length - this.#queueEventsMax;
    if (excess > 0) {
      this.#queue.splice(0, excess);
      this.#dropped += excess;
    }
    if (wasEmpty && this.#queue.length > 0) this.#wake();
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
