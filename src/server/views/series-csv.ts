import type { z } from "zod";
import type * as api from "../schemas.ts";
import { isoTime } from "./times.ts";

/** A series answer as CSV (RFC 4180): a line a point. Ids, units and numbers hold nothing that needs quotes. */
export function seriesCsv({ series }: z.input<typeof api.Series>): string {
  const hasCoverage = series.some(({ pointCoverage }) => pointCoverage !== undefined);
  const lines = series.flatMap(({ metricId, unit, points, pointCoverage }) =>
    points.map(([timeMs, value], index) => {
      const coverage = hasCoverage ? `,${pointCoverage?.[index] ?? ""}` : "";
      return `${isoTime(timeMs)},${metricId},${value},${quoted(unit)}${coverage}\r\n`;
    }),
  );
  return `time,metricId,value,unit${hasCoverage ? ",coverage" : ""}\r\n${lines.join("")}`;
}

export function acrossCsv({ points, unit }: z.input<typeof api.SeriesAcross>): string {
  const lines = points.map(([timeMs, value, metrics]) => `${isoTime(timeMs)},${value},${quoted(unit)},${metrics}\r\n`);
  return `time,value,unit,metrics\r\n${lines.join("")}`;
}

/** A unit is UCUM, and still whatever its metric was made with. */
function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
