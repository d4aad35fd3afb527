import type { Clock } from "../../domain/clock.ts";
import { retryDelayMs } from "../../transport/retry.ts";
import { CommandFailed } from "../exit-codes.ts";
import { ServerBusy, ServerUnreachable } from "../server/errors.ts";

/** Without one batch stored in so long, an import gives up; it can be gone on with. */
export const PATIENCE_MS = 300_000;

export interface SenderOptions {
  /** One attempt; resolves once the lines are on stable storage. Sending them twice does no harm. */
  readonly write: (lines: Uint8Array, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Told why it goes slower. */
  readonly note: (words: string) => void;
}

/** Sends batches until they are stored: waits where the server asks for it, and while it is started anew. */
export class Sender {
  readonly #options: SenderOptions;
  #hasReached = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** @throws ServerRefused, CommandFailed after `PATIENCE_MS`, the signal's reason when aborted */
  async send(lines: Uint8Array): Promise<void> {
    const { write, clock, random, signal, note } = this.#options;
    const giveUpAtMs = clock.monotonicMs() + PATIENCE_MS;
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      try {
        await write(lines, signal);
        this.#hasReached = true;
        return;
      } catch (error) {
        if (!this.#mayComeBack(error)) throw error;
        const askedMs = error instanceof ServerBusy ? (error.retryAfterMs ?? 0) : 0;
        const delayMs = Math.max(askedMs, retryDelayMs(attempt, null, clock.nowMs(), random));
        if (clock.monotonicMs() + delayMs > giveUpAtMs) {
          throw new CommandFailed(`${(error as Error).message} Nothing was taken for ${PATIENCE_MS / 60_000} minutes.`);
        }
        note(`${(error as Error).message} Trying again in ${(delayMs / 1_000).toFixed(1)} s.`);
        await clock.sleepUntil(clock.monotonicMs() + delayMs, signal);
      }
    }
  }

  /** A server that was never there is a wrong address; one that was may be starting anew. */
  #mayComeBack(error: unknown): boolean {
    if (error instanceof ServerBusy) {
      this.#hasReached = true;
      return true;
    }
    return error instanceof ServerUnreachable && (this.#hasReached || error.broke);
  }
}
