import type { EngineState } from "../engine.ts";

/** A batch as the journal holds it: `journal/batch-codec.ts` reads `encoded`. */
export interface EncodedBatch {
  /** Its place in the order of all batches; a higher one was acknowledged later. */
  readonly seq: number;
  /** When Kilowatch took it, epoch ms. */
  readonly receivedAtMs: number;
  /** Readings in it, ≥ 1. */
  readonly rows: number;
  /** The bytes `encodeBatch` made, all of their buffer. They never change; once they are in the engine they are discarded. */
  readonly encoded: Uint8Array;
}

/** Distinct (series, UTC day) pairs, in the order of series and day. */
export interface TouchedDays {
  readonly length: number;
  readonly series: Uint32Array;
  /** Whole days since 1970-01-01 UTC: `floor(ts / 86,400,000)`. */
  readonly days: Int32Array;
}

/**
 * What Kilowatch needs of a ClickHouse of any kind: `embedded/` is chDB in a child process, `cluster/` a server over HTTP.
 * It has no idea of the queries; the SQL comes from `sql/`, with nothing but Kilowatch's own text and numbers in it.
 */
export interface SqlConnection {
  /**
   * Writes batches into the readings table: sorted by (series, ts), one row for each pair (the last one wins: later batch, then later row),
   * with the sequence number of the last batch of the call as the version of every row. Batches of one call are consecutive, in ascending
   * order, and there is at least one. Resolves once the rows are on stable storage; inserting the same batches again changes nothing, also when
   * they are cut into other calls. Calls are carried out in the order in which they were made.
   * @returns the (series, UTC day) pairs that were written to.
   * @throws EngineUnavailable when it is not known whether they are stored: insert them again.
   * @throws EngineRefused when the engine is up and could not store them.
   */
  insert(batches: readonly EncodedBatch[]): Promise<TouchedDays>;

  /**
   * Runs one SELECT without a FORMAT clause; the answer is RowBinary. Reads everything whose `insert` or `execute` has resolved.
   * @throws EngineUnavailable, EngineRefused
   */
  query(sql: string): Promise<Uint8Array>;

  /** Runs one statement that answers nothing (DDL, INSERT … SELECT, ALTER). Durable when it resolves. @throws EngineUnavailable, EngineRefused */
  execute(sql: string): Promise<void>;

  state(): EngineState;

  /** Lets running requests end, then releases everything. Idempotent. */
  close(): Promise<void>;
}
