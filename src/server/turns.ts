/**
 * Lets work of a millisecond or two begin one piece a turn of the event loop. Without it, every query that is there runs before the next bytes of
 * any body are read, and a body takes ten turns to come in: readers by the dozen would hold up those who push.
 */
export class Turns {
  readonly #turnsApart: () => number;
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;

  /** @param turnsApart how many turns the next piece of work comes after the last one, at least 1 */
  constructor(turnsApart: () => number = () => 1) {
    this.#turnsApart = turnsApart;
  }

  /** Resolves when it is the caller's turn, in the order of the calls. */
  next(): Promise<void> {
    if (this.#isTaken) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#isTaken = true;
    this.#passAfter(this.#turnsApart());
    return Promise.resolve();
  }

  #passAfter(turns: number): void {
    setImmediate(() => {
      if (turns > 1) this.#passAfter(turns - 1);
      else this.#pass();
    });
  }

  #pass(): void {
    const first = this.#waiting.shift();
    if (!first) {
      this.#isTaken = false;
      return;
    }
    this.#passAfter(this.#turnsApart());
    first();
  }
}
