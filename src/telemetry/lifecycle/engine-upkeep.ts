import type { HiddenReadings } from "../sql/hidden.ts";

/** What an engine does to what it holds, so that it holds no more than it should; and how much it holds. */
export interface EngineUpkeep {
  /**
   * Removes the readings that a deletion hides, and what rollups say of them. Repeating it is harmless.
   * @param mark marks the deletion's days as dirty, on stable storage; called before any rollup is removed, while nothing is rolled up
   * @throws EngineUnavailable, EngineRefused
   */
  removeDeleted(deletion: HiddenReadings, mark: () => Promise<void>): Promise<void>;

  /** Rolls up all dirty days before this one, quiet or not. @throws EngineUnavailable, EngineRefused */
  rollBefore(day: number): Promise<void>;

  /** Runs work while nothing is rolled up. */
  betweenRollUps<T>(work: () => Promise<T>): Promise<T>;

  /** Resolves once the queries that are under way have ended. */
  readsEnded(): Promise<void>;

  /** Removes what is older than a time of some series. @throws EngineUnavailable, EngineRefused */
  removeBefore(what: "readings" | "rollups", series: readonly number[], beforeMs: number): Promise<void>;

  /** @throws EngineUnavailable, EngineRefused */
  usage(): Promise<EngineUsage>;
}

export interface EngineUsage {
  readonly readings: StoredSize;
  /** Of all widths together. */
  readonly rollups: StoredSize;
  /** What was replaced or removed and leaves the disk shortly, bytes. */
  readonly leavingBytes: number;
}

export interface StoredSize {
  readonly bytes: number;
  readonly rows: number;
  /** Rows of each series; a series may come more than once. */
  readonly ofSeries: { readonly length: number; readonly series: Uint32Array; readonly rows: Float64Array };
}
