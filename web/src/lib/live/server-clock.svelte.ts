import { untrack } from "svelte";

/**
 * The server's time, ticking. It starts as the instant the page was made, on the server and in the browser alike, and then goes on
 * with the browser's own clock corrected by the difference, so that ages are right where that clock is wrong.
 * Call it while a component is set up.
 * @param asOfMs the server's time when the data was made, epoch ms
 * @param tickMs how often the time moves on
 */
export function serverClock(asOfMs: () => number, tickMs: number): { readonly nowMs: number } {
  let nowMs = $state(untrack(asOfMs));
  $effect(() => {
    const offsetMs = asOfMs() - Date.now();
    nowMs = Date.now() + offsetMs;
    const timer = setInterval(() => {
      nowMs = Date.now() + offsetMs;
    }, tickMs);
    return () => clearInterval(timer);
  });
  return {
    get nowMs() {
      return nowMs;
    },
  };
}
