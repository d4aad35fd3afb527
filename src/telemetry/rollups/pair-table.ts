/*
 * A set of (series, day) pairs in typed arrays, since there may be millions: 17 bytes a pair, and 4 to 13 of the index. Pairs have a slot, a
 * number that stays theirs until they are deleted. The pairs of a series form a list, and all pairs form an index by hashing.
 */

const NONE = -1;
const FIRST_CAPACITY = 1_024;
const GROWTH = 1.5;
/** Share of the index that may be in use. */
const INDEX_LOAD_MAX = 0.6;
const NEIGHBOUR_BITS = 3;

export class PairTable {
  #capacity = FIRST_CAPACITY;
  /** Slots that were ever in use; those that are free again form a list through `#next`. */
  #used = 0;
  #free = NONE;
  #size = 0;
  #series = new Uint32Array(FIRST_CAPACITY);
  #days = new Int32Array(FIRST_CAPACITY);
  /** Neighbours in the list of a series. */
  #next = new Int32Array(FIRST_CAPACITY);
  #previous = new Int32Array(FIRST_CAPACITY);
  #index = new Int32Array(indexSize(FIRST_CAPACITY)).fill(NONE);
  /** The first slot of each series that has pairs. */
  readonly #heads = new Map<number, number>();

  get size(): number {
    return this.#size;
  }

  get seriesCount(): number {
    return this.#heads.size;
  }

  /** Slots are below this. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Series that have pairs, in the order in which they got their first; goes on rightly while pairs come and go. */
  seriesIds(): IterableIterator<number> {
    return this.#heads.keys();
  }

  seriesOf(slot: number): number {
    return this.#series[slot] ?? 0;
  }

  dayOf(slot: number): number {
    return this.#days[slot] ?? 0;
  }

  /** -1 when there is no such pair. */
  find(series: number, day: number): number {
    return this.#index[this.#place(series, day)] ?? NONE;
  }

  /** The first slot of a series; -1 when it has none. */
  first(series: number): number {
    return this.#heads.get(series) ?? NONE;
  }

  /** The slot after this one of the same series; -1 after the last. */
  after(slot: number): number {
    return this.#next[slot] ?? NONE;
  }

  /** A slot for a pair that is not there. */
  add(series: number, day: number): number {
    const slot = this.#takeSlot();
    this.#series[slot] = series;
    this.#days[slot] = day;
    const head = this.first(series);
    this.#next[slot] = head;
    this.#previous[slot] = NONE;
    if (head !== NONE) this.#previous[head] = slot;
    this.#heads.set(series, slot);
    this.#index[this.#place(series, day)] = slot;
    this.#size++;
    return slot;
  }

  delete(slot: number): void {
    const series = this.seriesOf(slot);
    this.#unindex(this.#place(series, this.dayOf(slot)));
    const next = this.after(slot);
    const previous = this.#previous[slot] ?? NONE;
    if (next !== NONE) this.#previous[next] = previous;
    if (previous !== NONE) this.#next[previous] = next;
    else if (next !== NONE) this.#heads.set(series, next);
    else this.#heads.delete(series);
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.#size--;
  }

  #takeSlot(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.after(free);
      return free;
    }
    if (this.#used === this.#capacity) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const capacity = Math.ceil(this.#capacity * GROWTH);
    this.#capacity = capacity;
    this.#series = grown(this.#series, new Uint32Array(capacity));
    this.#days = grown(this.#days, new Int32Array(capacity));
    this.#next = grown(this.#next, new Int32Array(capacity));
    this.#previous = grown(this.#previous, new Int32Array(capacity));
    if (this.#index.length >= indexSize(capacity)) return;
    this.#index = new Int32Array(indexSize(capacity)).fill(NONE);
    for (let slot = 0; slot < this.#used; slot++)
      this.#index[this.#place(this.seriesOf(slot), this.dayOf(slot))] = slot;
  }

  /** Where a pair stands in the index, or where it would. */
  #place(series: number, day: number): number {
    const mask = this.#index.length - 1;
    for (let place = hashOf(series, day) & mask; ; place = (place + 1) & mask) {
      const slot = this.#index[place] ?? NONE;
      if (slot === NONE || (this.#series[slot] === series && this.#days[slot] === day)) return place;
    }
  }

  /** Empties a place and moves back whoever stands further from home because of it. */
  #unindex(emptied: number): void {
    const mask = this.#index.length - 1;
    let hole = emptied;
    for (let place = (hole + 1) & mask; ; place = (place + 1) & mask) {
      const slot = this.#index[place] ?? NONE;
      if (slot === NONE) break;
      const home = hashOf(this.seriesOf(slot), this.dayOf(slot)) & mask;
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      this.#index[hole] = slot;
      hole = place;
    }
    this.#index[hole] = NONE;
  }
}

/** Neighbouring series of one day come to lie side by side, since they are marked one after another. */
function hashOf(series: number, day: number): number {
  let hash = Math.imul(series >>> NEIGHBOUR_BITS, 0x9e3779b1) ^ Math.imul(day, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  hash ^= hash >>> 13;
  return ((hash << NEIGHBOUR_BITS) | (series & (2 ** NEIGHBOUR_BITS - 1))) >>> 0;
}

function indexSize(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(capacity / INDEX_LOAD_MAX));
}

function grown<T extends Int32Array | Uint32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
