/** Keys that one table holds. */
export const KEYS_MAX = 1_000_000;
/** Bytes of all keys of one table together. */
export const KEY_TABLE_BYTES_MAX = 64 * 1_048_576;

/** Slots looked at for one key: past it the table counts as full, so that keys made to collide cost a constant each. */
const PROBES_MAX = 256;
const FIRST_KEYS = 64;
const FIRST_BYTES = 2_048;
const HASH_FACTORS = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d] as const;

export interface KeyTableLimits {
  readonly keysMax?: number;
  readonly bytesMax?: number;
}

/**
 * The keys by which one sender names its series, as bytes, each with an index that never changes: 0, 1, 2, …
 * One table serves one format (formats mark their keys differently; JSON and NDJSON are one) and any number of bodies at once.
 * Lives across the requests of one source, so that a key is looked at closely once. It also remembers which key came after
 * which: senders repeat their order, and to compare with a guess is cheaper than to look up.
 * Memory: at most 64 bytes a key and three times the bytes of the keys. Nothing is ever forgotten: a source whose table
 * `isWorn` goes on with a new one.
 */
export class KeyTable {
  readonly #keysMax: number;
  readonly #bytesMax: number;
  /** Unlike for every table, so that nobody can prepare keys that collide. */
  readonly #seed = Math.trunc(Math.random() * 0x1_0000_0000) | 0;
  #size = 0;
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = viewOf(this.#bytes);
  /** Key k has the bytes from starts[k] to starts[k + 1]. */
  #starts = new Uint32Array(FIRST_KEYS + 1);
  #hashes = new Int32Array(FIRST_KEYS);
  #marks = new Uint16Array(FIRST_KEYS);
  /** Per key: the key that came after it the last time. */
  #followers = new Uint32Array(FIRST_KEYS);
  /** Open addressing: 0 is empty, else index + 1. At most half full. */
  #slots = new Uint32Array(2 * FIRST_KEYS);

  constructor(limits: KeyTableLimits = {}) {
    this.#keysMax = limits.keysMax ?? KEYS_MAX;
    this.#bytesMax = limits.bytesMax ?? KEY_TABLE_BYTES_MAX;
  }

  get size(): number {
    return this.#size;
  }

  /** More than half full of keys or bytes. A body that is begun with a table that is not worn may bring half a table of new keys. */
  get isWorn(): boolean {
    return this.#size > this.#keysMax / 2 || this.#byteLength > this.#bytesMax / 2;
  }

  /**
   * The index of the key that lies in `view` from `from` to `to`, giving it one if it is new; -1 when the table is full.
   * A new key keeps `mark`, a number of the codec's own up to 65,535: where its first part ends.
   */
  intern(view: DataView, from: number, to: number, mark = 0): number {
    const hash = this.#hashOf(view, from, to);
    const slot = this.#slotOf(hash, view, from, to);
    if (slot === -1) return -1;
    const known = this.#slots[slot] ?? 0;
    return known === 0 ? this.#add(slot, hash, mark, view, from, to) : known - 1;
  }

  /** `intern` of a text's UTF-8 bytes. */
  internText(text: string): number {
    const bytes = new TextEncoder().encode(text);
    return this.intern(viewOf(bytes), 0, bytes.length);
  }

  /** The index of a key, -1 when it is new. */
  find(view: DataView, from: number, to: number): number {
    const slot = this.#slotOf(this.#hashOf(view, from, to), view, from, to);
    return slot === -1 ? -1 : (this.#slots[slot] ?? 0) - 1;
  }

  keyText(index: number): string {
    if (index >= this.#size) throw new RangeError(`there is no key ${index}`);
    return new TextDecoder().decode(this.#bytes.subarray(this.#starts[index], this.#starts[index + 1]));
  }

  /** Bytes of a key; 0 for an index that is not in use. */
  byteLength(index: number): number {
    return index < this.#size ? (this.#starts[index + 1] ?? 0) - (this.#starts[index] ?? 0) : 0;
  }

  /** What the key was interned with. */
  mark(index: number): number {
    return this.#marks[index] ?? 0;
  }

  byteAt(index: number, offset: number): number {
    return this.#bytes[(this.#starts[index] ?? 0) + offset] ?? 0;
  }

  /** Whether the key's bytes from `offset` on, `length` of them, lie in `view` at `at`. Both ranges exist. */
  holds(index: number, offset: number, length: number, view: DataView, at: number): boolean {
    return isEqual(this.#view, (this.#starts[index] ?? 0) + offset, view, at, length);
  }

  /** The key that came after this one the last time; 0 when none did. Only a guess, and not even surely a key in use. */
  follower(index: number): number {
    return this.#followers[index] ?? 0;
  }

  follows(index: number, follower: number): void {
    this.#followers[index] = follower;
  }

  get #byteLength(): number {
    return this.#starts[this.#size] ?? 0;
  }

  /** Where the key is, or the empty slot where it belongs; -1 when too many others lie there. */
  #slotOf(hash: number, view: DataView, from: number, to: number): number {
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (let probes = 0; probes < PROBES_MAX; probes++, slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] ?? 0) - 1;
      if (index === -1) return slot;
      if (this.#hashes[index] !== hash || this.byteLength(index) !== to - from) continue;
      if (this.holds(index, 0, to - from, view, from)) return slot;
    }
    return -1;
  }

  #add(slot: number, hash: number, mark: number, view: DataView, from: number, to: number): number {
    const start = this.#byteLength;
    const end = start + to - from;
    if (this.#size >= this.#keysMax || end > this.#bytesMax) return -1;
    if (this.#size === this.#hashes.length) this.#growKeys();
    if (end > this.#bytes.length) this.#growBytes(end);
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + from, to - from), start);
    const index = this.#size++;
    this.#starts[index + 1] = end;
    this.#hashes[index] = hash;
    this.#marks[index] = mark;
    this.#slots[slot] = index + 1;
    if (2 * this.#size > this.#slots.length) this.#rehash();
    return index;
  }

  #growKeys(): void {
    const capacity = this.#hashes.length * 2;
    this.#starts = moved(this.#starts, new Uint32Array(capacity + 1));
    this.#hashes = moved(this.#hashes, new Int32Array(capacity));
    this.#marks = moved(this.#marks, new Uint16Array(capacity));
    this.#followers = moved(this.#followers, new Uint32Array(capacity));
  }

  #growBytes(needed: number): void {
    this.#bytes = moved(this.#bytes, new Uint8Array(Math.max(needed, this.#bytes.length * 2)));
    this.#view = viewOf(this.#bytes);
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let index = 0; index < this.#size; index++) {
      const hash = this.#hashes[index] ?? 0;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }

  /** Four bytes at a time, each mixed as a whole before it joins; seeded, and stirred at the end. */
  #hashOf(view: DataView, from: number, to: number): number {
    let hash = this.#seed ^ (to - from);
    let at = from;
    for (; at + 4 <= to; at += 4) hash = mixed(hash, view.getInt32(at, true));
    let rest = 0;
    for (; at < to; at++) rest = (rest << 8) | view.getUint8(at);
    hash = mixed(hash, rest);
    hash = Math.imul(hash ^ (hash >>> 16), HASH_FACTORS[1]);
    return hash ^ (hash >>> 13);
  }
}

function mixed(hash: number, word: number): number {
  const product = Math.imul(word, HASH_FACTORS[0]);
  const turned = hash ^ Math.imul((product << 15) | (product >>> 17), HASH_FACTORS[2]);
  return Math.imul((turned << 13) | (turned >>> 19), 5) + 0x52dce729;
}

/** Whether two ranges hold the same bytes; both exist. */
export function isEqual(left: DataView, leftAt: number, right: DataView, rightAt: number, length: number): boolean {
  let done = 0;
  for (; done + 4 <= length; done += 4) {
    if (left.getInt32(leftAt + done, true) !== right.getInt32(rightAt + done, true)) return false;
  }
  for (; done < length; done++) {
    if (left.getUint8(leftAt + done) !== right.getUint8(rightAt + done)) return false;
  }
  return true;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function moved<T extends Uint8Array | Uint16Array | Uint32Array | Int32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
