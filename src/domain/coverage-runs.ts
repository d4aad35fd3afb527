import type { CoverageRun } from "./coverage.ts";
import { difference, type Interval } from "./intervals.ts";

/*
 * What is known of one stream: a list of runs that are not empty, in order, do not overlap, and of which no two that touch have the same
 * outcome. The functions take such lists, and `overlaid` makes one of any runs, whatever it lays over nothing.
 */

/**
 * What is known once later answers have come, in the order in which they came. The last answer for a moment stands, but for one thing: `data` is
 * replaced by `data` only. What was stored stays stored, whatever the vendor says when it is asked again.
 */
export function overlaid(runs: readonly CoverageRun[], later: Iterable<CoverageRun>): CoverageRun[] {
  const known = [...runs];
  for (const run of later) {
    if (run.fromMs >= run.toMs) continue;
    const last = known.at(-1);
    // Most of what comes later goes on where it ended: nothing lies under it.
    if (!last || run.fromMs >= last.toMs) append(known, run);
    else lay(known, run);
  }
  return known;
}

/** One run of two that touch or overlap and have the same outcome, as asked when the later of them was; null for any others. */
export function joined(a: CoverageRun, b: CoverageRun): CoverageRun | null {
  if (a.outcome !== b.outcome || a.fromMs > b.toMs || b.fromMs > a.toMs) return null;
  const { askedAtMs, request } = isAskedLater(a, b) ? a : b;
  const { outcome } = a;
  return { fromMs: Math.min(a.fromMs, b.fromMs), toMs: Math.max(a.toMs, b.toMs), outcome, askedAtMs, request };
}

/** Whether a run says all that another does. */
export function covers(run: CoverageRun, other: CoverageRun): boolean {
  return run.outcome === other.outcome && run.fromMs <= other.fromMs && run.toMs >= other.toMs;
}

/** The parts of runs that lie within a span. */
export function clipped(runs: readonly CoverageRun[], { fromMs, toMs }: Interval): CoverageRun[] {
  if (fromMs >= toMs) return [];
  const touching = runs.slice(firstEndingAfter(runs, fromMs), firstBeginningFrom(runs, toMs));
  return touching.map((run) =>
    run.fromMs >= fromMs && run.toMs <= toMs
      ? run
      : { ...run, fromMs: Math.max(run.fromMs, fromMs), toMs: Math.min(run.toMs, toMs) },
  );
}

function lay(known: CoverageRun[], run: CoverageRun): void {
  // Those that touch it, too: they may become one with it.
  const first = firstEndingAfter(known, run.fromMs - 1);
  const end = firstBeginningFrom(known, run.toMs + 1);
  const touched = known.slice(first, end);
  const stays = ({ outcome }: CoverageRun): boolean => outcome === "data" && run.outcome !== "data";
  const parts = [
    ...touched.flatMap((former) => (stays(former) ? [former] : partsOf(former, [run]))),
    ...partsOf(run, touched.filter(stays)),
  ].sort((a, b) => a.fromMs - b.fromMs);
  known.splice(first, end - first, ...coalesced(parts));
}

function partsOf(run: CoverageRun, without: readonly Interval[]): CoverageRun[] {
  return difference([run], without).map((part) => ({ ...run, ...part }));
}

/** Joins what touches and has the same outcome, of runs that are in order and do not overlap. */
export function coalesced(runs: readonly CoverageRun[]): CoverageRun[] {
  const whole: CoverageRun[] = [];
  for (const run of runs) append(whole, run);
  return whole;
}

/** Adds a run that does not begin before the last one ends. */
function append(runs: CoverageRun[], run: CoverageRun): void {
  const last = runs.at(-1);
  const both = last ? joined(last, run) : null;
  if (both) runs[runs.length - 1] = both;
  else runs.push(run);
}

function isAskedLater(a: CoverageRun, b: CoverageRun): boolean {
  return a.askedAtMs === b.askedAtMs ? a.request > b.request : a.askedAtMs > b.askedAtMs;
}

function firstEndingAfter(runs: readonly CoverageRun[], timeMs: number): number {
  return firstWhere(runs, (run) => run.toMs > timeMs);
}

function firstBeginningFrom(runs: readonly CoverageRun[], timeMs: number): number {
  return firstWhere(runs, (run) => run.fromMs >= timeMs);
}

/** The first index from which on `holds`, which holds for all runs after one for which it does. */
function firstWhere(runs: readonly CoverageRun[], holds: (run: CoverageRun) => boolean): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const run = runs[middle];
    if (run && !holds(run)) low = middle + 1;
    else high = middle;
  }
  return low;
}
