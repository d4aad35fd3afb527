import { QUALITY, qualityName } from "../../domain/reading.ts";
import type { SeriesRun } from "./series-runs.ts";

export const LINE_FORMATS = ["csv", "ndjson"] as const;
export type LineFormat = (typeof LINE_FORMATS)[number];

/** Columns of an exported reading, in this order. */
export const EXPORT_COLUMNS = ["metricId", "site", "device", "metric", "unit", "time", "value", "quality"] as const;

/** Whose readings follow: what stands in every line of a series. */
export interface SeriesNames {
  readonly metricId: string;
  readonly site: string;
  readonly device: string;
  readonly metric: string;
  /** UCUM code. */
  readonly unit: string;
}

/** Lines are handed on in chunks of about this size. */
const CHUNK_BYTES = 131_072;
/** A line without its names: time 24, value at most 25 (`-2.2250738585072014e-308`), and what stands between. */
const LINE_REST_BYTES_MAX = 128;

const DAY_MS = 86_400_000;
const ASCII_ZERO = 48;
const COLON = 58;
const DOT = 46;
const LETTER_Z = 90;

/**
 * Writes readings as lines, straight into bytes: a string per reading would cost most of the time. A value reads back to the same
 * double, -0 included; times are ISO 8601 in UTC with ms.
 */
export class ReadingLines {
  /** What stands before the first line; empty for NDJSON. */
  readonly header: Uint8Array;
  readonly #format: LineFormat;
  readonly #beforeValue: Uint8Array;
  /** By quality code: what ends a line. */
  readonly #ends: readonly Uint8Array[];
  /** The last day that was written, as `2026-11-21T`. */
  #day = Number.NaN;
  #date: Uint8Array = new Uint8Array();

  constructor(format: LineFormat) {
    const csv = format === "csv";
    this.#format = format;
    this.header = Buffer.from(csv ? `${EXPORT_COLUMNS.join(",")}\n` : "");
    this.#beforeValue = Buffer.from(csv ? "," : '","value":');
    this.#ends = [QUALITY.good, QUALITY.uncertain, QUALITY.bad].map((code) =>
      Buffer.from(csv ? `,${qualityName(code)}\n` : `,"quality":"${qualityName(code)}"}\n`),
    );
  }

  /** A run's lines, whole lines in every chunk. */
  *write(names: SeriesNames, run: SeriesRun): Generator<Uint8Array, void, undefined> {
    const head = this.#head(names);
    const lineBytesMax = head.length + LINE_REST_BYTES_MAX;
    const chunkBytes = Math.max(CHUNK_BYTES, lineBytesMax);
    let chunk = Buffer.allocUnsafe(chunkBytes);
    let at = 0;
    for (let row = 0; row < run.length; row++) {
      if (at + lineBytesMax > chunkBytes) {
        yield chunk.subarray(0, at);
        chunk = Buffer.allocUnsafe(chunkBytes);
        at = 0;
      }
      chunk.set(head, at);
      at = this.#writeTime(chunk, at + head.length, run.timesMs[row] ?? 0);
      chunk.set(this.#beforeValue, at);
      at = writeAscii(chunk, at + this.#beforeValue.length, valueText(run.values[row] ?? 0));
      // A code of a newer version reads as bad.
      const end = this.#ends[run.qualities[row] ?? 0] ?? this.#ends[QUALITY.bad];
      if (end === undefined) throw new RangeError("every quality ends a line");
      chunk.set(end, at);
      at += end.length;
    }
    if (at > 0) yield chunk.subarray(0, at);
  }

  #head({ metricId, site, device, metric, unit }: SeriesNames): Uint8Array {
    if (this.#format === "csv") {
      return Buffer.from([metricId, site, device, metric, unit].map((text) => `${csvField(text)},`).join(""));
    }
    return Buffer.from(`${JSON.stringify({ metricId, site, device, metric, unit }).slice(0, -1)},"time":"`);
  }

  #writeTime(chunk: Uint8Array, from: number, timeMs: number): number {
    const day = Math.floor(timeMs / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#date = Buffer.from(new Date(day * DAY_MS).toISOString().slice(0, 11));
    }
    const ms = timeMs - day * DAY_MS;
    const seconds = Math.floor(ms / 1_000);
    const minutes = Math.floor(seconds / 60);
    chunk.set(this.#date, from);
    const at = from + this.#date.length;
    writePair(chunk, at, Math.floor(minutes / 60));
    chunk[at + 2] = COLON;
    writePair(chunk, at + 3, minutes % 60);
    chunk[at + 5] = COLON;
    writePair(chunk, at + 6, seconds % 60);
    chunk[at + 8] = DOT;
    const thousandths = ms - seconds * 1_000;
    chunk[at + 9] = ASCII_ZERO + Math.floor(thousandths / 100);
    writePair(chunk, at + 10, thousandths % 100);
    chunk[at + 12] = LETTER_Z;
    return at + 13;
  }
}

/** The shortest text that reads back to the same double. */
function valueText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function writePair(chunk: Uint8Array, at: number, number: number): void {
  const tens = (number / 10) | 0;
  chunk[at] = ASCII_ZERO + tens;
  chunk[at + 1] = ASCII_ZERO + number - tens * 10;
}

function writeAscii(chunk: Uint8Array, from: number, text: string): number {
  for (let place = 0; place < text.length; place++) chunk[from + place] = text.charCodeAt(place);
  return from + text.length;
}

/** RFC 4180, with line feeds alone between the lines. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
