import type { Clock } from "../domain/clock.ts";

/** Never settles: what a killed process waits for. */
function never<T>(): Promise<T> {
  return new Promise(() => {});
}

/**
 * A process of a test that can be killed as by `kill -9`: from then on nothing that it waited for goes on, and nothing that it has sent is
 * taken back. It has clocks of its own.
 */
export class MortalProcess {
  readonly clock: Clock;
  readonly name: string;
  #isDead = false;

  /** @param wallAheadMs how far this process's wall clock is off */
  constructor(name: string, world: Clock, wallAheadMs: number) {
    this.name = name;
    const bornMs = world.monotonicMs();
    this.clock = {
      nowMs: () => world.nowMs() + wallAheadMs,
      monotonicMs: () => world.monotonicMs() - bornMs,
      sleepUntil: (untilMs, signal) => this.alive(sleepUntil(untilMs, signal)),
    };
    const sleepUntil = async (untilMs: number, signal: AbortSignal | undefined): Promise<void> => {
      signal?.throwIfAborted();
      // A sum of two times may be rounded down, and a clock never wakes anybody early.
      for (let atMs = untilMs + bornMs; this.clock.monotonicMs() < untilMs; atMs = world.monotonicMs() + 0.001) {
        await world.sleepUntil(atMs, signal);
      }
    };
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  kill(): void {
    this.#isDead = true;
  }

  /** What comes of `waited`, as long as the process lives. */
  alive<T>(waited: Promise<T>): Promise<T> {
    if (this.#isDead) {
      waited.catch(() => {});
      return never();
    }
    return new Promise((resolve, reject) => {
      waited.then(
        (value) => {
          if (!this.#isDead) resolve(value);
        },
        (error: Error) => {
          if (!this.#isDead) reject(error);
        },
      );
    });
  }

  /** Lets this process use something that others share: each call of it ends with the process. */
  sharing<T extends object>(shared: T): T {
    return new Proxy(shared, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return (...given: unknown[]): unknown => {
          if (this.#isDead) return never();
          const answer: unknown = Reflect.apply(member, target, given);
          return answer instanceof Promise ? this.alive(answer) : answer;
        };
      },
    });
  }
}
