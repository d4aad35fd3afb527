export type FaultKind =
  /** Acked, and not there. */
  | "lost"
  /** There twice. */
  | "doubled"
  /** There with a value that is neither the acked one nor a later one. */
  | "wrong"
  /** There, and nobody sent it, or its sender was told that it was refused. */
  | "invented"
  /** Of an unanswered batch a part is there. */
  | "torn"
  /** A read did not show what was acked before it began, or two ways to ask disagree. */
  | "misread"
  /** A living server broke a connection, or answered what it must never answer. */
  | "cut";

export interface Fault {
  readonly kind: FaultKind;
  readonly what: string;
}

/** Faults of one kind that are told one by one. */
const SHOWN_MAX = 5;

/** Collects faults: all are counted, the first of each kind are told. */
export class FaultList {
  readonly #shown: Fault[] = [];
  readonly #counts = new Map<FaultKind, number>();

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  add(kind: FaultKind, what: string): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count <= SHOWN_MAX) this.#shown.push({ kind, what });
  }

  addAll(other: FaultList): void {
    for (const { kind, what } of other.#shown) this.add(kind, what);
    for (const [kind, count] of other.#counts) {
      const shown = Math.min(count, SHOWN_MAX);
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count - shown);
    }
  }

  /** A line for each that is told, and one for what is left out. */
  lines(): string[] {
    const lines = this.#shown.map(({ kind, what }) => `${kind}: ${what}`);
    for (const [kind, count] of this.#counts) {
      if (count > SHOWN_MAX) lines.push(`${kind}: ${count} in all`);
    }
    return lines;
  }
}

/** A hash of a set of (place, value) that does not depend on their order, and counts each as often as it comes. */
export class PlaceHash {
  #low = 0;
  #high = 0;
  #count = 0;

  add(place: string, value: number): void {
    const [low, high] = hashOf(`${place} ${value}`);
    // Sums, not XOR: a place that comes twice must not take itself away.
    this.#low = (this.#low + low) >>> 0;
    this.#high = (this.#high + high) >>> 0;
    this.#count++;
  }

  equals(other: PlaceHash): boolean {
    return this.#low === other.#low && this.#high === other.#high && this.#count === other.#count;
  }

  get text(): string {
    const hex = (part: number) => part.toString(16).padStart(8, "0");
    return `${hex(this.#high)}${hex(this.#low)}/${this.#count}`;
  }
}

/** Two FNV-1a hashes (Fowler, Noll, Vo; public domain) from different bases, each mixed at its end so that sums of them spread. */
function hashOf(text: string): [number, number] {
  let low = 0x811c_9dc5;
  let high = 0x1b87_3593;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    low = Math.imul(low ^ code, 0x0100_0193);
    high = Math.imul(high ^ code, 0x0100_0193);
  }
  return [mixed(low), mixed(high)];
}

function mixed(hash: number): number {
  let bits = hash;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
