import { systemClock } from "../../domain/clock.ts";
import { CommandFailed } from "../exit-codes.ts";
import { Interrupted } from "../interrupt.ts";
import { startProgress } from "../progress.ts";
import type { ServerApi } from "../server/api.ts";
import { RowTally } from "./check.ts";
import { ImportState } from "./import-state.ts";
import type { ImportPlan } from "./plan.ts";
import { type FileSeries, RowInterpreter } from "./row-interpreter.ts";
import type { Sample } from "./sample.ts";
import { Sender } from "./sender.ts";
import { assertUnchanged, type ImportSource, rowsOf } from "./source.ts";
import { BadRowMet, type Stored, writeRows } from "./write-rows.ts";

/** An import as it was decided. */
export interface ImportJob {
  readonly source: ImportSource;
  readonly sample: Sample;
  readonly plan: ImportPlan;
  /** Of times without an offset. */
  readonly timezone: string | null;
  /** The latest time that is taken, epoch ms. */
  readonly latestMs: number;
  readonly skipsBadRows: boolean;
  /** Whether to begin anew where an earlier run stopped. */
  readonly restart: boolean;
  readonly signal: AbortSignal;
}

/** What all rows hold. */
export interface Checked {
  readonly tally: RowTally;
  readonly series: readonly FileSeries[];
  readonly overlaps: number;
}

export interface Written {
  readonly checked: Checked;
  readonly stored: Stored;
  /** Rows that an earlier run had stored. */
  readonly rowsBefore: number;
  readonly durationMs: number;
  /** Why it ended early, in a sentence; null when it did not. */
  readonly failure: string | null;
}

/** The server takes no reading that lies further ahead than this. */
const FUTURE_MS_MAX = 86_400_000;

export function latestMs(nowMs: number): number {
  return nowMs + FUTURE_MS_MAX;
}

/** Reads all of a file, and writes nothing. */
export async function checkAll(job: ImportJob): Promise<Checked> {
  const { source, sample, plan, signal } = job;
  const interpreter = new RowInterpreter(plan, job.timezone, job.latestMs);
  const tally = new RowTally(interpreter);
  const bytes = source.file?.bytes ?? 0;
  const progress = await startProgress({ title: "Check", total: 100, unit: "%" });
  const fromMs = systemClock.monotonicMs();
  try {
    for await (const { rows, bytesRead } of rowsOf(source, sample)) {
      for (const row of rows) tally.take(row);
      if (signal.aborted) throw new CommandFailed("Stopped: nothing was written.");
      const share = bytesRead / Math.max(1, bytes);
      progress.advance(Math.floor(share * 100), leftMs(fromMs, share), `${tally.rows} rows`);
    }
  } finally {
    progress.stop();
  }
  return { tally, series: interpreter.series, overlaps: interpreter.overlaps };
}

/**
 * Sends a file's readings, from where an earlier run of the same import stopped.
 * @param checked what a check has found; null for stdin, which is checked as it goes by
 * @throws CommandFailed when not even the first batch was taken
 */
export async function writeAll(api: ServerApi, job: ImportJob, checked: Checked | null): Promise<Written> {
  const { source, sample, plan, signal } = job;
  await assertUnchanged(source);
  const interpreter = new RowInterpreter(plan, job.timezone, job.latestMs);
  const tally = new RowTally(interpreter);
  const state = stateOf(api, job);
  const rowsBefore = state === null || job.restart ? 0 : await state.read();
  const stored: Stored = { rows: rowsBefore, readings: 0 };
  const rowsInAll = checked?.tally.rows ?? 0;
  const progress = await startProgress({ title: "Import", total: rowsInAll, unit: "rows" });
  if (rowsBefore > 0)
    progress.note(`Going on after row ${rowsBefore}, where an earlier run stopped; --restart begins anew.`);
  const fromMs = systemClock.monotonicMs();
  const sender = new Sender({
    write: (lines, given) => api.write(lines, given),
    clock: systemClock,
    random: Math.random,
    signal,
    note: (words) => progress.note(words),
  });
  let failure: string | null = null;
  try {
    const advance = (now: Stored): void => {
      const share = (now.rows - rowsBefore) / Math.max(1, rowsInAll - rowsBefore);
      progress.advance(now.rows, leftMs(fromMs, share), `${now.readings} readings`);
    };
    const rows = rowsOf(source, sample);
    const stopsAtBadRow = checked === null && !job.skipsBadRows;
    const send = (lines: Uint8Array): Promise<void> => sender.send(lines);
    await writeRows(
      { rows, tally, series: interpreter.series, send, state, rowsBefore, stopsAtBadRow, progress, advance, signal },
      stored,
    );
    await state?.forget();
  } catch (error) {
    failure = failureWords(error, tally, stored);
  } finally {
    progress.stop();
  }
  const durationMs = Math.round(systemClock.monotonicMs() - fromMs);
  const seen = checked ?? { tally, series: interpreter.series, overlaps: interpreter.overlaps };
  return { checked: seen, stored, rowsBefore, durationMs, failure };
}

/** @throws what is no failure of this kind, and what kept even the first batch from being taken */
function failureWords(error: unknown, { bad }: RowTally, { readings }: Stored): string {
  if (error instanceof Interrupted) return "Stopped.";
  if (error instanceof BadRowMet) return `Line ${bad[0]?.line} is bad: ${bad[0]?.reason}.`;
  if (error instanceof CommandFailed && readings > 0) return error.message;
  throw error;
}

function stateOf({ url }: ServerApi, { source, plan, timezone, skipsBadRows }: ImportJob): ImportState | null {
  return source.file && new ImportState(source.file, { url, plan, timezone, skipsBadRows });
}

function leftMs(fromMs: number, share: number): number {
  return share > 0 ? ((systemClock.monotonicMs() - fromMs) * (1 - share)) / share : 0;
}
