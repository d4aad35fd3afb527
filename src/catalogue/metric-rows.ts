import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { Conflict } from "../domain/errors.ts";
import type { Metric, MetricTemplate } from "../domain/metric.ts";
import { inPieces } from "./bulk.ts";
import type { CatalogueDatabase } from "./database.ts";
import { refusingDoubles, refusingOrphans } from "./integrity.ts";
import type { Schema } from "./schema.ts";

export type NewMetric = MetricTemplate & { readonly deviceId: string };

/** Series numbers are `UInt32` in the telemetry store. */
export const SERIES_MAX = 2 ** 32 - 1;

/**
 * Inserts metrics, each with a series number of its own, inside a transaction; in the order given.
 * @param source who creates them: a push source, or null
 * @throws Conflict when a device would have two of one name, or the numbers are used up; NotFound when a device is gone.
 */
export async function insertMetrics(
  transaction: CatalogueDatabase,
  wanted: readonly NewMetric[],
  source: string | null,
  nowMs: number,
): Promise<Metric[]> {
  const metrics: Metric[] = [];
  await inPieces(wanted, async (piece) => {
    const ids = piece.map(() => uuidv7());
    const numbered = await transaction
      .insertInto("series")
      .values(ids.map((id) => ({ metric_id: id, ended_kind: null })))
      .returning(["metric_id", "number"])
      .execute();
    // The order of returned rows is not promised, by either database.
    const numbers = new Map(numbered.map(({ metric_id, number }) => [metric_id, number]));
    const added = piece.map((metric, index): Metric => {
      const id = ids[index] ?? "";
      const series = numbers.get(id) ?? Number.NaN;
      if (!(series <= SERIES_MAX)) throw new Conflict(`All ${SERIES_MAX} series numbers are used up.`);
      return { id, deviceId: metric.deviceId, name: metric.name, unit: metric.unit, kind: metric.kind, series };
    });
    await refusingDoubles(added.length === 1 ? `metric "${added[0]?.name}"` : "metric of one of these names", () =>
      refusingOrphans("device", () =>
        transaction
          .insertInto("metric")
          .values(
            added.map(({ id, deviceId, name, unit, kind, series }) => ({
              id,
              device_id: deviceId,
              name,
              unit,
              kind,
              series,
              created_at_ms: nowMs,
              source,
            })),
          )
          .execute(),
      ),
    );
    metrics.push(...added);
  });
  return metrics;
}

export function metricOf(row: Selectable<Schema["metric"]>): Metric {
  return { id: row.id, deviceId: row.device_id, name: row.name, unit: row.unit, kind: row.kind, series: row.series };
}

/** Notes of metrics that are about to be deleted what their series held. */
export async function endSeries(transaction: CatalogueDatabase, by: "id" | "device_id", id: string): Promise<void> {
  const metrics = await transaction.selectFrom("metric").select(["series", "kind"]).where(by, "=", id).execute();
  for (const { series, kind } of metrics) {
    await transaction.updateTable("series").set({ ended_kind: kind }).where("number", "=", series).execute();
  }
}

/** The same of all metrics of a connection's devices. */
export async function endSeriesOfConnection(transaction: CatalogueDatabase, connectionId: string): Promise<void> {
  const devices = transaction.selectFrom("device").select("id").where("connection_id", "=", connectionId);
  await transaction
    .updateTable("series")
    .set((of) => ({
      ended_kind: of.selectFrom("metric").select("kind").whereRef("metric.series", "=", "series.number"),
    }))
    .where("number", "in", transaction.selectFrom("metric").select("series").where("device_id", "in", devices))
    .execute();
}
