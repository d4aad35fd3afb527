import { documentText } from "../listing.ts";
import { counted, durationText, print, printRows, type Row, say } from "../terminal.ts";
import type { BadRow } from "./check.ts";
import { badRowLines, isoText } from "./plan-text.ts";
import type { FileSeries } from "./row-interpreter.ts";
import type { Checked, ImportJob, Written } from "./run.ts";

/** What an import came to; its field names are the JSON summary's. */
export interface ImportSummary {
  readonly file: string;
  readonly format: "csv" | "ndjson";
  readonly dryRun: boolean;
  readonly complete: boolean;
  /** Why it is not complete. */
  readonly failure: string | null;
  /** In the file, or in what was read of it. */
  readonly rows: number;
  readonly readings: number;
  /** ISO 8601, of the first and the last reading; null when there is none. */
  readonly from: string | null;
  readonly to: string | null;
  readonly emptyCells: number;
  readonly ambiguousTimes: number;
  readonly badRows: number;
  /** The first of them. */
  readonly bad: readonly BadRow[];
  /** The first of them. */
  readonly metrics: readonly FileSeries[];
  readonly metricCount: number;
  readonly stored: {
    /** From the file's start, those of earlier runs among them. */
    readonly rows: number;
    readonly rowsOfEarlierRuns: number;
    /** By this run. */
    readonly readings: number;
    readonly durationMs: number;
  } | null;
}

const METRICS_TOLD_MAX = 1_000;

export function summaryOf(
  { source, plan }: ImportJob,
  {
    checked,
    stored,
    rowsBefore = 0,
    durationMs = 0,
    failure = null,
  }: { checked: Checked } & Partial<Omit<Written, "stored">> & {
      stored: Written["stored"] | null;
    },
): ImportSummary {
  const { tally, series, overlaps } = checked;
  const hasReadings = tally.readings > 0;
  return {
    file: source.name,
    format: plan.format,
    dryRun: stored === null,
    complete: failure === null && tally.badRows === 0,
    failure,
    rows: tally.rows,
    readings: tally.readings,
    from: hasReadings ? isoText(tally.fromMs) : null,
    to: hasReadings ? isoText(tally.toMs) : null,
    emptyCells: tally.empty,
    ambiguousTimes: overlaps,
    badRows: tally.badRows,
    bad: tally.bad,
    metrics: series.slice(0, METRICS_TOLD_MAX),
    metricCount: series.length,
    stored: stored && { rows: stored.rows, rowsOfEarlierRuns: rowsBefore, readings: stored.readings, durationMs },
  };
}

export async function handOutSummary(summary: ImportSummary, json: boolean): Promise<void> {
  const { file, dryRun, failure, stored, badRows, bad, rows } = summary;
  if (json) print(documentText(summary));
  else if (dryRun) say("Nothing was written, as --dry-run says.");
  else await printRows(summaryRows(summary));
  if (dryRun || stored === null) return;
  if (badRows > 0 && failure === null) for (const line of badRowLines(badRows, bad)) say(line);
  if (failure !== null) {
    const after = file === "stdin" ? "sending all again does no harm" : "the same command goes on after them";
    say(`${failure} ${counted(stored.rows, "row")}${rows > stored.rows ? ` of ${rows}` : ""} stored; ${after}.`);
  }
}

function summaryRows({ stored, metricCount, badRows, complete }: ImportSummary): Row[] {
  if (stored === null) return [];
  const { readings, rows, rowsOfEarlierRuns, durationMs } = stored;
  const pace = durationMs > 0 ? `, ${Math.round((readings / durationMs) * 1_000)} a second` : "";
  return [
    {
      label: "Stored",
      value: `${counted(readings, "reading")} of ${counted(metricCount, "metric")}`,
      tone: complete ? "good" : "bad",
    },
    {
      label: "Rows",
      value: rowsOfEarlierRuns > 0 ? `${rows}, of which ${rowsOfEarlierRuns} were stored before` : `${rows}`,
    },
    ...(badRows > 0 ? [{ label: "Left out", value: counted(badRows, "bad row"), tone: "bad" as const }] : []),
    { label: "Time", value: `${durationText(durationMs)}${pace}` },
  ];
}
