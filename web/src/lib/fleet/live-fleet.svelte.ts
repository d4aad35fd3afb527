import type { LiveReading } from "../live/latest-batch.ts";
import type { Row, Status } from "./rows.ts";

/** A row that moves: the same fields, those that readings change being reactive one by one. */
export class LiveRow implements Row {
  readonly id: string;
  readonly name: string;
  readonly serialNumber: string | null;
  readonly site: number;
  readonly ratedPowerW: number | null;
  readonly onlineMetricId: string | null;
  readonly activePowerMetricId: string | null;
  readonly activePowerUnitW: number;
  readonly staleAfterMs: number;
  status = $state<Status>("unknown");
  activePowerW = $state<number | null>(null);
  activePowerAtMs = $state<number | null>(null);
  /** How often the power changed since the page was loaded; 0 means that nothing is to be highlighted. */
  changes = $state(0);
  #onlineAtMs = -Infinity;

  constructor(row: Row) {
    this.id = row.id;
    this.name = row.name;
    this.serialNumber = row.serialNumber;
    this.site = row.site;
    this.ratedPowerW = row.ratedPowerW;
    this.onlineMetricId = row.onlineMetricId;
    this.activePowerMetricId = row.activePowerMetricId;
    this.activePowerUnitW = row.activePowerUnitW;
    this.staleAfterMs = row.staleAfterMs;
    this.status = row.status;
    this.activePowerW = row.activePowerW;
    this.activePowerAtMs = row.activePowerAtMs;
  }

  takePower(timeMs: number, activePowerW: number): void {
    if (this.activePowerAtMs !== null && timeMs < this.activePowerAtMs) return;
    if (this.activePowerW !== activePowerW) this.changes++;
    this.activePowerW = activePowerW;
    this.activePowerAtMs = timeMs;
    // Nobody else says so of a device that pushes.
    if (this.onlineMetricId === null) this.status = "online";
  }

  takeOnline(timeMs: number, value: number): void {
    if (timeMs < this.#onlineAtMs) return;
    this.#onlineAtMs = timeMs;
    this.status = value === 1 ? "online" : "offline";
  }
}

/** The fleet of one page load, and the readings that move it. */
export class LiveFleet {
  readonly rows: readonly LiveRow[];
  readonly #byMetric = new Map<string, (reading: LiveReading) => void>();

  constructor(rows: readonly Row[]) {
    this.rows = rows.map((row) => new LiveRow(row));
    for (const row of this.rows) {
      if (row.activePowerMetricId) {
        this.#byMetric.set(row.activePowerMetricId, ({ timeMs, value }) =>
          row.takePower(timeMs, value * row.activePowerUnitW),
        );
      }
      if (row.onlineMetricId) {
        this.#byMetric.set(row.onlineMetricId, ({ timeMs, value }) => row.takeOnline(timeMs, value));
      }
    }
  }

  apply(readings: Iterable<LiveReading>): void {
    for (const reading of readings) this.#byMetric.get(reading.metricId)?.(reading);
  }
}
