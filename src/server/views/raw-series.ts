import type { z } from "zod";
import type { SeriesOwner } from "../../catalogue/directory.ts";
import { InvalidInput } from "../../domain/errors.ts";
import type { ReadingColumns } from "../../domain/reading.ts";
import type { RawCursor, TelemetryStore } from "../../telemetry/store.ts";
import type * as api from "../schemas.ts";
import type { SeriesRequest } from "./series-request.ts";

/** The part of a series answer that holds readings as they came. */
export type RawSeries = Pick<z.input<typeof api.Series>, "series" | "nextCursor">;

/**
 * A page of the metrics' readings, in the order of time over all of them: `maxPoints` at most in all.
 * @throws InvalidInput for a cursor that is none of ours, StorageUnavailable
 */
export async function rawSeries(
  store: TelemetryStore,
  owners: readonly SeriesOwner[],
  { fromMs, toMs, maxPoints: limit, cursor }: SeriesRequest,
): Promise<RawSeries> {
  const series = owners.map((owner) => owner.series);
  const after = cursor === undefined ? {} : { after: readCursor(cursor) };
  const { columns, next } = await store.readRaw({ series, fromMs, toMs, limit, ...after });
  const points = pointsBySeries(columns);
  return {
    series: owners.map((owner) => ({
      metricId: owner.metricId,
      unit: owner.unit,
      points: points.get(owner.series) ?? [],
      coverage: null,
    })),
    nextCursor: next && `${next.timeMs}.${next.series}`,
  };
}

function pointsBySeries({ length, series, timesMs, values }: ReadingColumns): Map<number, [number, number][]> {
  const points = new Map<number, [number, number][]>();
  for (let row = 0; row < length; row++) {
    // Within `length` every column has a value; the fallbacks are for the type only.
    const point: [number, number] = [timesMs[row] ?? 0, values[row] ?? 0];
    const own = points.get(series[row] ?? 0);
    if (own) own.push(point);
    else points.set(series[row] ?? 0, [point]);
  }
  return points;
}

function readCursor(text: string): RawCursor {
  const [, timeMs, series] = /^(-?\d{1,15})\.(\d{1,10})$/.exec(text) ?? [];
  if (timeMs === undefined || series === undefined) {
    throw new InvalidInput([{ path: "cursor", message: "must be the nextCursor of an earlier answer" }]);
  }
  return { timeMs: Number(timeMs), series: Number(series) };
}
