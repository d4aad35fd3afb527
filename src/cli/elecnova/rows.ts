import type { Cabinet, CabinetWithComponents } from "../../vendors/elecnova/cabinet.ts";
import type { PvEnergy, PvPower } from "../../vendors/elecnova/pv.ts";
import type { QualityIssue } from "../../vendors/vendor.ts";
import type { CsvValue } from "../csv.ts";

export type Row = Readonly<Record<string, CsvValue>>;

/** What one request of a list brought. */
export interface RowsOutcome {
  readonly rows: readonly Row[];
  readonly issues: readonly QualityIssue[];
}

/** Columns of each call's rows, in their order; times ISO 8601, UTC. */
export const COLUMNS = {
  cabinets: ["sn", "name", "model", "timeZone", "online", "lastSeen", "createdAt", "updatedAt", "id"],
  components: [
    "cabinet",
    "sn",
    "locationCode",
    "component",
    "kind",
    "name",
    "model",
    "type",
    "online",
    "componentDesc",
    "id",
  ],
  topics: ["sn", "topic"],
  "pv-power": ["sn", "time", "activePowerW"],
  "pv-daily": ["sn", "period", "from", "to", "timeZone", "energyWh"],
  "pv-monthly": ["sn", "period", "from", "to", "timeZone", "energyWh"],
  "pv-yearly": ["sn", "period", "from", "to", "timeZone", "energyWh"],
} as const;

export function cabinetRow({
  id,
  sn,
  name,
  model,
  timeZone,
  online,
  lastSeenMs,
  createdAtMs,
  updatedAtMs,
}: Cabinet): Row {
  return {
    ...{ id, sn, name, model, timeZone, online },
    ...{ lastSeen: timeText(lastSeenMs), createdAt: timeText(createdAtMs), updatedAt: timeText(updatedAtMs) },
  };
}

export function componentRows(cabinet: CabinetWithComponents): RowsOutcome {
  return {
    rows: cabinet.components.map((component) => ({ cabinet: cabinet.sn, ...component })),
    issues: cabinet.issues,
  };
}

export function topicRows(sn: string, topics: readonly string[]): RowsOutcome {
  return { rows: topics.map((topic) => ({ sn, topic })), issues: [] };
}

export function powerRows({ readings, issues }: PvPower): RowsOutcome {
  const rows = readings.map(({ device, timeMs, value }) => ({
    sn: device,
    time: timeText(timeMs),
    activePowerW: value,
  }));
  return { rows, issues };
}

export function energyRows(sn: string, { timeZone, periods, issues }: PvEnergy): RowsOutcome {
  const rows = periods.map(({ period, fromMs, toMs, energyWh }) => ({
    ...{ sn, period, from: timeText(fromMs), to: timeText(toMs), timeZone, energyWh },
  }));
  return { rows, issues };
}

function timeText(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}
