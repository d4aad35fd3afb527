import { styleText } from "node:util";
import { csvLine, LINE_END } from "../csv.ts";
import type { LocalClock } from "../local-time.ts";
import { counted, NO_RULES, print, visible } from "../terminal.ts";
import type { TimeRange } from "../time-option.ts";
import type { QueriedSeries } from "./queried-series.ts";

/** How times are written: null as ISO 8601 in UTC, else with a zone's offset. */
export type TimeWriter = LocalClock | null;

/** Columns of a queried point. */
const COLUMNS = ["metricId", "site", "device", "metric", "unit", "time", "value"] as const;

/** Metrics that a table has beside one another; of more, each has rows of its own. */
const SIDE_BY_SIDE_MAX = 6;
/** Rows that a terminal shows. */
export const TABLE_ROWS_MAX = 2_000;

export function csvText(series: readonly QueriedSeries[], times: TimeWriter): string {
  const columns = columnsOf(series);
  return [csvLine(columns, LINE_END.pipe), ...rowsOf(series, times).map((row) => csvLine(row, LINE_END.pipe))].join("");
}

export function ndjsonText(series: readonly QueriedSeries[], times: TimeWriter): string {
  const columns = columnsOf(series);
  return rowsOf(series, times)
    .map((row) => `${JSON.stringify(Object.fromEntries(columns.map((column, at) => [column, row[at]])))}\n`)
    .join("");
}

function columnsOf(series: readonly QueriedSeries[]): readonly string[] {
  return series.some(({ pointCoverage }) => pointCoverage !== null) ? [...COLUMNS, "coverage"] : COLUMNS;
}

function rowsOf(series: readonly QueriedSeries[], times: TimeWriter): (string | number)[][] {
  return series.flatMap(({ metric, unit, points, pointCoverage }) =>
    points.map(([timeMs, value], at) => [
      metric.id,
      metric.site.name,
      metric.device,
      metric.name,
      unit,
      times?.text(timeMs) ?? new Date(timeMs).toISOString(),
      value,
      ...(pointCoverage ? [pointCoverage[at] ?? 0] : []),
    ]),
  );
}

/** Times down, metrics across; where there are many, one below the other. */
export async function printSeriesTable(series: readonly QueriedSeries[], clock: LocalClock): Promise<void> {
  const { default: Table } = await import("cli-table3");
  const isWide = series.length <= SIDE_BY_SIDE_MAX;
  const [head, ...rows] = isWide ? wideRows(series, clock) : longRows(series, clock);
  const table = new Table({
    style: { head: [], border: ["gray"] },
    chars: NO_RULES,
    colAligns: (head ?? []).map((_, at) => (at > (isWide ? 0 : 2) ? "right" : "left")),
  });
  table.push((head ?? []).map((cell) => styleText("bold", visible(cell))));
  for (const row of rows.slice(0, TABLE_ROWS_MAX)) table.push(row.map(visible));
  print(table.toString());
  if (rows.length > TABLE_ROWS_MAX)
    print(`… and ${rows.length - TABLE_ROWS_MAX} more rows: --format csv shows them all.`);
}

function wideRows(series: readonly QueriedSeries[], clock: LocalClock): string[][] {
  const values = series.map(({ points }) => new Map(points));
  const times = [...new Set(series.flatMap(({ points }) => points.map(([timeMs]) => timeMs)))].sort((a, b) => a - b);
  return [
    ["time", ...series.map(({ metric, unit }) => `${metric.device}\n${metric.name} (${unit})`)],
    ...times.map((timeMs) => [clock.text(timeMs), ...values.map((of) => numberText(of.get(timeMs)))]),
  ];
}

function longRows(series: readonly QueriedSeries[], clock: LocalClock): string[][] {
  return [
    ["device", "metric", "time", "value"],
    ...series.flatMap(({ metric, unit, points }) =>
      points.map(([timeMs, value]) => [
        metric.device,
        `${metric.name} (${unit})`,
        clock.text(timeMs),
        numberText(value),
      ]),
    ),
  ];
}

/** Seven digits tell all that a person compares. */
function numberText(value: number | undefined): string {
  return value === undefined ? "" : String(Number(value.toPrecision(7)));
}

/** What numbers mean: beside every answer for a person. */
export function wordsOf(
  series: readonly QueriedSeries[],
  { aggregate, zone, range, times }: { aggregate: string; zone: string; range: TimeRange; times: TimeWriter },
): string[] {
  const points = series.reduce((sum, one) => sum + one.points.length, 0);
  const [first] = series;
  const steps = !first || first.step === "raw" ? "raw readings" : `${aggregate} by ${first.step}`;
  const written = times === null ? "UTC" : zone;
  const from = times?.text(range.fromMs) ?? new Date(range.fromMs).toISOString();
  const to = times?.text(range.toMs) ?? new Date(range.toMs).toISOString();
  return [
    `${counted(points, "value")} of ${counted(series.length, "metric")}: ${steps}, ${from} to ${to}, times in ${written}.`,
    ...series
      .slice(0, SIDE_BY_SIDE_MAX)
      .flatMap(({ metric, coverage }) =>
        coverage === null
          ? []
          : [`  ${metric.device} ${metric.name}: ${(coverage * 100).toFixed(1)} % of the steps have a value.`],
      ),
  ];
}
