/** Readings of named series as columns: each name once, each reading three numbers. What codecs fill, before series are known. */
export class NamedColumns {
  readonly #indexByName = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #nameIndexes: number[] = [];
  readonly #timesMs: number[] = [];
  readonly #values: number[] = [];

  push(name: string, timeMs: number, value: number): void {
    let index = this.#indexByName.get(name);
    if (index === undefined) {
      index = this.#names.push(name) - 1;
      this.#indexByName.set(name, index);
    }
    this.#nameIndexes.push(index);
    this.#timesMs.push(timeMs);
    this.#values.push(value);
  }

  get length(): number {
    return this.#values.length;
  }

  /** Each name once, in order of first appearance. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Per reading: the place of its name in `names`. */
  get nameIndexes(): readonly number[] {
    return this.#nameIndexes;
  }

  /** Per reading: epoch ms. */
  get timesMs(): readonly number[] {
    return this.#timesMs;
  }

  get values(): readonly number[] {
    return this.#values;
  }
}
