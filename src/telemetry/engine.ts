import type { ReadingColumns } from "../domain/reading.ts";
import type { RawPage, RawQuery, StepColumns, StepsQuery } from "./store.ts";

/** Readings on their way into an engine, each with the journal's sequence number as its version. */
export interface VersionedReadings extends ReadingColumns {
  /** Whole numbers ≥ 1; of two readings with the same (series, time) the higher version is kept, and the later row among equals. */
  readonly versions: Float64Array;
}

/** What holds readings once they have left the journal: embedded (chDB) or a cluster (ClickHouse). */
export interface ReadingEngine {
  /**
   * Resolves once the rows are on stable storage. Inserting the same rows again changes nothing.
   * @throws EngineUnavailable when it is not known whether they are: insert them again.
   */
  insert(rows: VersionedReadings): Promise<void>;

  /** As `TelemetryStore.readRaw`, of what has been inserted. @throws EngineUnavailable */
  readRaw(query: RawQuery): Promise<RawPage>;

  /** As `TelemetryStore.readSteps`, of what has been inserted. @throws EngineUnavailable, InvalidInput */
  readSteps(query: StepsQuery): Promise<StepColumns>;

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
