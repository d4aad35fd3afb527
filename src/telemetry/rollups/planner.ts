import { byHorizon, type HorizonView, KEEPS_ALL_ALWAYS } from "../lifecycle/horizon.ts";
import type { RollupReads } from "../sql/state-rows.ts";
import type { ReadPlan, RollupName, TimeWindow } from "../store.ts";
import { dayOf, joined, type SeriesWindows, windowsOfDays } from "./days.ts";
import { ROLLUPS, type Rollup } from "./rollup.ts";

/** What a query needs read, before it is known from where. */
export interface Wanted {
  readonly series: readonly number[];
  /** Ascending and apart from each other. A bucket is read whole or not at all, so none reaches over a window's end. */
  readonly windows: readonly TimeWindow[];
  /** Whether buckets of a width may be read: no edge of a step lies inside of one. */
  readonly fits: (bucketMs: number) => boolean;
  /** The window whose share of rollups is told; reads around it are not counted. */
  readonly counted: TimeWindow;
}

/** Which windows of which series are read from where; every window of every series exactly once. */
export interface Reads {
  readonly raw: readonly SeriesWindows[];
  /** From the widest to the narrowest; those that are not read are absent. */
  readonly rollups: readonly RollupReads[];
  readonly plan: ReadPlan;
}

/** The part of `DirtyDays` that planning needs. */
export interface DirtyView {
  daysOf(series: number, fromDay: number, throughDay: number): readonly number[] | "whole";
}

/** A width is used for at least so many buckets in a row: each table that is read costs as much as some hundred rows. */
const BUCKETS_MIN = 4;
/** A share below it is an error of rounding. */
const SHARE_MIN = 1e-12;
/** Sets of dirty days that are told apart; beyond, what is dirty for one series counts as dirty for all that are left. */
const DIRTY_SETS_MAX = 16;
/** Runs of dirty days of a series; beyond, all days between count as dirty: an engine is slow at conditions of many windows. */
const DIRTY_WINDOWS_MAX = 32;

/** Reads what is clean from the widest rollups that fit, the rest (dirty days, ends that lie inside a bucket) from the readings. */
export function planReads(wanted: Wanted, dirty: DirtyView | null, horizons: HorizonView = KEEPS_ALL_ALWAYS): Reads {
  const fitting = ROLLUPS.filter(({ bucketMs }) => wanted.fits(bucketMs));
  const narrowest = fitting.at(-1);
  const widestMs = Math.max(0, ...wanted.windows.map(({ fromMs, toMs }) => toMs - fromMs));
  const usesRollups = dirty !== null && narrowest !== undefined && widestMs >= BUCKETS_MIN * narrowest.bucketMs;
  const groups: Group[] = [];
  let isCut = false;
  for (const [{ readingsFromMs, rollupsFromMs }, series] of byHorizon(wanted.series, horizons)) {
    // Nearly always all of it: then windows stay as they are.
    const isWhole = readingsFromMs <= (wanted.windows[0]?.fromMs ?? 0);
    const held = isWhole ? wanted.windows : within(wanted.windows, [{ fromMs: readingsFromMs, toMs: Infinity }]);
    if (usesRollups) groups.push(...groupsByDirtiness({ series, windows: held }, dirty, false));
    else groups.push({ series, clean: [], dirty: held, isRolledOnly: false });
    if (isWhole) continue;
    isCut = true;
    const rolled = within(wanted.windows, [{ fromMs: rollupsFromMs, toMs: readingsFromMs }]);
    if (dirty) groups.push(...groupsByDirtiness({ series, windows: rolled }, dirty, true));
    else groups.push({ series, clean: [], dirty: rolled, isRolledOnly: true });
  }
  const reads = readsOf(groups, fitting, wanted);
  return isCut ? { ...reads, plan: withGone(reads, wanted) } : reads;
}

/** The plan of reads from which retention has taken something. */
function withGone({ raw, plan }: Reads, { series, counted }: Wanted): ReadPlan {
  const countedMs = series.length * (counted.toMs - counted.fromMs);
  const heldMs = raw.reduce((sumMs, each) => sumMs + each.series.length * lengthOf(within(each.windows, [counted])), 0);
  const goneShare = countedMs > 0 ? 1 - heldMs / countedMs - plan.rollupShare : 0;
  return goneShare > SHARE_MIN ? { ...plan, goneShare } : plan;
}

interface Group {
  readonly series: readonly number[];
  readonly clean: readonly TimeWindow[];
  readonly dirty: readonly TimeWindow[];
  /** Whether there are no readings any more: what is dirty is read from the narrowest rollup, and what no bucket fits into is not known. */
  readonly isRolledOnly: boolean;
}

