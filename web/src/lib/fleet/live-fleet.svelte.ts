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
  readonly #byPower = new Map<string, LiveRow>();
  readonly #byOnline = new Map<string, LiveRow>();

  constructor(rows: readonly LiveRow[]) {
    this.rows = rows;
    for (const row of rows) {
      if (row.activePowerMetricId) this.#byPower.set(row.activePowerMetricId, row);
      if (row.onlineMetricId) this.#byOnline.set(row.onlineMetricId, row);
    }
  }

  apply(readings: Iterable<LiveReading>): void {
    for (const { metricId, timeMs, value } of readings) {
      const row = this.#byPower.get(metricId);
      if (row) row.takePower(timeMs, value * row.activePowerUnitW);
      else this.#byOnline.get(metricId)?.takeOnline(timeMs, value);
    }
  }
}
