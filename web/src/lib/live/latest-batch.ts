/** One reading as the stream sends it. */
export interface LiveReading {
  readonly metricId: string;
  /** Epoch ms, by the reading's own clock. */
  readonly timeMs: number;
  readonly value: number;
  readonly quality: "good" | "uncertain" | "bad";
}

/** Asks to be called once, soon: `requestAnimationFrame` in a browser. */
export type Schedule = (run: () => void) => void;

/** Most readings applied in one frame: a burst of a whole fleet is spread over several, so that none of them takes long. */
export const APPLIED_PER_FRAME_MAX = 100;

/**
 * Collects readings and applies them together, once per frame. Only the newest of each metric is kept, so that a page in a
 * hidden tab, whose frames stand still, holds no more than one reading per metric however long that lasts.
 */
export class LatestBatch {
  readonly #pending = new Map<string, LiveReading>();
  readonly #schedule: Schedule;
  readonly #apply: (readings: Iterable<LiveReading>) => void;
  #scheduled = false;
  #closed = false;

  constructor(schedule: Schedule, apply: (readings: Iterable<LiveReading>) => void) {
    this.#schedule = schedule;
    this.#apply = apply;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Drops what waits; nothing is applied any more, not even by a frame that was asked for before. */
  close(): void {
    this.#closed = true;
    this.#pending.clear();
  }

  push(reading: LiveReading): void {
    if (this.#closed) return;
    const waiting = this.#pending.get(reading.metricId);
    // A late reading never replaces a newer one.
    if (waiting && waiting.timeMs > reading.timeMs) return;
    this.#pending.set(reading.metricId, reading);
    this.#ask();
  }

  #ask(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#closed) return;
    const readings: LiveReading[] = [];
    for (const [metricId, reading] of this.#pending) {
      if (readings.length === APPLIED_PER_FRAME_MAX) break;
      readings.push(reading);
      this.#pending.delete(metricId);
    }
    if (this.#pending.size > 0) this.#ask();
    this.#apply(readings);
  }
}

/** Reads one event of the stream; null for anything that is not a whole reading. */
export function parseReading(data: string): LiveReading | null {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof event !== "object" || event === null) return null;
  const { metricId, time, value, quality } = event as Record<string, unknown>;
  if (typeof metricId !== "string" || typeof time !== "string" || typeof value !== "number") return null;
  const timeMs = Date.parse(time);
  if (!Number.isFinite(timeMs)) return null;
  return { metricId, timeMs, value, quality: quality === "uncertain" || quality === "bad" ? quality : "good" };
}
