import { LatestBatch, type LiveReading, parseReading } from "./latest-batch.ts";
import { RecentReadings } from "./recent-readings.ts";

export type LiveState = "connecting" | "live" | "reconnecting";

/** How long to wait before a stream that the browser has given up is opened anew, ms. */
const REOPEN_AFTER_MS = 5_000;

export interface LiveStream {
  readonly state: LiveState;
  /** Readings of the last seconds, for data that was loaded meanwhile. */
  recent(): Iterable<LiveReading>;
  close(): void;
}

/**
 * Follows a stream of readings for as long as it is wanted, from the moment on at which the page's data was made. The browser reconnects by itself after a break; where it gives up
 * (an answer that is no stream, such as 503), the stream is opened anew.
 * @param sinceMs the server's time before it made the page's data, epoch ms
 * @param onReadings called at most once per frame
 * @param onReturn called when something was missed, after a break or because the page was too slow: it has to be loaded
 */
export function openLiveStream(
  path: string,
  sinceMs: number,
  onReadings: (readings: Iterable<LiveReading>) => void,
  onReturn: () => void,
): LiveStream {
  let state = $state<LiveState>("connecting");
  let source: EventSource;
  let reopenTimer: ReturnType<typeof setTimeout> | undefined;
  const recent = new RecentReadings();
  const batch = new LatestBatch((run) => requestAnimationFrame(run), onReadings);

  const open = (): void => {
    source = new EventSource(`${path}?since=${new Date(sinceMs).toISOString()}`);
    source.addEventListener("open", () => {
      const wasBroken = state === "reconnecting";
      state = "live";
      if (wasBroken) onReturn();
    });
    source.addEventListener("error", () => {
      state = "reconnecting";
      if (source.readyState !== EventSource.CLOSED) return;
      clearTimeout(reopenTimer);
      reopenTimer = setTimeout(open, REOPEN_AFTER_MS);
    });
    // The server could not keep, or bring, all that happened: the state has to be loaded.
    source.addEventListener("reset", onReturn);
    source.addEventListener("dropped", onReturn);
    source.addEventListener("reading", (event: MessageEvent<string>) => {
      const reading = parseReading(event.data);
      if (!reading) return;
      recent.add(reading, performance.now());
      batch.push(reading);
    });
  };
  open();

  return {
    get state() {
      return state;
    },
    recent: () => recent.all(),
    close() {
      clearTimeout(reopenTimer);
      source.close();
      // Whoever follows may be gone by the next frame.
      batch.close();
    },
  };
}
