import { BadUse } from "../exit-codes.ts";
import { DELIMITERS, DelimitedRows, type Delimiter } from "./delimited-rows.ts";
import { membersOf, NdjsonRows } from "./ndjson-rows.ts";
import { isBroken, type Row, type RowReader } from "./rows.ts";
import { epochUnitOf, readTime } from "./time-format.ts";

/** So many rows are looked at to guess what a file is. */
export const SAMPLE_ROWS_MAX = 2_000;
/** So many bytes are read for that. */
export const SAMPLE_BYTES = 524_288;
/** Columns of a table. */
export const COLUMNS_MAX = 1_000;

/** A file's beginning, taken apart. */
export interface Sample {
  readonly format: "csv" | "ndjson";
  readonly delimiter: Delimiter;
  readonly hasHeader: boolean;
  readonly headers: readonly string[];
  /** Without the header. */
  readonly rows: readonly Row[];
}

/**
 * @param text the file's beginning, or all of it
 * @param isWhole whether that is all of it
 * @param name the file's name, whose ending may say the format
 * @throws BadUse when it is no table
 */
export function takeSample(text: string, isWhole: boolean, name: string): Sample {
  if (text.trim() === "") throw new BadUse(`${name} is empty.`);
  const sample =
    /\.(ndjson|jsonl)$/i.test(name) || text.trimStart().startsWith("{")
      ? ndjsonSample(text, isWhole)
      : delimitedSample(text, isWhole, name);
  if (sample.headers.length > COLUMNS_MAX) {
    throw new BadUse(`${name} has ${sample.headers.length} columns, and at most ${COLUMNS_MAX} are taken.`);
  }
  const [double] = sample.headers.filter((header, at) => header !== "" && sample.headers.indexOf(header) !== at);
  if (double !== undefined) throw new BadUse(`${name} has two columns of the name "${double}".`);
  if (sample.rows.length === 0) throw new BadUse(`${name} holds no rows.`);
  return sample;
}

/** The reader for all of a file whose beginning this is. */
export function rowReader({ format, delimiter, headers }: Pick<Sample, "format" | "delimiter" | "headers">): RowReader {
  return format === "ndjson" ? new NdjsonRows(headers) : new DelimitedRows(delimiter);
}

function ndjsonSample(text: string, isWhole: boolean): Sample {
  const lines = text.split("\n", SAMPLE_ROWS_MAX);
  if (!isWhole && lines.length < SAMPLE_ROWS_MAX) lines.pop();
  const headers = new Set<string>();
  for (const line of lines) {
    for (const name of Object.keys(membersOf(line) ?? {})) headers.add(name);
  }
  const shape = { format: "ndjson", delimiter: ",", hasHeader: false, headers: [...headers] } as const;
  return { ...shape, rows: rowsOf(rowReader(shape), lines.map((line) => `${line}\n`).join(""), false) };
}

function delimitedSample(text: string, isWhole: boolean, name: string): Sample {
  const readings = DELIMITERS.map((delimiter) => {
    const rows = rowsOf(new DelimitedRows(delimiter), text, isWhole);
    const width = usualWidth(rows);
    const share = rows.filter(({ cells }) => cells.length === width).length / Math.max(1, rows.length);
    return { delimiter, rows, width, share };
  });
  // A comma may stand in every number, but hardly as often in every row as what really parts them.
  const [best] = readings.filter(({ width }) => width > 1).sort((a, b) => b.share - a.share || b.width - a.width);
  const [first] = best?.rows ?? [];
  if (!best || !first) {
    throw new BadUse(
      `${name} is no table: no comma, semicolon, tab or bar parts its lines, and no line is a JSON object.`,
    );
  }
  const hasHeader = !first.cells.some((cell) => looksLikeTime(cell.trim()));
  return {
    format: "csv",
    delimiter: best.delimiter,
    hasHeader,
    headers: hasHeader
      ? first.cells.map((cell) => cell.trim())
      : first.cells.map((_, column) => `column ${column + 1}`),
    rows: hasHeader ? best.rows.slice(1) : best.rows,
  };
}

/** The whole rows of a text, or its first ones. */
function rowsOf(reader: RowReader, text: string, isWhole: boolean): Row[] {
  const rows = [...reader.write(text), ...(isWhole ? reader.end() : [])];
  return rows.filter((row): row is Row => !isBroken(row)).slice(0, SAMPLE_ROWS_MAX);
}

function usualWidth(rows: readonly Row[]): number {
  const counts = new Map<number, number>();
  for (const { cells } of rows) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 0;
}

/** Whether a cell can be nothing but a time, which no header is. */
function looksLikeTime(text: string): boolean {
  return (
    readTime(text, { kind: "iso" }) !== null ||
    readTime(text, { kind: "year-last", order: "dmy" }) !== null ||
    readTime(text, { kind: "year-last", order: "mdy" }) !== null ||
    epochUnitOf(text) !== null
  );
}
