import { setImmediate as nextTurn } from "node:timers/promises";
import type { MetricFinding } from "../domain/quality.ts";
import { QUALITY, type ReadingColumns } from "../domain/reading.ts";
import type { LiveLook } from "./live-look.ts";
import type { Judging, Pass } from "./pass.ts";
import type { QualityEventLog, QualityReadings } from "./ports.ts";

/** Readings that are asked for at once: as many as a store gives, since each question costs it the same. */
export const SCAN_PAGE_READINGS = 50_000;
/** Readings that are judged before anything else may run: some 15 ms of work. */
const TURN_READINGS = 20_000;

export interface ScanParts {
  readonly readings: QualityReadings;
  readonly events: QualityEventLog;
}

export interface ScanTerms {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  /** Looks at what is live, too: `toMs` is now. Null for history. */
  readonly live: LiveLook | null;
  /** Most readings that are read, to a page more. */
  readonly readingsMax: number;
  readonly signal: AbortSignal;
}

export interface ScanCounts {
  readonly readings: number;
  /** What was found, and how much of it was not known before. */
  readonly events: number;
  readonly newEvents: number;
  /** Whether all of the window was read, and not `readingsMax` of it. */
  readonly isComplete: boolean;
}

/** Judges one pass of a site over a window and writes down what it finds. @throws StorageUnavailable, the signal's reason */
export async function scanPass(pass: Pass, { readings, events }: ScanParts, terms: ScanTerms): Promise<ScanCounts> {
  const { fromMs, live, signal } = terms;
  const judging = pass.begin(fromMs);
  const before = pass.series
    .map((series) => ({ series, timeMs: readings.latest(series)?.timeMs ?? fromMs }))
    .filter(({ timeMs }) => timeMs < fromMs)
    .sort((a, b) => a.timeMs - b.timeMs);
  for (const { series, timeMs } of before) judging.heard(series, timeMs);

  let count = 0;
  let toMs = terms.toMs;
  let question = { series: pass.series, fromMs, toMs, limit: SCAN_PAGE_READINGS };
  for (let more = pass.series.length > 0; more; ) {
    signal.throwIfAborted();
    const { columns, next } = await readings.readRaw(question);
    for (let row = 0; row < columns.length; row += TURN_READINGS) {
      if (row > 0) await nextTurn();
      judge(judging, columns, row, Math.min(columns.length, row + TURN_READINGS));
    }
    count += columns.length;
    if (next && count >= terms.readingsMax) toMs = next.timeMs;
    more = next !== null && count < terms.readingsMax;
    question = { ...question, ...(next && { after: next }) };
  }

  const isComplete = toMs === terms.toMs;
  const isLive = live !== null && isComplete;
  let [found, newEvents] = [0, 0];
  for (const [deviceId, judged] of judging.end(toMs)) {
    const device = pass.devices.find(({ id }) => id === deviceId);
    const looks = isLive && device && pass.rules.has("stale");
    const findings = looks
      ? live.look(device, judged, toMs)
      : judged.map((each) => (isLive ? each : ended(each, toMs)));
    const metricIds = new Set([null, ...(device?.metrics ?? []).map(({ id }) => id)]);
    const { added } = await events.record({ deviceId, findings, rules: pass.rules, metricIds, fromMs, toMs, isLive });
    found += findings.length;
    newEvents += added;
  }
  return { readings: count, events: found, newEvents, isComplete };
}

/** What is known to be wrong was heard, and is not judged. */
function judge(
  judging: Judging,
  { series, timesMs, values, qualities }: ReadingColumns,
  from: number,
  to: number,
): void {
  for (let row = from; row < to; row++) {
    // Within the columns' length every one has a value; the fallbacks are for the type only.
    const [of, timeMs] = [series[row] ?? 0, timesMs[row] ?? 0];
    if (qualities[row] === QUALITY.bad) judging.heard(of, timeMs);
    else judging.take(of, timeMs, values[row] ?? 0);
  }
}

/** Of history nobody knows how it went on. */
function ended(finding: MetricFinding, toMs: number): MetricFinding {
  return { ...finding, toMs: finding.toMs ?? toMs };
}
