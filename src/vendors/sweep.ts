import { onAbort } from "../transport/abort.ts";
import type { LatestBatch } from "./vendor.ts";

/**
 * Requests of one sweep that may be under way at once. More than one, so that a request that waits to be sent again does
 * not hold up the rest; how often anything is sent is the limiter's matter.
 */
export const SWEEP_REQUESTS_OPEN_MAX = 8;

export interface SweepOptions {
  readonly devices: readonly string[];
  readonly devicesPerRequest: number;
  readonly signal: AbortSignal | undefined;
  /** Asks for one request's devices. What it throws ends the sweep. */
  readonly read: (asked: readonly string[], signal: AbortSignal) => Promise<LatestBatch>;
}

/**
 * Cuts devices into requests and yields their outcomes as they come, each device once however often it is named. Ends what is
 * under way when the consumer stops early, when a request throws, and, with the signal's reason, when that aborts.
 */
export async function* sweep(options: SweepOptions): AsyncGenerator<LatestBatch, void, undefined> {
  const { devicesPerRequest, signal, read } = options;
  signal?.throwIfAborted();
  const requests = chunks([...new Set(options.devices)], devicesPerRequest);
  const stop = new AbortController();
  const settled: ({ batch: LatestBatch } | { error: unknown })[] = [];
  let wake: () => void = () => {};
  let open = 0;

  const settle = (outcome: (typeof settled)[number]): void => {
    open--;
    settled.push(outcome);
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
      while (open < SWEEP_REQUESTS_OPEN_MAX && !stop.signal.aborted) {
        const asked = requests.next();
        if (asked.done) break;
        open++;
        read(asked.value, stop.signal).then(
          (batch) => settle({ batch }),
          (error: unknown) => settle({ error }),
        );
      }
      if (settled.length === 0 && open > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      stop.signal.throwIfAborted();
      const outcome = settled.shift();
      if (!outcome) return;
      if ("error" in outcome) throw outcome.error;
      yield outcome.batch;
    }
  } finally {
    leaveSignal?.();
    stop.abort();
  }
}

function* chunks(devices: readonly string[], size: number): Generator<readonly string[], undefined, undefined> {
  for (let start = 0; start < devices.length; start += size) yield devices.slice(start, start + size);
}
