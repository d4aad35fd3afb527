/** Epoch ms and value; null where the line breaks. */
export type Point = readonly [timeMs: number, value: number | null];
/** A point that was measured. */
export type Measured = readonly [timeMs: number, value: number];

/** How a line was asked for, which says how far apart its points may be. */
export interface Density {
  /** Between two columns of the drawing that hold points each, ms. */
  readonly columnMs: number;
  /** Of a state, which holds until it changes: the longest time that it is taken to hold, ms. */
  readonly heldMs?: number;
}

/** How many times its usual distance two points may be apart and still be joined. */
const USUAL_DISTANCES = 3;

/**
 * The longest distance between two points that a line joins, ms. Metrics report at paces of their own: one that comes each second has a gap
 * where an hourly one has none.
 */
export function joinedWithinMs(points: readonly Measured[], { columnMs, heldMs = 0 }: Density): number {
  return Math.max(USUAL_DISTANCES * usualDistanceMs(points), 2 * columnMs, heldMs);
}

/** The median distance between two neighbours, ms; 0 of fewer than two points. */
function usualDistanceMs(points: readonly Measured[]): number {
  const distances = new Float64Array(Math.max(points.length - 1, 0));
  for (let place = 0; place < distances.length; place++) {
    distances[place] = (points[place + 1]?.[0] ?? 0) - (points[place]?.[0] ?? 0);
  }
  distances.sort();
  return distances[distances.length >> 1] ?? 0;
}

/** The points with an empty one wherever the line has to break: what was not measured is not drawn. */
export function withGaps(points: readonly Measured[], joinedMs: number): Point[] {
  const gapped: Point[] = [];
  let beforeMs: number | null = null;
  for (const point of points) {
    if (beforeMs !== null && point[0] - beforeMs > joinedMs) gapped.push([beforeMs + 1, null]);
    gapped.push(point);
    beforeMs = point[0];
  }
  return gapped;
}

/**
 * Places of values that no line reaches, because it breaks on both sides: they are drawn as dots. In a column that several lines share, a
 * place that is undefined belongs to another line.
 */
export function isolatedPlaces(values: ArrayLike<number | null | undefined>): number[] {
  const isolated: number[] = [];
  let isBroken = true;
  let last: number | null = null;
  for (let place = 0; place < values.length; place++) {
    const value = values[place];
    if (value === undefined) continue;
    if (value === null) {
      if (last !== null) isolated.push(last);
      last = null;
      isBroken = true;
    } else {
      last = isBroken ? place : null;
      isBroken = false;
    }
  }
  if (last !== null) isolated.push(last);
  return isolated;
}

/** The point nearest to a time, no further from it than `withinMs`; null when there is none. @param points ascending */
export function nearestPoint(points: readonly Measured[], timeMs: number, withinMs: number): Measured | null {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.[0] ?? 0) < timeMs) low = middle + 1;
    else high = middle;
  }
  const candidates = [points[low - 1], points[low]].filter((point) => point !== undefined);
  const [nearest] = candidates.sort((a, b) => Math.abs(a[0] - timeMs) - Math.abs(b[0] - timeMs));
  return nearest && Math.abs(nearest[0] - timeMs) <= withinMs ? nearest : null;
}
