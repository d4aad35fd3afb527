import type { HistoryWindow, Lane } from "../../vendors/vendor.ts";

/** Where windows come from that a connection's vendor is to be asked for. */
export interface WindowSource {
  readonly lane: Lane;
  /** The next window, which is claimed for whoever gets it; null while there is none. @throws StorageUnavailable */
  next(): Promise<HistoryWindow | null>;
  /** Monotonic ms from which on there may be one again, after `next` has given none. */
  readonly againAtMs: number;
  /** Takes a window back that was not asked for; it comes next. */
  giveBack(window: HistoryWindow): void;
  /** Told of each window that was asked for. @throws StorageUnavailable */
  asked(window: HistoryWindow, outcome: WindowOutcome): Promise<void>;
}

export interface WindowOutcome {
  /** Stored of what it brought. */
  readonly readings: number;
  /** True when nothing came of it. */
  readonly failed: boolean;
}
