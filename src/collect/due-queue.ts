import TinyQueue from "tinyqueue";

interface Due<Item> {
  readonly item: Item;
  readonly dueMs: number;
  readonly order: number;
}

/** Who is due next: items by the time at which they are wanted, equal times in order of arrival. */
export class DueQueue<Item> {
  #order = 0;
  readonly #queue = new TinyQueue<Due<Item>>([], (a, b) => a.dueMs - b.dueMs || a.order - b.order);

  get size(): number {
    return this.#queue.length;
  }

  put(item: Item, dueMs: number): void {
    this.#queue.push({ item, dueMs, order: this.#order++ });
  }

  /** When the first is due, ms; null when nobody waits. */
  get nextDueMs(): number | null {
    return this.#queue.peek()?.dueMs ?? null;
  }

  /** Takes up to `count` items that are due at or before `byMs`, the longest due first. */
  take(count: number, byMs: number): Item[] {
    const taken: Item[] = [];
    for (let next = this.#queue.peek(); next && next.dueMs <= byMs && taken.length < count; next = this.#queue.peek()) {
      this.#queue.pop();
      taken.push(next.item);
    }
    return taken;
  }
}
