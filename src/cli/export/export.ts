import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import type { Command } from "commander";
import { systemClock } from "../../domain/clock.ts";
import { ParquetFile } from "../../parquet/reading-file.ts";
import { DraftFile } from "../draft-file.ts";
import { BadUse, CommandFailed } from "../exit-codes.ts";
import { Interrupted, onInterrupt } from "../interrupt.ts";
import { documentText } from "../listing.ts";
import { LocalClock } from "../local-time.ts";
import { withExample } from "../program.ts";
import { type Progress, startProgress } from "../progress.ts";
import { addServerOptions, openServer, type ServerFlags } from "../server/options.ts";
import { addSelectionOptions, type SelectedMetric, type SelectionFlags, selectMetrics } from "../server/selection.ts";
import { addTimeRangeOptions, readOpenTimeRange, type TimeRangeFlags } from "../server/time-range.ts";
import { counted, durationText, print, printAll, printRows } from "../terminal.ts";
import { type ExportPlace, exportLines } from "./export-lines.ts";
import { ParquetColumns } from "./parquet-columns.ts";

export const EXPORT_FORMATS = ["csv", "ndjson", "parquet"] as const;
type ExportFormat = (typeof EXPORT_FORMATS)[number];

interface ExportFlags extends ServerFlags, SelectionFlags, TimeRangeFlags {
  readonly format?: string;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** What an export came to; its field names are the JSON summary's. */
interface ExportSummary {
  readonly output: string | null;
  readonly format: ExportFormat;
  readonly metrics: number;
  readonly rows: number;
  readonly bytes: number;
  readonly durationMs: number;
}

/** `kilowatch export`. */
export function addExport(program: Command): void {
  const command = program
    .command("export")
    .description("Readings as they are stored, as CSV, NDJSON or Parquet; however many there are, they stream.")
    .action(async () => exportReadings(command.opts<ExportFlags>()));
  addTimeRangeOptions(addSelectionOptions(command), "UTC");
  command
    .option("--format <format>", "csv, ndjson or parquet (default: as --out ends, else csv)")
    .option("--out <file>", "where to (default: stdout); it has its name only once it is whole")
    .option("--overwrite", "replace the file that --out names")
    .option("--json", "print the summary of an export to a file as JSON");
  withExample(
    addServerOptions(command),
    "kilowatch export --site Madrid --from 2026-11-01 --to 2026-11-30 --out november.parquet",
    "kilowatch export --device SN-001 --name active_power | head",
  );
}

async function exportReadings(flags: ExportFlags): Promise<void> {
  const { out } = flags;
  const format = formatOf(flags);
  if (out !== undefined) await checkPlace(out, flags.overwrite ?? false);
  else if (flags.json) throw new BadUse("--json sums up an export to a file: name one by --out.");
  else if (format === "parquet" && process.stdout.isTTY) throw new BadUse("Parquet is no text: name a file by --out.");
  const range = readOpenTimeRange(flags, new LocalClock("UTC"));
  using interruption = onInterrupt();
  await using api = await openServer(flags, "look");
  const metrics = await selectMetrics(api, flags);
  const fromMs = systemClock.monotonicMs();
  const progress = await startProgress({
    title: "Export",
    total: metrics.length,
    unit: "metrics",
    plain: out === undefined,
  });
  const watch = watched(progress, metrics, fromMs);
  const lines = exportLines(
    api,
    metrics,
    range,
    format === "ndjson" ? "ndjson" : "csv",
    interruption.signal,
    watch.see,
  );
  let bytes = 0;
  const count = (write: (chunk: Uint8Array) => Promise<void>) => (chunk: Uint8Array) => {
    bytes += chunk.length;
    return write(chunk);
  };
  try {
    if (out === undefined) {
      await carry(lines, format, count(toStdout));
    } else {
      await using file = await DraftFile.create(out);
      await carry(
        lines,
        format,
        count((chunk) => file.write(chunk)),
      );
      await file.finish();
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new CommandFailed(out === undefined ? "Stopped." : `Stopped: ${out} was not written.`);
  } finally {
    progress.stop();
  }
  if (out === undefined) return;
  const durationMs = Math.round(systemClock.monotonicMs() - fromMs);
  await handOut(
    { output: out, format, metrics: metrics.length, rows: watch.rows(), bytes, durationMs },
    flags.json ?? false,
  );
}

async function carry(
  lines: AsyncIterable<Buffer>,
  format: ExportFormat,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  if (format !== "parquet") {
    for await (const chunk of lines) await write(chunk);
    return;
  }
  const columns = new ParquetColumns();
  const parquet = new ParquetFile(write);
  for await (const chunk of lines) {
    for (const rows of columns.write(chunk)) await parquet.rowGroup(rows);
  }
  const last = columns.end();
  if (last) await parquet.rowGroup(last);
  await parquet.finish();
}

/** Resolves when the bytes may be used again. */
async function toStdout(chunk: Uint8Array): Promise<void> {
  // stdout keeps what it cannot write yet, and the chunk may be a buffer that is written anew.
  await printAll(Buffer.from(chunk));
}

function watched(progress: Progress, { length }: readonly SelectedMetric[], fromMs: number) {
  let rows = 0;
  return {
    see(place: ExportPlace): void {
      rows = place.rows;
      const ranMs = systemClock.monotonicMs() - fromMs;
      const leftMs = place.metrics > 0 ? (ranMs / place.metrics) * (length - place.metrics) : 0;
      progress.advance(place.metrics, leftMs, `${rows} rows`);
    },
    rows: () => rows,
  };
}

async function handOut(summary: ExportSummary, json: boolean): Promise<void> {
  if (json) {
    print(documentText(summary));
    return;
  }
  const { output, metrics, rows, bytes, durationMs } = summary;
  await printRows([
    { label: "Written", value: `${output}`, tone: "good" },
    { label: "Readings", value: `${rows} of ${counted(metrics, "metric")}` },
    { label: "Size", value: `${(bytes / 1e6).toFixed(1)} MB` },
    { label: "Time", value: durationText(durationMs) },
  ]);
}

/** @throws BadUse */
function formatOf({ format, out }: ExportFlags): ExportFormat {
  const named = format ?? (out === undefined ? "csv" : extname(out).slice(1).toLowerCase().replace("jsonl", "ndjson"));
  const found = EXPORT_FORMATS.find((one) => one === named);
  if (found) return found;
  throw new BadUse(
    format === undefined
      ? `--out ends in none of .csv, .ndjson, .parquet: say the format by --format: ${out}`
      : `--format must be one of ${EXPORT_FORMATS.join(", ")}.`,
  );
}

/** @throws BadUse before the work begins */
async function checkPlace(path: string, overwrite: boolean): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there?.isDirectory()) throw new BadUse(`--out names a folder: ${path}`);
  if (there && !overwrite)
    throw new BadUse(`${path} is there already; name another file, or replace it by --overwrite.`);
  try {
    await access(dirname(path), constants.W_OK | constants.X_OK);
  } catch {
    throw new BadUse(`--out: the folder is not there or cannot be written: ${dirname(path)}`);
  }
}