function groupsByDirtiness(
  { series, windows }: Pick<Wanted, "series" | "windows">,
  dirty: DirtyView,
  isRolledOnly: boolean,
): Group[] {
  if (windows.length === 0) return [];
  const fromDay = dayOf(windows[0]?.fromMs ?? 0);
  const throughDay = dayOf((windows.at(-1)?.toMs ?? 1) - 1);
  const sets = new Map<string, { series: number[]; days: readonly number[] | "whole" }>();
  const rest = { series: [] as number[], days: new Set<number>() };
  for (const each of series) {
    const days = dirty.daysOf(each, fromDay, throughDay);
    const key = days === "whole" ? days : days.join();
    const known = sets.get(key);
    if (known) known.series.push(each);
    else if (sets.size < DIRTY_SETS_MAX || days === "whole") sets.set(key, { series: [each], days });
    else {
      rest.series.push(each);
      for (const day of days) rest.days.add(day);
    }
  }
  if (rest.series.length > 0) sets.set("rest", { series: rest.series, days: [...rest.days].sort((a, b) => a - b) });
  return [...sets.values()].map(({ series: alike, days }) => {
    if (days === "whole") return { series: alike, clean: [], dirty: windows, isRolledOnly };
    const dirtyWindows = fewWindows(windowsOfDays(days));
    return {
      series: alike,
      clean: without(windows, dirtyWindows),
      dirty: within(windows, dirtyWindows),
      isRolledOnly,
    };
  });
}

/** Windows, or the one that spans them when they are many. */
function fewWindows(windows: readonly TimeWindow[]): readonly TimeWindow[] {
  if (windows.length <= DIRTY_WINDOWS_MAX) return windows;
  return [{ fromMs: windows[0]?.fromMs ?? 0, toMs: windows.at(-1)?.toMs ?? 0 }];
}

function readsOf(groups: readonly Group[], usable: readonly Rollup[], { series, counted }: Wanted): Reads {
  const raw: SeriesWindows[] = [];
  const rollups = usable.map((rollup) => ({ rollup, reads: [] as SeriesWindows[], hides: false }));
  const dirtyOnes = usable.slice(-1).map((rollup) => ({ rollup, reads: [] as SeriesWindows[], hides: true }));
  let rolledMs = 0;
  const names = new Set<RollupName>();
  /** Reads the whole buckets of windows, and answers what they leave. */
  const take = (
    { series: alike, isRolledOnly }: Group,
    from: readonly (typeof rollups)[number][],
    windows: readonly TimeWindow[],
  ): readonly TimeWindow[] => {
    let left = windows;
    for (const { rollup, reads } of from) {
      const taken = left.flatMap((window) => wholeBuckets(window, rollup.bucketMs, isRolledOnly ? 1 : BUCKETS_MIN));
      if (taken.length === 0) continue;
      left = without(left, taken);
      reads.push({ series: alike, windows: joined(taken) });
      const countedMs = alike.length * lengthOf(within(taken, [counted]));
      rolledMs += countedMs;
      if (countedMs > 0) names.add(rollup.name);
    }
    return left;
  };
  for (const group of groups) {
    const clean = take(group, rollups, group.clean);
    const left = [...clean, ...(group.isRolledOnly ? take(group, dirtyOnes, group.dirty) : group.dirty)];
    if (group.isRolledOnly || left.length === 0) continue;
    raw.push({ series: group.series, windows: joined(left.sort((a, b) => a.fromMs - b.fromMs)) });
  }
  const countedMs = series.length * (counted.toMs - counted.fromMs);
  return {
    raw,
    rollups: [...rollups, ...dirtyOnes].filter(({ reads }) => reads.length > 0),
    plan: {
      rollup: ROLLUPS.find(({ name }) => names.has(name))?.name ?? null,
      rollupShare: countedMs > 0 ? rolledMs / countedMs : 0,
    },
  };
}

/** The buckets that lie whole in a window; none when they are few. */
function wholeBuckets({ fromMs, toMs }: TimeWindow, bucketMs: number, bucketsMin: number): TimeWindow[] {
  const firstMs = Math.ceil(fromMs / bucketMs) * bucketMs;
  const endMs = Math.floor(toMs / bucketMs) * bucketMs;
  return endMs - firstMs >= bucketsMin * bucketMs ? [{ fromMs: firstMs, toMs: endMs }] : [];
}

/** What of some windows lies in none of others. Both ascending and apart. */
function without(windows: readonly TimeWindow[], others: readonly TimeWindow[]): TimeWindow[] {
  return windows.flatMap(({ fromMs, toMs }) => {
    const left: TimeWindow[] = [];
    let atMs = fromMs;
    for (const other of others) {
      if (other.toMs <= atMs || other.fromMs >= toMs) continue;
      if (other.fromMs > atMs) left.push({ fromMs: atMs, toMs: other.fromMs });
      atMs = Math.max(atMs, other.toMs);
    }
    if (atMs < toMs) left.push({ fromMs: atMs, toMs });
    return left;
  });
}

/** What of some windows lies in others, cut where either is. */
function within(windows: readonly TimeWindow[], others: readonly TimeWindow[]): TimeWindow[] {
  return windows.flatMap((window) =>
    others
      .map((other) => ({ fromMs: Math.max(window.fromMs, other.fromMs), toMs: Math.min(window.toMs, other.toMs) }))
      .filter(({ fromMs, toMs }) => fromMs < toMs),
  );
}

function lengthOf(windows: readonly TimeWindow[]): number {
  return windows.reduce((sumMs, { fromMs, toMs }) => sumMs + (toMs - fromMs), 0);
}
