import { onAbort } from "../transport/abort.ts";

export interface PiecewiseOptions<P, R> {
  readonly pieces: Iterable<P>;
  /** Pieces that may be under way at once. */
  readonly openMax: number;
  readonly signal: AbortSignal | undefined;
  /** Does one piece. What it throws ends everything. */
  readonly read: (piece: P, signal: AbortSignal) => Promise<R>;
}

/** Ends what is still under way; made once, since making an error is not cheap. */
const OVER = new Error("nobody waits for this any more");

/**
 * Does pieces of work, some of them at once, and yields what each brings as it comes. A piece is begun only when there is room for
 * its outcome: at most `openMax` are under way or wait for the consumer. Ends what is under way when the consumer stops early, when
 * a piece throws, and, with the signal's reason, when that aborts.
 */
export async function* piecewise<P, R>(options: PiecewiseOptions<P, R>): AsyncGenerator<R, void, undefined> {
  const { openMax, signal, read } = options;
  signal?.throwIfAborted();
  const pieces = options.pieces[Symbol.iterator]();
  const stop = new AbortController();
  const settled: ({ outcome: R } | { error: unknown })[] = [];
  let wake: () => void = () => {};
  let open = 0;

  const settle = (piece: (typeof settled)[number]): void => {
    open--;
    settled.push(piece);
    wake();
  };
  const leaveSignal = signal
    ? onAbort(signal, (reason) => {
        stop.abort(reason);
        wake();
      })
    : null;
  try {
    for (;;) {
      while (open + settled.length < openMax && !stop.signal.aborted) {
        const piece = pieces.next();
        if (piece.done) break;
        open++;
        read(piece.value, stop.signal).then(
          (outcome) => settle({ outcome }),
          (error: unknown) => settle({ error }),
        );
      }
      if (settled.length === 0 && open > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      stop.signal.throwIfAborted();
      const first = settled.shift();
      if (!first) return;
      if ("error" in first) throw first.error;
      yield first.outcome;
    }
  } finally {
    leaveSignal?.();
    stop.abort(OVER);
  }
}
