/** npm and our own launcher hand Ctrl-C on to a process that the terminal has told already: that is one Ctrl-C, not two. */
const SAME_SIGNAL_MS = 500;

/** The exit code by which a shell knows that Ctrl-C ended a program at once. */
const KILLED_BY_SIGINT = 130;

/** The reason of an interruption's signal. */
export class Interrupted extends Error {
  constructor() {
    super("interrupted");
  }
}

/**
 * Until disposed, the first Ctrl-C (or SIGTERM) aborts the signal; a second one, later, ends the program at once, even when
 * the first one's work is still being wound up.
 */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
}

export function onInterrupt(): Interruption {
  const controller = new AbortController();
  let firstAtMs: number | null = null;
  const onSignal = (): void => {
    if (firstAtMs === null) {
      firstAtMs = performance.now();
      controller.abort(new Interrupted());
    } else if (performance.now() - firstAtMs > SAME_SIGNAL_MS) {
      process.exit(KILLED_BY_SIGINT);
    }
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      // The same Ctrl-C may still be on its way a second time, while what came is being written: it must not kill that.
      if (firstAtMs !== null) return;
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
