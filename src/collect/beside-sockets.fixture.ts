import { setImmediate as nextTurn } from "node:timers/promises";
import type { VirtualClock } from "../domain/virtual-clock.ts";

/** Moves virtual time on, a little with each turn of the event loop, until work that also waits for real sockets is done. */
export async function besideSockets<T>(clock: VirtualClock, work: Promise<T>, stepMs = 10): Promise<T> {
  const progress = { isDone: false };
  const settle = (): void => {
    progress.isDone = true;
  };
  work.then(settle, settle);
  while (!progress.isDone) {
    await clock.advance(stepMs);
    await nextTurn();
  }
  return work;
}
