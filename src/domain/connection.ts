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
}

export const POLL_INTERVAL_MS = { min: 1_000, default: 60_000, max: 86_400_000 } as const;
