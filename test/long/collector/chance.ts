/** Chance of a simulation: the same seed does the same. */
export class Chance {
  #state: number;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#state = seed;
  }

  /** Uniform in [0, 1): mulberry32 (Tommy Ettinger, public domain). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return finished(Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state));
  }

  /** Uniform in [0, max). */
  upTo(max: number): number {
    return this.next() * max;
  }

  /** True in that share of times. */
  strikes(share: number): boolean {
    return share > 0 && this.next() < share;
  }

  /** Uniform in [0, 1), and the same for the same words. */
  ofWords(...words: readonly (string | number)[]): number {
    let hash = this.#seed;
    for (const character of words.join(" ")) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    return finished(Math.imul(hash ^ (hash >>> 15), 1 | hash));
  }
}

function finished(mixed: number): number {
  const hash = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
}
