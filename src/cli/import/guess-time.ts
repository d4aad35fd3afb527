import { BadUse } from "../exit-codes.ts";
import { durationText } from "../terminal.ts";
import type { TimeColumn } from "./plan.ts";
import type { Sample } from "./sample.ts";
import { type DateOrder, epochUnitOf, leadingNumbers, readTime, type TimeFormat } from "./time-format.ts";

/** Names that a column of times has; of epochs, which look like any number, it must have one. */
const TIME_NAME = /(^|[^a-z])(time|timestamp|datetime|date|ts|epoch|unix|zeit|datum|fecha|heure)([^a-z]|$)|_on$|_at$/i;
/** Half of a column's cells must be times for it to be one: broken rows are better named than the column overlooked. */
const SHARE_MIN = 0.5;
const MONTHS = 12;

export interface TimeWishes {
  /** The header of the column that was named; null for a guess. */
  readonly header: string | null;
  /** Null for a guess. */
  readonly order: DateOrder | null;
}

/** Finds the column of times and how they are written. @throws BadUse saying what to add */
export function guessTime(sample: Sample, { header, order }: TimeWishes): TimeColumn {
  const columns = sample.headers.map((_, column) => column);
  const candidates = header === null ? columns : columns.filter((column) => sample.headers[column] === header);
  const read = candidates.flatMap((column) => {
    const cells = cellsOf(sample, column);
    const found = formatOf(cells, order, header !== null || TIME_NAME.test(sample.headers[column] ?? ""));
    return found ? [{ column, cells, ...found }] : [];
  });
  const named = read.find(({ column }) => TIME_NAME.test(sample.headers[column] ?? ""));
  const found = named ?? read[0];
  if (!found) {
    throw new BadUse(
      header === null
        ? "No column holds times: name it by --columns time=<column>."
        : `The column "${header}" holds no times that can be read, such as "${cellsOf(sample, candidates[0] ?? 0)[0] ?? ""}".`,
    );
  }
  const times = timesOf(found.cells, found.format);
  return {
    column: found.column,
    header: sample.headers[found.column] ?? "",
    format: found.format,
    orderReason: found.orderReason,
    isLocal: found.cells.some((cell) => readTime(cell, found.format)?.offsetMs === null),
    isDescending: (times.at(-1) ?? 0) < (times[0] ?? 0),
    example: found.cells[0] ?? "",
  };
}

interface FoundFormat {
  readonly format: TimeFormat;
  readonly orderReason: string | null;
}

function formatOf(cells: readonly string[], order: DateOrder | null, mayBeEpoch: boolean): FoundFormat | null {
  if (areMost(cells, (cell) => readTime(cell, { kind: "iso" }) !== null)) {
    return { format: { kind: "iso" }, orderReason: null };
  }
  if (areMost(cells, (cell) => leadingNumbers(cell) !== null)) {
    return order === null
      ? yearLastFormat(cells)
      : { format: { kind: "year-last", order }, orderReason: "as --date-order says" };
  }
  const unit = epochUnitOf(cells[0] ?? "");
  if (mayBeEpoch && unit !== null && areMost(cells, (cell) => epochUnitOf(cell) === unit)) {
    return { format: { kind: "epoch", unit }, orderReason: null };
  }
  return null;
}

/** Day or month first: by a number past 12, else by which of the two makes rows that follow one another evenly. */
function yearLastFormat(cells: readonly string[]): FoundFormat {
  const numbers = cells.map(leadingNumbers).filter((pair) => pair !== null);
  const dayFirst = numbers.some(([first]) => first > MONTHS);
  const monthFirst = numbers.some(([, second]) => second > MONTHS);
  if (dayFirst !== monthFirst) return { format: yearLast(dayFirst ? "dmy" : "mdy"), orderReason: null };
  const [dmy, mdy] = (["dmy", "mdy"] as const).map((order) => evenness(timesOf(cells, yearLast(order))));
  if (!dayFirst && dmy && mdy && dmy.share !== mdy.share) {
    const [order, { stepMs }] = dmy.share > mdy.share ? (["dmy", dmy] as const) : (["mdy", mdy] as const);
    const words = order === "dmy" ? "the day first" : "the month first";
    return {
      format: yearLast(order),
      orderReason: `${words}, so that rows follow one another every ${durationText(stepMs).replace(/ 0 s$/, "")}`,
    };
  }
  throw new BadUse(
    `"${cells[0]}" may have the day or the month first: say it by --date-order dmy or --date-order mdy.`,
  );
}

function yearLast(order: DateOrder): TimeFormat {
  return { kind: "year-last", order };
}

/** The most frequent step between rows, and how many of the steps are that. */
function evenness(times: readonly number[]): { readonly stepMs: number; readonly share: number } {
  const counts = new Map<number, number>();
  for (const [at, time] of times.entries()) {
    const stepMs = Math.abs(time - (times[at - 1] ?? time));
    if (stepMs > 0) counts.set(stepMs, (counts.get(stepMs) ?? 0) + 1);
  }
  const [stepMs, count] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [0, 0];
  return { stepMs, share: count / Math.max(1, times.length) };
}

function timesOf(cells: readonly string[], format: TimeFormat): number[] {
  return cells.flatMap((cell) => readTime(cell, format)?.localMs ?? []);
}

function cellsOf({ rows }: Sample, column: number): string[] {
  return rows.map(({ cells }) => (cells[column] ?? "").trim()).filter((cell) => cell !== "");
}

function areMost(cells: readonly string[], is: (cell: string) => boolean): boolean {
  return cells.length > 0 && cells.filter(is).length >= cells.length * SHARE_MIN;
}
