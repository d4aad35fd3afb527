import { csvField, LINE_END, type LineEnd } from "../csv.ts";

export type PointFormat = "csv" | "ndjson";

/** Points of one call, each of the series that its position names. */
export interface SeriesPoints {
  readonly points: {
    readonly length: number;
    readonly positions: ArrayLike<number>;
    readonly timesMs: ArrayLike<number>;
    readonly values: ArrayLike<number>;
  };
  /** Per position: the values of the columns that name the series. */
  readonly series: readonly (readonly (string | null)[])[];
  /** Per point, for a further column: the vendor's word for its value. */
  readonly decoded?: readonly (string | null)[] | null;
}

/** Columns that name a series: of `query` and of `select`. */
export const INDEX_COLUMNS = ["index"] as const;
export const STREAM_COLUMNS = ["streamKey", "tag"] as const;

/** Text is handed on in parts of about this length, whatever a call brings. */
const PART_CHARS = 65_536;

export interface PointText {
  /** The first line; empty where the format has none. */
  readonly header: string;
  rows(points: SeriesPoints): Generator<string, void, undefined>;
}

export interface PointTextOptions {
  /** The columns that name a series. */
  readonly columns: readonly string[];
  /** Whether there is a further column for the vendor's words. Default false. */
  readonly decoded?: boolean;
  /** Of CSV. Default that of a file. */
  readonly lineEnd?: LineEnd;
}

/** How points become lines: the series' columns, `timestamp` (ISO 8601, UTC) and `value`, and `decoded` where asked for. */
export function pointText(format: PointFormat, options: PointTextOptions): PointText {
  const { columns, decoded = false, lineEnd = LINE_END.file } = options;
  const all = [...columns, "timestamp", "value", ...(decoded ? ["decoded"] : [])];
  return {
    header: format === "csv" ? `${all.join(",")}${lineEnd}` : "",
    *rows({ points, series, decoded: words }) {
      const { length, positions, timesMs, values } = points;
      const heads = series.map((names) => (format === "csv" ? csvHead(names) : jsonHead(columns, names)));
      const times = new TimestampWriter();
      let part = "";
      for (let at = 0; at < length; at++) {
        const head = heads[positions[at] ?? 0] ?? "";
        const time = times.write(timesMs[at] ?? 0);
        const value = values[at] ?? 0;
        const word = words?.[at] ?? null;
        if (format === "csv") part += `${head}${time},${value}${decoded ? `,${csvField(word)}` : ""}${lineEnd}`;
        else part += `${head}${time}","value":${value}${decoded ? `,"decoded":${JSON.stringify(word)}` : ""}}\n`;
        if (part.length >= PART_CHARS) {
          yield part;
          part = "";
        }
      }
      if (part !== "") yield part;
    },
  };
}

function csvHead(names: readonly (string | null)[]): string {
  return `${names.map(csvField).join(",")},`;
}

function jsonHead(columns: readonly string[], names: readonly (string | null)[]): string {
  const members = columns.map((column, at) => `${JSON.stringify(column)}:${JSON.stringify(names[at] ?? null)}`);
  return `{${members.join(",")},"timestamp":"`;
}

/** Writes times as `toISOString` does. Most follow one another closely, so that a second's text is made once. */
export class TimestampWriter {
  #second = Number.NaN;
  #text = "";

  /** @param timeMs whole epoch ms within what a Date holds */
  write(timeMs: number): string {
    const second = Math.floor(timeMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(second * 1_000).toISOString().slice(0, -4);
    }
    const ms = timeMs - second * 1_000;
    return `${this.#text}${ms < 10 ? "00" : ms < 100 ? "0" : ""}${ms}Z`;
  }
}
