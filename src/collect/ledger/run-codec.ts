import { type CoverageRun, OUTCOMES } from "../../domain/coverage.ts";
import { READING_TIME_MS } from "../../domain/reading.ts";
import { MalformedBytes, VarintReader, VarintWriter } from "./varints.ts";

/*
 * Runs as bytes. The first byte is the version. A run says how it differs from the one before it: most begin where that one ended, were asked for
 * the last time when they ended, and came by a request soon after its own. So a run of live values takes about seven bytes.
 */

const VERSION = 1;
/** Greatest number of a request: differences between two of them are written. */
export const REQUEST_MAX = 2 ** 52 - 1;

/** A run's first byte: its outcome in two bits, and which of the parts follow that are left out when they are 0. */
const OUTCOME_BITS = 0b0011;
const HAS_GAP = 0b0100;
const IS_ASKED_APART = 0b1000;
const KNOWN_BITS = OUTCOME_BITS | HAS_GAP | IS_ASKED_APART;

type Former = Pick<CoverageRun, "toMs" | "request">;

/** Whether a run's numbers are such as can be written. */
export function isWritable({ fromMs, toMs, askedAtMs, request }: CoverageRun): boolean {
  const isTime = (timeMs: number): boolean => isWithin(timeMs, READING_TIME_MS.max);
  return isTime(fromMs) && isTime(toMs) && fromMs < toMs && isTime(askedAtMs) && isWithin(request, REQUEST_MAX);
}

/** @param runs in order, none overlapping another @param originMs where they are written relative to, such as their month's begin */
export function encodeRuns(runs: readonly CoverageRun[], originMs: number): Uint8Array {
  const writer = new VarintWriter();
  writer.byte(VERSION);
  let former: Former = { toMs: originMs, request: 0 };
  for (const run of runs) {
    writeRun(writer, run, former);
    former = run;
  }
  return writer.bytes();
}

/** @throws MalformedBytes */
export function decodeRuns(bytes: Uint8Array, originMs: number): CoverageRun[] {
  const reader = readerOf(bytes);
  const runs: CoverageRun[] = [];
  let former: Former = { toMs: originMs, request: 0 };
  while (!reader.isAtEnd) {
    const run = readRun(reader, former);
    if (run.fromMs < former.toMs) throw new MalformedBytes("a run begins before the one before it ends");
    runs.push(run);
    former = run;
  }
  return runs;
}

/** One run for each of some numbers, such as places of series in a block. */
export function encodeNumbered(runs: ReadonlyMap<number, CoverageRun>): Uint8Array {
  const writer = new VarintWriter();
  writer.byte(VERSION);
  let former: Former = { toMs: 0, request: 0 };
  for (const [number, run] of runs) {
    writer.unsigned(number);
    writeRun(writer, run, former);
    former = run;
  }
  return writer.bytes();
}

/** @throws MalformedBytes */
export function decodeNumbered(bytes: Uint8Array): Map<number, CoverageRun> {
  const reader = readerOf(bytes);
  const runs = new Map<number, CoverageRun>();
  let former: Former = { toMs: 0, request: 0 };
  while (!reader.isAtEnd) {
    const number = reader.unsigned();
    const run = readRun(reader, former);
    runs.set(number, run);
    former = run;
  }
  return runs;
}

function readerOf(bytes: Uint8Array): VarintReader {
  const reader = new VarintReader(bytes);
  const version = reader.byte();
  if (version !== VERSION) throw new MalformedBytes(`runs of version ${version} are not known`);
  return reader;
}

function writeRun(writer: VarintWriter, run: CoverageRun, former: Former): void {
  const gapMs = run.fromMs - former.toMs;
  const askedAfterMs = run.askedAtMs - run.toMs;
  writer.byte(OUTCOMES.indexOf(run.outcome) | (gapMs === 0 ? 0 : HAS_GAP) | (askedAfterMs === 0 ? 0 : IS_ASKED_APART));
  if (gapMs !== 0) writer.signed(gapMs);
  writer.unsigned(run.toMs - run.fromMs);
  if (askedAfterMs !== 0) writer.signed(askedAfterMs);
  writer.signed(run.request - former.request);
}

function readRun(reader: VarintReader, former: Former): CoverageRun {
  const head = reader.byte();
  const outcome = OUTCOMES[head & OUTCOME_BITS];
  if (outcome === undefined || (head & ~KNOWN_BITS) !== 0) throw new MalformedBytes("a run's first byte is not known");
  const fromMs = former.toMs + (head & HAS_GAP ? reader.signed() : 0);
  const toMs = fromMs + reader.unsigned();
  const askedAtMs = toMs + (head & IS_ASKED_APART ? reader.signed() : 0);
  const run = { fromMs, toMs, outcome, askedAtMs, request: former.request + reader.signed() };
  if (!isWritable(run)) throw new MalformedBytes("a run's numbers are out of range");
  return run;
}

function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}
