import { FaultList, PlaceHash } from "./verdict.ts";

/** A reading as a sender knows it: its place in the store is (name, time). */
export interface SentReading {
  readonly name: string;
  /** Epoch ms. */
  readonly timeMs: number;
  readonly value: number;
}

/** What one request or message carries; the last row of a place wins. */
export type SentBatch = readonly SentReading[];

export interface Comparison {
  /** How many readings the store holds. */
  readonly readings: number;
  /** Of the places that leave no choice. */
  readonly hash: string;
  readonly faults: FaultList;
}

interface Entry {
  /** The value acked last; null when none was. */
  acked: number | null;
  /** Values sent after it, once per attempt, of which nobody knows whether they were stored. */
  open: number[];
}

/** What the senders know: what must be in the store, and what may be. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  /** Batches of which an attempt has no answer, with the attempts. */
  readonly #open = new Map<SentBatch, number>();
  #acked = 0;
  #refused = 0;
  #unanswered = 0;

  /** Readings acked, corrections and repetitions included. */
  get acked(): number {
    return this.#acked;
  }

  /** Readings of attempts that were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** Readings of attempts to which no answer came. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Before the first byte leaves: from now on the batch may be stored. */
  sending(batch: SentBatch): void {
    for (const [place, value] of placesOf(batch)) {
      const entry = this.#entries.get(place);
      if (entry) entry.open.push(value);
      else this.#entries.set(place, { acked: null, open: [value] });
    }
    this.#open.set(batch, (this.#open.get(batch) ?? 0) + 1);
  }

  /** From now on the batch must be stored, whatever became of earlier attempts. */
  answeredAcked(batch: SentBatch): void {
    for (const [place, value] of placesOf(batch)) this.#entries.set(place, { acked: value, open: [] });
    this.#open.delete(batch);
    this.#acked += batch.length;
  }

  /** This attempt was not stored: the server said so. */
  answeredRefused(batch: SentBatch): void {
    for (const [place, value] of placesOf(batch)) {
      const entry = this.#entries.get(place);
      const attempt = entry?.open.lastIndexOf(value) ?? -1;
      if (!entry || attempt < 0) continue;
      entry.open.splice(attempt, 1);
      if (entry.acked === null && entry.open.length === 0) this.#entries.delete(place);
    }
    const attempts = (this.#open.get(batch) ?? 1) - 1;
    if (attempts === 0) this.#open.delete(batch);
    else this.#open.set(batch, attempts);
    this.#refused += batch.length;
  }

  /** No answer came to this attempt: stored or not, both are right. */
  unansweredFor(batch: SentBatch): void {
    this.#unanswered += batch.length;
  }

  /** The value that a read begun now must show; null when none or several will do. */
  certain(name: string, timeMs: number): number | null {
    const entry = this.#entries.get(placeOf(name, timeMs));
    return entry?.open.length === 0 ? entry.acked : null;
  }

  /**
   * Compares what a store holds with what was sent, while nobody sends: the places that leave no choice by a hash that does not depend on
   * their order, and place by place when that differs; the others one by one.
   */
  compare(held: readonly SentReading[]): Comparison {
    const faults = new FaultList();
    const expected = new PlaceHash();
    for (const [place, { acked, open }] of this.#entries) {
      if (acked !== null && open.length === 0) expected.add(place, acked);
    }
    const found = new PlaceHash();
    const openHeld = new Map<string, number>();
    for (const { name, timeMs, value } of held) {
      const place = placeOf(name, timeMs);
      const entry = this.#entries.get(place);
      if (!entry || entry.open.length === 0) {
        found.add(place, value);
        continue;
      }
      if (openHeld.has(place)) faults.add("doubled", place);
      if (value !== entry.acked && !entry.open.includes(value)) faults.add("wrong", wrongValue(place, value, entry));
      openHeld.set(place, value);
    }
    this.#checkOpen(openHeld, faults);
    if (!found.equals(expected)) {
      this.#explain(held, faults);
      if (faults.isEmpty) throw new RangeError("the hashes differ and the places do not: the laboratory is broken");
    }
    return { readings: held.length, hash: found.text, faults };
  }

  /**
   * Takes what a store holds as stored, for every attempt without an answer: the server that had taken them is dead, so nothing more will
   * come of them.
   */
  settle(held: readonly SentReading[]): void {
    const values = new Map<string, number>();
    for (const { name, timeMs, value } of held) values.set(placeOf(name, timeMs), value);
    for (const batch of this.#open.keys()) {
      for (const [place] of placesOf(batch)) {
        const value = values.get(place);
        if (value === undefined) this.#entries.delete(place);
        else this.#entries.set(place, { acked: value, open: [] });
      }
    }
    this.#open.clear();
  }

  /** What was acked may not go missing by a later attempt, and an unanswered batch is there as a whole or not at all. */
  #checkOpen(held: ReadonlyMap<string, number>, faults: FaultList): void {
    for (const batch of this.#open.keys()) {
      let stored = 0;
      let missing = 0;
      for (const [place, value] of placesOf(batch)) {
        const entry = this.#entries.get(place);
        if (!entry || entry.open.length === 0) continue;
        if (entry.acked !== null && !held.has(place)) faults.add("lost", place);
        // Where another batch is open too, or brought the same value before, nothing can be told.
        if (entry.acked === value || entry.open.some((other) => other !== value)) continue;
        if (held.get(place) === value) stored++;
        else missing++;
      }
      if (stored > 0 && missing > 0)
        faults.add("torn", `of a batch, ${stored} readings are stored and ${missing} are not`);
    }
  }

  #explain(held: readonly SentReading[], faults: FaultList): void {
    const seen = new Set<string>();
    for (const { name, timeMs, value } of held) {
      const place = placeOf(name, timeMs);
      const entry = this.#entries.get(place);
      if (!entry) faults.add("invented", `${place} = ${value}`);
      else if (entry.open.length === 0) {
        if (seen.has(place)) faults.add("doubled", place);
        if (value !== entry.acked) faults.add("wrong", wrongValue(place, value, entry));
      }
      seen.add(place);
    }
    for (const [place, { acked, open }] of this.#entries) {
      if (acked !== null && open.length === 0 && !seen.has(place)) faults.add("lost", `${place} = ${acked}`);
    }
  }
}

/** A batch's places with the value that wins in each. */
function placesOf(batch: SentBatch): Map<string, number> {
  return new Map(batch.map(({ name, timeMs, value }) => [placeOf(name, timeMs), value]));
}

function placeOf(name: string, timeMs: number): string {
  return `${name} @ ${timeMs}`;
}

function wrongValue(place: string, value: number, { acked, open }: Entry): string {
  return `${place} is ${value}; acked was ${acked}, sent after it ${open.length === 0 ? "nothing" : open.join(", ")}`;
}
