import type { Chance } from "./chance.ts";
import type { SentBatch, SentReading } from "./ledger.ts";

const SERIES_AT_FIRST = 4;
const SERIES_MAX = 12;
const ROWS_MAX = 40;
const LARGE_ROWS_MAX = 2_000;
/** Acked batches that may still be corrected or repeated. */
const REMEMBERED_MAX = 50;
/** New readings come one after another from here on, late ones lie before it. */
const NEW_FROM_MS = Date.UTC(2024, 0, 1);
const LATE_DAYS_MAX = 700;
const DAY_MS = 86_400_000;

/** How often each kind of request comes. */
const KINDS = { fresh: 50, large: 1, correction: 16, late: 14, repetition: 8, twiceInOne: 5, newSeries: 3 } as const;
export type WorkloadKind = keyof typeof KINDS;

export interface WorkloadOptions {
  readonly chance: Chance;
  /** Names of its series begin with it; no other sender has the same. */
  readonly name: string;
  /** Of the sender's protocol, ms. */
  readonly timeStepMs: number;
  /** Readings of one batch. */
  readonly rowsMax?: number;
  /** Whether it begins new series now and then. */
  readonly growsSeries?: boolean;
}

/** Seeded readings of one sender: new ones, corrections, late ones, repetitions, over a growing number of series. */
export class Workload {
  readonly #chance: Chance;
  readonly #name: string;
  readonly #timeStepMs: number;
  readonly #rowsMax: number;
  readonly #growsSeries: boolean;
  #seriesCount = SERIES_AT_FIRST;
  #nextMs = NEW_FROM_MS;
  #values = 0;
  readonly #acked: SentBatch[] = [];

  constructor({ chance, name, timeStepMs, rowsMax = ROWS_MAX, growsSeries = true }: WorkloadOptions) {
    this.#chance = chance;
    this.#name = name;
    this.#timeStepMs = timeStepMs;
    this.#rowsMax = rowsMax;
    this.#growsSeries = growsSeries;
  }

  next(): SentBatch {
    const kind = this.#chance.weighted(KINDS);
    const known = this.#acked.length === 0 ? undefined : this.#chance.pick(this.#acked);
    switch (kind) {
      case "fresh":
        return this.#fresh(this.#chance.between(1, this.#rowsMax));
      case "large":
        return this.#fresh(this.#rowsMax === ROWS_MAX ? LARGE_ROWS_MAX : this.#rowsMax);
      case "newSeries":
        if (this.#growsSeries) this.#seriesCount = Math.min(SERIES_MAX, this.#seriesCount + 1);
        return this.#fresh(Math.min(this.#rowsMax, this.#seriesCount));
      case "late":
        return this.#late();
      case "correction":
        return this.#corrected(known ?? this.#fresh(1));
      case "repetition":
        return known ?? this.#fresh(1);
      case "twiceInOne": {
        const once = this.#fresh(Math.min(this.#rowsMax, 20));
        return this.#rowsMax === 1 ? once : [...once, ...this.#corrected(once)];
      }
    }
  }

  /** Tells that a batch was acked, so that it may be corrected or repeated. */
  remember(batch: SentBatch): void {
    this.#acked.push(batch);
    if (this.#acked.length > REMEMBERED_MAX) this.#acked.shift();
  }

  /** Rows of one time after the other, for each series; the last time may not have all of them. */
  #fresh(rows: number): SentReading[] {
    const first = this.#chance.between(0, this.#seriesCount - 1);
    return Array.from({ length: rows }, (_, row) => {
      const name = this.#seriesName((first + row) % this.#seriesCount);
      if (row % this.#seriesCount === 0) this.#nextMs += this.#timeStepMs;
      return { name, timeMs: this.#nextMs, value: this.#nextValue() };
    });
  }

  /** A run of readings somewhere in the past, where others may lie already. */
  #late(): SentReading[] {
    const name = this.#seriesName(this.#chance.between(0, this.#seriesCount - 1));
    const beginMs = NEW_FROM_MS - this.#chance.between(1, LATE_DAYS_MAX) * DAY_MS;
    return Array.from({ length: this.#chance.between(1, this.#rowsMax) }, (_, row) => ({
      name,
      timeMs: beginMs + row * this.#timeStepMs,
      value: this.#nextValue(),
    }));
  }

  #corrected(batch: SentBatch): SentReading[] {
    const kept = batch.filter(() => !this.#chance.onceIn(3));
    return (kept.length === 0 ? batch : kept).map((reading) => ({ ...reading, value: this.#nextValue() }));
  }

  #seriesName(index: number): string {
    return `${this.#name}-${index}`;
  }

  /** Never the same twice; of the shapes that a store may keep differently: whole, with decimals, negative, any double. */
  #nextValue(): number {
    const count = ++this.#values;
    switch (count % 8) {
      case 0:
        return -count;
      case 1:
        return count * Math.PI;
      case 2:
        return count + 0.5;
      case 3:
        return count * 1e-7;
      default:
        return Math.round(count * 773) / 100;
    }
  }
}
