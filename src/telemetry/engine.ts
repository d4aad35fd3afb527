import type { LatestColumns } from "./latest.ts";
import type { EngineUpkeep } from "./lifecycle/engine-upkeep.ts";
import type { RollupParts } from "./rollups/roller.ts";
import type { EncodedBatch, TouchedDays } from "./sql/connection.ts";
import type {
  AcrossColumns,
  AcrossQuery,
  DownsampledQuery,
  PointColumns,
  RawPage,
  RawQuery,
  StepColumns,
  StepsQuery,
} from "./store.ts";

/** What holds readings once they have left the journal: embedded (chDB) or a cluster (ClickHouse). */
export interface ReadingEngine {
  /**
   * Resolves once the batches are on stable storage, with the days that were written to. Batches are consecutive and ascending; inserting them
   * again changes nothing. Of two readings with the same (series, time) the one of the later batch is kept, and the later row within one.
   * @throws EngineUnavailable when it is not known whether they are: insert them again.
   */
  insert(batches: readonly EncodedBatch[]): Promise<TouchedDays>;

  /** As `TelemetryStore.readRaw`, of what has been inserted. @throws EngineUnavailable */
  readRaw(query: RawQuery): Promise<RawPage>;

  /** As `TelemetryStore.readSteps`, of what has been inserted. @throws EngineUnavailable, InvalidInput */
  readSteps(query: StepsQuery): Promise<StepColumns>;

  /** As `TelemetryStore.readAcross`, of what has been inserted. @throws EngineUnavailable, InvalidInput */
  readAcross(query: AcrossQuery): Promise<AcrossColumns>;

  /** As `TelemetryStore.readDownsampled`, of what has been inserted. @throws EngineUnavailable */
  readDownsampled(query: DownsampledQuery): Promise<PointColumns>;

  /**
   * Each of these series' newest reading from a time on, in no order; series without one are absent. `receivedAtMs` is the reading's own time,
   * since the engine does not keep when it came. @throws EngineUnavailable
   */
  readNewest(series: readonly number[], fromMs: number): Promise<LatestColumns>;

  /** Rolls days up in the background from here on, and answers from rollups where they are true. To be called once, before any other call. */
  startRollups(parts: RollupParts): void;

  /** Not before `startRollups`. */
  readonly upkeep: EngineUpkeep;

  /** Rolls up all that is in the engine now, quiet or not. @throws EngineUnavailable, EngineRefused */
  rollAll(): Promise<void>;

  state(): EngineState;

  /** Lets running requests end, then releases everything. Idempotent. */
  close(): Promise<void>;
}

export interface EngineState {
  readonly ready: boolean;
  /** One sentence for a person, empty when ready. */
  readonly detail: string;
}

/** The engine is down, restarting or overloaded. The same request may succeed in a moment. */
export class EngineUnavailable extends Error {
  override readonly name = "EngineUnavailable";
}

/** The engine is up and could not carry out this request: its disk is full, or the request needs too much memory. */
export class EngineRefused extends Error {
  override readonly name = "EngineRefused";
}
