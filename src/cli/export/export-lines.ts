import { CommandFailed } from "../exit-codes.ts";
import type { ServerApi } from "../server/api.ts";
import type { SelectedMetric } from "../server/selection.ts";
import type { OpenTimeRange } from "../server/time-range.ts";

export type LineFormat = "csv" | "ndjson";

/** Metrics of one request. */
export const METRICS_PER_REQUEST = 100;

/** What stands in a line before its metric's id. */
const BEFORE_ID = { csv: 0, ndjson: '{"metricId":"'.length } as const;
const ID_BYTES = 36;
const LINE_FEED = 10;

/** How far an export is. */
export interface ExportPlace {
  /** Rows so far. */
  readonly rows: number;
  /** Metrics that are behind it. */
  readonly metrics: number;
}

/**
 * The readings of any number of metrics as one text, as the server writes it: one header, then lines, in chunks that end anywhere.
 * @throws CommandFailed when an answer ends within a line, and what `ServerApi` throws
 */
export async function* exportLines(
  api: ServerApi,
  metrics: readonly SelectedMetric[],
  { fromMs, toMs }: OpenTimeRange,
  format: LineFormat,
  signal: AbortSignal,
  watch: (place: ExportPlace) => void = () => {},
): AsyncGenerator<Buffer, void, undefined> {
  const places = new Map(metrics.map(({ id }, place) => [id, place]));
  let rows = 0;
  let done = 0;
  for (let first = 0; first < metrics.length; first += METRICS_PER_REQUEST) {
    const asked = metrics.slice(first, first + METRICS_PER_REQUEST);
    const query = {
      metricIds: asked.map(({ id }) => id).join(","),
      from: fromMs === null ? undefined : new Date(fromMs).toISOString(),
      to: toMs === null ? undefined : new Date(toMs).toISOString(),
      format,
    };
    let isHeaderAhead = format === "csv";
    let last = LINE_FEED;
    for await (const chunk of api.stream("/readings", query, signal)) {
      let lines = chunk;
      if (isHeaderAhead) {
        // The header is the first chunk's first line: it is far shorter than any chunk.
        const end = chunk.indexOf(LINE_FEED);
        if (end === -1) throw new CommandFailed(`${api.url} answers no CSV.`);
        isHeaderAhead = false;
        if (first > 0) lines = chunk.subarray(end + 1);
        else rows--;
      }
      if (lines.length === 0) continue;
      last = lines[lines.length - 1] ?? LINE_FEED;
      rows += countLines(lines);
      done = places.get(lastId(lines, format) ?? "") ?? done;
      watch({ rows, metrics: done });
      yield lines;
    }
    if (last !== LINE_FEED) throw new CommandFailed(`The answer of ${api.url} ends within a line.`);
    done = first + asked.length;
    watch({ rows, metrics: done });
  }
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}

/** The metric's id of the last line that begins in a chunk; null when that is too short to hold it. */
function lastId(chunk: Buffer, format: LineFormat): string | null {
  const end = chunk.lastIndexOf(LINE_FEED);
  const begin = end <= 0 ? -1 : chunk.lastIndexOf(LINE_FEED, end - 1);
  const at = begin + 1 + BEFORE_ID[format];
  return begin === -1 || at + ID_BYTES > chunk.length ? null : chunk.toString("latin1", at, at + ID_BYTES);
}
