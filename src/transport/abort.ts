/** Gets the signal's reason: an Error, unless whoever aborted gave something else on purpose. */
type OnAbort = (reason: Error) => void;

/** One listener per signal however many wait on it: Node walks all of a signal's listeners for each one added. */
const waiting = new WeakMap<AbortSignal, Set<OnAbort>>();

/** Calls `callback` once when `signal` aborts, unless the function that is returned was called before. The signal must not be aborted yet. */
export function onAbort(signal: AbortSignal, callback: OnAbort): () => void {
  let callbacks = waiting.get(signal);
  if (!callbacks) {
    callbacks = new Set();
    waiting.set(signal, callbacks);
  }
  if (callbacks.size === 0) signal.addEventListener("abort", callAll);
  callbacks.add(callback);
  const joined = callbacks;
  return () => {
    if (joined.delete(callback) && joined.size === 0) signal.removeEventListener("abort", callAll);
  };
}

function callAll(event: Event): void {
  const signal = event.target as AbortSignal;
  signal.removeEventListener("abort", callAll);
  const callbacks = waiting.get(signal);
  waiting.delete(signal);
  for (const callback of callbacks ?? []) callback(signal.reason as Error);
}
