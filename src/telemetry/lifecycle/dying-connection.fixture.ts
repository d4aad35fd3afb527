import { type EngineState, EngineUnavailable } from "../engine.ts";
import type { EncodedBatch, SqlConnection, TouchedDays } from "../sql/connection.ts";

/** A connection that can be told to die at one of its next requests, before it is carried out or after; the engine behind it lives on. */
export class DyingConnection implements SqlConnection {
  readonly #engine: SqlConnection;
  #requestsLeft = Number.POSITIVE_INFINITY;
  #isCarriedOut = false;
  #died = Promise.withResolvers<void>();

  constructor(engine: SqlConnection) {
    this.#engine = engine;
  }

  get isDead(): boolean {
    return this.#requestsLeft <= 0;
  }

  /** Lets so many requests through, and dies with the next. */
  dieAfter(requests: number, isCarriedOut: boolean): Promise<void> {
    this.#requestsLeft = requests + 1;
    this.#isCarriedOut = isCarriedOut;
    this.#died = Promise.withResolvers();
    return this.#died.promise;
  }

  revive(): void {
    this.#requestsLeft = Number.POSITIVE_INFINITY;
  }

  insert(batches: readonly EncodedBatch[]): Promise<TouchedDays> {
    return this.#ask(() => this.#engine.insert(batches));
  }

  query(sql: string): Promise<Uint8Array> {
    return this.#ask(() => this.#engine.query(sql));
  }

  execute(sql: string): Promise<void> {
    return this.#ask(() => this.#engine.execute(sql));
  }

  state(): EngineState {
    return this.isDead ? { ready: false, detail: "told to be dead" } : this.#engine.state();
  }

  /** The engine stays. */
  async close(): Promise<void> {}

  async #ask<T>(request: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new EngineUnavailable("told to be dead");
    const isLast = --this.#requestsLeft <= 0;
    if (!isLast || this.#isCarriedOut) {
      const answer = await request();
      if (!isLast) return answer;
    }
    this.#died.resolve();
    throw new EngineUnavailable("told to die");
  }
}
