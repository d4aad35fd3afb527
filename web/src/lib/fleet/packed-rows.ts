import type { Row } from "./rows.ts";

type Cells = readonly [
  id: Row["id"],
  name: Row["name"],
  serialNumber: Row["serialNumber"],
  site: Row["site"],
  status: Row["status"],
  activePowerW: Row["activePowerW"],
  activePowerAtMs: Row["activePowerAtMs"],
  ratedPowerW: Row["ratedPowerW"],
  onlineMetricId: Row["onlineMetricId"],
  activePowerMetricId: Row["activePowerMetricId"],
  activePowerUnitW: Row["activePowerUnitW"],
  staleAfterMs: Row["staleAfterMs"],
];

/** Rows as they travel with the page, as one text: 500 objects would take the server four times as long to write, and twice the bytes. */
export function packRows(rows: readonly Row[]): string {
  return JSON.stringify(
    rows.map(
      (row): Cells => [
        row.id,
        row.name,
        row.serialNumber,
        row.site,
        row.status,
        row.activePowerW,
        row.activePowerAtMs,
        row.ratedPowerW,
        row.onlineMetricId,
        row.activePowerMetricId,
        row.activePowerUnitW,
        row.staleAfterMs,
      ],
    ),
  );
}

/** @param text of `packRows` */
export function unpackRows(text: string): Row[] {
  return (JSON.parse(text) as Cells[]).map(
    ([
      id,
      name,
      serialNumber,
      site,
      status,
      activePowerW,
      activePowerAtMs,
      ratedPowerW,
      onlineMetricId,
      activePowerMetricId,
      activePowerUnitW,
      staleAfterMs,
    ]) => ({
      id,
      name,
      serialNumber,
      site,
      status,
      activePowerW,
      activePowerAtMs,
      ratedPowerW,
      onlineMetricId,
      activePowerMetricId,
      activePowerUnitW,
      staleAfterMs,
    }),
  );
}
