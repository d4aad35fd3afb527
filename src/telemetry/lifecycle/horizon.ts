import type { SeriesWindows } from "../rollups/days.ts";
import type { RawQuery, TimeWindow } from "../store.ts";

/** From when on what is kept of a series; both are the start of a UTC day, and 0 for everything. */
export interface Horizon {
  /** Epoch ms. Older readings are gone, and rolled up. */
  readonly readingsFromMs: number;
  /** Epoch ms, at most `readingsFromMs`. Older rollups are gone, too. */
  readonly rollupsFromMs: number;
}

export const KEEPS_ALL: Horizon = { readingsFromMs: 0, rollupsFromMs: 0 };

/** What reading and rolling up know of retention. */
export interface HorizonView {
  /** The same object for series that are kept alike. */
  of(series: number): Horizon;
  /** False while there are horizons and it is not known whose. */
  readonly isKnown: boolean;
}

export const KEEPS_ALL_ALWAYS: HorizonView = { of: () => KEEPS_ALL, isKnown: true };

/** Series by their horizon. */
export function byHorizon(series: Iterable<number>, horizons: HorizonView): Map<Horizon, number[]> {
  const groups = new Map<Horizon, number[]>();
  for (const each of series) {
    const horizon = horizons.of(each);
    const group = groups.get(horizon);
    if (group) group.push(each);
    else groups.set(horizon, [each]);
  }
  return groups;
}

/** Where readings of a query may lie, from its cursor on; empty when they are all gone. */
export function heldWindows({ series, fromMs, toMs, after }: RawQuery, horizons: HorizonView): SeriesWindows[] {
  return [...byHorizon(series, horizons)].flatMap(([{ readingsFromMs }, alike]) => {
    const window = { fromMs: Math.max(fromMs, after?.timeMs ?? 0, readingsFromMs), toMs };
    return window.fromMs < toMs ? [{ series: alike, windows: [window] }] : [];
  });
}

/** Whether no reading of a window can be gone. */
export function isHeld(series: readonly number[], { fromMs }: TimeWindow, horizons: HorizonView): boolean {
  return series.every((each) => horizons.of(each).readingsFromMs <= Math.max(0, fromMs));
}
