import type { FileSeries, RowReadings } from "./row-interpreter.ts";

/** Readings of one request, about. */
export const READINGS_PER_REQUEST = 10_000;

/** Lines of line protocol that are sent at once. */
export interface FinishedBatch {
  readonly bytes: Uint8Array;
  readonly readings: number;
  /** The file's rows up to and with the last of this batch, from the file's start. */
  readonly rowsUpTo: number;
}

/** Gathers readings as InfluxDB's line protocol: the metric as measurement, site and device as tags, one field `value`, times in ms. */
export class LineBatch {
  readonly #series: readonly FileSeries[];
  /** By series: what a line begins with. */
  readonly #heads: string[] = [];
  #text = "";
  #readings = 0;

  /** @param series grows as rows name more */
  constructor(series: readonly FileSeries[]) {
    this.#series = series;
  }

  get isFull(): boolean {
    return this.#readings >= READINGS_PER_REQUEST;
  }

  add({ timeMs, series, values }: RowReadings): void {
    const end = ` ${timeMs}\n`;
    for (let at = 0; at < values.length; at++) {
      const value = values[at] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      this.#text += this.#headOf(series[at] ?? 0) + (Object.is(value, -0) ? "-0" : String(value)) + end;
      this.#readings++;
    }
  }

  /** Hands out what was gathered, and begins anew. */
  finish(rowsUpTo: number): FinishedBatch {
    const batch = { bytes: Buffer.from(this.#text), readings: this.#readings, rowsUpTo };
    this.#text = "";
    this.#readings = 0;
    return batch;
  }

  #headOf(index: number): string {
    const known = this.#heads[index];
    if (known !== undefined) return known;
    const series = this.#series[index];
    if (!series) throw new RangeError(`there is no series ${index}`);
    const head = lineHead(series);
    this.#heads[index] = head;
    return head;
  }
}

/** What stands before the value. Tags are in the order in which InfluxDB sorts them. */
export function lineHead({ site, device, metric, unit }: FileSeries): string {
  const tags = `device=${escaped(device)},site=${escaped(site)}`;
  return `${escaped(metric)},${tags}${unit === "" ? "" : `,unit=${escaped(unit)}`} value=`;
}

/** Names hold neither a backslash nor a line's end (`nameFault`). */
function escaped(name: string): string {
  return name.replaceAll(/[, =]/g, (sign) => `\\${sign}`);
}
