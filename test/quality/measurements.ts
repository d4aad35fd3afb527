import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** A row that has a value; `isLabelled` is what somebody who looked at it said. */
export interface Measurement {
  readonly timeMs: number;
  readonly value: number;
  readonly isLabelled: boolean;
}

/** Rows of a file of `pv/`, those with an empty value left out. @param column of the value @param label column of the label, if there is one */
export function measurements(file: string, column: string, label?: string): Measurement[] {
  const text = gunzipSync(readFileSync(join(import.meta.dirname, "pv", `${file}.csv.gz`))).toString();
  const [head = "", ...lines] = text.trim().split(/\r?\n/);
  const names = head.split(",");
  return lines
    .map((line) => line.split(","))
    .filter((cells) => cells[names.indexOf(column)] !== "")
    .map((cells) => ({
      timeMs: timeOf(cells[0] ?? ""),
      value: Number(cells[names.indexOf(column)]),
      isLabelled: label !== undefined && cells[names.indexOf(label)] === "True",
    }));
}

/** ISO 8601 with an offset, or month/day/year without one, which is taken for UTC. */
function timeOf(text: string): number {
  const [, month, day, year, hour, minute] = /^(\d+)\/(\d+)\/(\d+) (\d+):(\d+)$/.exec(text) ?? [];
  if (year === undefined) return Date.parse(text.replace(" ", "T"));
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
}
