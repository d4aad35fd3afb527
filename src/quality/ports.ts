import type { DeviceScan, JudgedSite } from "../domain/quality.ts";
import type { LatestReading, ReadingColumns } from "../domain/reading.ts";

/** Where readings are read: the part of a telemetry store that the rules need. */
export interface QualityReadings {
  latest(series: number): LatestReading | undefined;
  /** In ascending (time, series) order. @throws StorageUnavailable */
  readRaw(query: RawQuestion): Promise<RawAnswer>;
}

export interface RawQuestion {
  readonly series: readonly number[];
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly limit: number;
  readonly after?: RawPlace;
}

export interface RawAnswer {
  readonly columns: ReadingColumns;
  readonly next: RawPlace | null;
}

interface RawPlace {
  readonly timeMs: number;
  readonly series: number;
}

/** What there is to judge. */
export interface JudgedSites {
  ids(): Promise<readonly string[]>;
  /** @throws NotFound */
  get(siteId: string): Promise<JudgedSite>;
}

/** Where findings are written down. */
export interface QualityEventLog {
  record(scan: DeviceScan): Promise<{ readonly added: number }>;
}
