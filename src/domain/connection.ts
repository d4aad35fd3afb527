/** An account with a vendor, polled for ever. Its credential is kept apart and sealed. */
export interface Connection {
  readonly id: string;
  readonly name: string;
  /** The vendor's registry id. */
  readonly vendor: string;
  readonly baseUrl: string;
  /** How often each device's values are wanted; the vendor's limit may make it longer. */
  readonly pollIntervalMs: number;
  readonly createdAtMs: number;
  /** Since when nothing is asked; null while it is polled. */
  readonly pausedAtMs: number | null;
  readonly laneShares: LaneShares;
  /** Grows by 1 with each change. */
  readonly version: number;
}

/** The most of a vendor's limits that a lane may use, above 0 and up to 1; 1 where nothing is said. Values of now come first in any case. */
export interface LaneShares {
  readonly repair?: number | undefined;
  readonly history?: number | undefined;
}

export const POLL_INTERVAL_MS = { min: 1_000, default: 60_000, max: 86_400_000 } as const;
