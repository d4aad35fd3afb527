import type { Clock } from "../../domain/clock.ts";

/**
 * How long a server that never calls fsync may still lose what it has answered for, ms. Linux writes such data back after 30 s
 * (vm.dirty_expire_centisecs) plus a pause of 5 s; ClickHouse itself relies on 8 min (`old_parts_lifetime`).
 */
export const SETTLE_MS = 600_000;
/** What has settled is looked for this often, ms. */
export const LOOK_EVERY_MS = 10_000;

export interface SettlingOptions {
  /** `SETTLE_MS`, or 0 where what is answered is on stable storage. */
  readonly settleMs: () => number;
  /** Resolves when the server is there and has been asked whether it was restarted. */
  readonly confirm: () => Promise<void>;
  readonly clock: Clock;
}

/** What a server was given and its machine may still lose in a power cut, oldest first. */
export class SettlingLine<T> {
  readonly #options: SettlingOptions;
  readonly #settled: (items: readonly T[]) => Promise<void>;
  readonly #closed = new AbortController();
  #waiting: { readonly item: T; readonly sinceMs: number }[] = [];
  #running: Promise<void> | null = null;

  /** `settled` is called with what has come to rest, in order; what it throws is tried again by nobody. */
  constructor(options: SettlingOptions, settled: (items: readonly T[]) => Promise<void>) {
    this.#options = options;
    this.#settled = settled;
  }

  add(item: T): void {
    this.#waiting.push({ item, sinceMs: this.#options.clock.monotonicMs() });
    this.#running ??= this.#run();
  }

  /** Takes out the oldest. */
  shift(): T | undefined {
    return this.#waiting.shift()?.item;
  }

  /** Takes out everything: the server was restarted. */
  takeAll(): T[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken.map(({ item }) => item);
  }

  /** What still waits is not called settled. Idempotent. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, settleMs, confirm } = this.#options;
    for (let first = this.#waiting[0]; first && !this.#closed.signal.aborted; first = this.#waiting[0]) {
      try {
        await clock.sleepUntil(first.sinceMs + settleMs(), this.#closed.signal);
        const askedMs = clock.monotonicMs();
        await confirm();
        // What is left was not taken out, so the server that answered is the one that was given it.
        const left = this.#waiting.findIndex(({ sinceMs }) => sinceMs + settleMs() > askedMs);
        const settled = this.#waiting.splice(0, left < 0 ? this.#waiting.length : left);
        if (settled.length > 0) await this.#settled(settled.map(({ item }) => item));
        if (settleMs() > 0) await clock.sleepUntil(clock.monotonicMs() + LOOK_EVERY_MS, this.#closed.signal);
      } catch {
        // The server is away, the journal refuses, or this is the end: all of it passes or does not matter.
        await clock.sleepUntil(clock.monotonicMs() + LOOK_EVERY_MS, this.#closed.signal).catch(() => {});
      }
    }
    this.#running = null;
  }
}
