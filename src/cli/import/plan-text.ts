import { counted } from "../terminal.ts";
import type { BadRow, RowTally } from "./check.ts";
import type { Destination } from "./destination.ts";
import type { ImportPlan, NameSource, ValueColumn } from "./plan.ts";
import type { FileSeries } from "./row-interpreter.ts";
import type { TimeFormat } from "./time-format.ts";
import type { UnitChange } from "./units.ts";

export interface PlanWords {
  /** The file's name. */
  readonly name: string;
  readonly plan: ImportPlan;
  readonly destination: Destination;
  /** Of times without an offset, and where it comes from. */
  readonly timezone: { readonly zone: string; readonly from: string } | null;
  /** Of a site that will be new. */
  readonly siteTimezone: string;
}

/** Columns of values that are shown; a wide table has more than anybody reads. */
const COLUMNS_SHOWN_MAX = 40;
const LEFT_OUT_SHOWN_MAX = 10;

/** The plan as lines for a person, before anything is written. */
export function planLines({ name, plan, destination, timezone, siteTimezone }: PlanWords): string[] {
  const { time, values, leftOut } = plan;
  const shown = values.slice(0, COLUMNS_SHOWN_MAX);
  const width = Math.max(...shown.map((column) => headerOf(column).length));
  return [
    `File     ${name}: ${formatWords(plan)}`,
    `Times    ${time.header || `column ${time.column + 1}`}: ${timeWords(time.format)}, such as ${time.example}`,
    ...(time.orderReason === null ? [] : [`         ${time.orderReason}`]),
    ...(timezone === null ? [] : [`         without an offset: local time of ${timezone.zone} (${timezone.from})`]),
    `Site     ${placeWords(plan.site, destination.site, plan, destination.site === "new" ? `timezone ${siteTimezone}` : "")}`,
    `Device   ${placeWords(plan.device, destination.device, plan, "")}`,
    ...shown.map(
      (column, at) =>
        `${at === 0 ? "Columns" : "       "}  ${headerOf(column).padEnd(width)}  ${columnWords(column, plan)}`,
    ),
    ...(values.length > shown.length ? [`         and ${values.length - shown.length} more`] : []),
    ...leftOut
      .slice(0, LEFT_OUT_SHOWN_MAX)
      .map(({ header, why }, at) => `${at === 0 ? "Left out" : "        "} ${header}: ${why}`),
    ...(leftOut.length > LEFT_OUT_SHOWN_MAX
      ? [`         and ${leftOut.length - LEFT_OUT_SHOWN_MAX} more columns`]
      : []),
  ];
}

/** What a check of all rows found. */
export function checkLines(tally: RowTally, series: readonly FileSeries[], overlaps: number): string[] {
  const { rows, readings, empty, badRows, bad, fromMs, toMs } = tally;
  const range = readings === 0 ? "" : `, ${isoText(fromMs)} to ${isoText(toMs)}`;
  return [
    `Checked  ${counted(rows, "row")}: ${counted(readings, "reading")} of ${counted(series.length, "metric")}${range}`,
    ...(empty === 0 ? [] : [`         ${counted(empty, "cell")} without a value`]),
    ...(overlaps === 0
      ? []
      : [`         ${counted(overlaps, "time")} in an hour that came twice, told apart by the order of the rows`]),
    ...badRowLines(badRows, bad),
  ];
}

export function badRowLines(badRows: number, bad: readonly BadRow[]): string[] {
  if (badRows === 0) return [];
  const lines = bad.map(({ line, reason }) => `         line ${line}: ${reason}`);
  return [
    `Bad      ${counted(badRows, "row")}`,
    ...lines,
    ...(badRows > bad.length ? [`         and ${badRows - bad.length} more`] : []),
  ];
}

export function isoText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

const DELIMITER_WORDS = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" } as const;

function formatWords({ format, delimiter, hasHeader, decimalComma }: ImportPlan): string {
  if (format === "ndjson") return "NDJSON";
  const header = hasHeader ? "" : ", no header";
  return `CSV, ${DELIMITER_WORDS[delimiter]} between${header}${decimalComma ? ", a comma as decimal point" : ""}`;
}

function timeWords(format: TimeFormat): string {
  switch (format.kind) {
    case "iso":
      return "ISO 8601";
    case "year-last":
      return format.order === "dmy" ? "day, month, year" : "month, day, year";
    case "epoch":
      return `${format.unit} since 1970`;
  }
}

function placeWords(source: NameSource, found: Destination["site"], { headers }: ImportPlan, also: string): string {
  if ("column" in source) return `of each row: column ${headers[source.column] || source.column + 1}`;
  const words = found === "new" ? ["new"] : found === "unknown" ? ["created when it is new"] : [];
  const notes = [...words, also].filter((word) => word !== "");
  return `"${source.text}"${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`;
}

function headerOf({ header, column }: ValueColumn): string {
  return header || `column ${column + 1}`;
}

function columnWords(
  { metric, unit, kind, header }: ValueColumn,
  { metricColumn, unitColumn, headers }: ImportPlan,
): string {
  const name = metricColumn === null ? `metric ${metric}` : `metric of each row: column ${headers[metricColumn]}`;
  if (kind === "state") return `${name}, 1 for true and 0 for false`;
  if (unitColumn !== null) return `${name}, unit of each row: column ${headers[unitColumn]}`;
  return `${name}, ${unitWords(unit, header)}`;
}

function unitWords({ from, to, conversion }: UnitChange, header: string): string {
  if (from === null && to === "1") return `unit unknown: --unit "${header}=kW:W" would say it`;
  if (from === null) return `unit ${to}, as the metric has`;
  if (conversion === null) return `unit ${to}`;
  const { exponent, multiply, add } = conversion;
  const factor = Number((10 ** exponent * multiply).toPrecision(6));
  return `unit ${from}, stored in ${to} (× ${factor}${add === 0 ? "" : ` ${add < 0 ? "−" : "+"} ${Number(Math.abs(add).toPrecision(6))}`})`;
}
