import type { CoverageRun } from "../../domain/coverage.ts";
import { difference, type Interval, normalized } from "../../domain/intervals.ts";
import { batchesOf } from "../../vendors/sweep.ts";
import type { HistoryLimits, HistoryWindow } from "../../vendors/vendor.ts";

/** The part of `HistoryLimits` that windows are cut by. */
export type WindowLimits = Pick<HistoryLimits, "windowMsMax" | "devicesPerWindow" | "batchGroup" | "valuesEveryMs">;

/** What is still to be asked of one device. */
export interface OpenDevice {
  /** The vendor's id. */
  readonly device: string;
  /** As `openOf` gives it. */
  readonly open: readonly Interval[];
}

/**
 * The stretches of a range that are still to be asked of a series: what is in no run, and what `asksAgain` says of a run that is. Slivers
 * between two runs that are narrower than half of one value's spacing are none: they lie between two neighbouring values.
 *
 * @param runs of the ledger, of one series
 */
export function openOf(
  range: Interval,
  runs: readonly CoverageRun[],
  { valuesEveryMs }: Pick<WindowLimits, "valuesEveryMs">,
  asksAgain: (run: CoverageRun) => boolean,
): Interval[] {
  const held = normalized(runs.filter((run) => !asksAgain(run)));
  return difference([range], held).filter(
    ({ fromMs, toMs }) => toMs - fromMs >= valuesEveryMs / 2 || fromMs === range.fromMs || toMs === range.toMs,
  );
}

/**
 * The windows by which open stretches are asked for, newest first: devices with the same stretch share windows as far as the vendor takes them together, every ms of a stretch is in
 * exactly one, and cuts lie at whole multiples of the values' spacing.
 */
export function windowsOf(devices: readonly OpenDevice[], limits: WindowLimits): HistoryWindow[] {
  const windows: HistoryWindow[] = [];
  for (const { stretch, sharers } of sharedStretches(devices)) {
    const batches = batchesIn(sharers, limits);
    for (const piece of piecesOf(stretch, limits))
      windows.push(...batches.map((batch) => ({ ...piece, devices: batch })));
  }
  return windows.sort((a, b) => b.toMs - a.toMs || b.fromMs - a.fromMs);
}

/** Windows are made for so many windows' length of time at once: in a large fleet those of a year would fill the memory. */
const CHAPTER_WINDOWS = 14;

/** Where the chapter begins that ends there: at such a place that no window is cut short by it. Epoch ms. */
export function chapterStartMs(toMs: number, limits: WindowLimits): number {
  const { lengthMs, gridMs } = cutOf(limits);
  return roundedUp(toMs, gridMs) - CHAPTER_WINDOWS * lengthMs;
}

/** How many windows `windowsOf` would make, without making them. */
export function countWindows(devices: readonly OpenDevice[], limits: WindowLimits): number {
  let count = 0;
  for (const { stretch, sharers } of sharedStretches(devices)) {
    count += pieceCount(stretch, limits) * batchesIn(sharers, limits).length;
  }
  return count;
}

/** Devices in the batches that share a window. */
function batchesIn(devices: readonly string[], { devicesPerWindow, batchGroup }: WindowLimits): (readonly string[])[] {
  return [...batchesOf(devices, { devicesPerBatch: devicesPerWindow, ...(batchGroup && { batchGroup }) })];
}

/** Devices by the stretches that they have in common. */
function sharedStretches(devices: readonly OpenDevice[]): { stretch: Interval; sharers: string[] }[] {
  const shared = new Map<string, { stretch: Interval; sharers: string[] }>();
  for (const { device, open } of devices) {
    for (const stretch of open) {
      const key = `${stretch.fromMs} ${stretch.toMs}`;
      const known = shared.get(key);
      if (known) known.sharers.push(device);
      else shared.set(key, { stretch, sharers: [device] });
    }
  }
  return [...shared.values()];
}

/** A stretch in pieces of at most a window's length, newest first: each begins at a multiple of the values' spacing, but the oldest. */
function* piecesOf({ fromMs, toMs }: Interval, limits: WindowLimits): Generator<Interval, void, undefined> {
  const { lengthMs, gridMs } = cutOf(limits);
  for (let endMs = toMs; endMs > fromMs; ) {
    const startMs = Math.max(fromMs, roundedUp(endMs, gridMs) - lengthMs);
    yield { fromMs: startMs, toMs: endMs };
    endMs = startMs;
  }
}

function pieceCount({ fromMs, toMs }: Interval, limits: WindowLimits): number {
  const { lengthMs, gridMs } = cutOf(limits);
  return Math.ceil((roundedUp(toMs, gridMs) - fromMs) / lengthMs);
}

/** The longest window of whole multiples of the values' spacing; a vendor whose windows are shorter than that is cut by its windows. */
function cutOf({ windowMsMax, valuesEveryMs }: WindowLimits): { readonly lengthMs: number; readonly gridMs: number } {
  const gridMs = Math.min(valuesEveryMs, windowMsMax);
  return { gridMs, lengthMs: Math.floor(windowMsMax / gridMs) * gridMs };
}

function roundedUp(timeMs: number, everyMs: number): number {
  return Math.ceil(timeMs / everyMs) * everyMs;
}
