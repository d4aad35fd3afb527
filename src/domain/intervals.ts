/** A span of time, epoch ms: from `fromMs` on, up to and without `toMs`. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/*
 * Sets of time: lists of intervals that are not empty, in order, and neither overlap nor touch. Each function takes such lists, and
 * `normalized` makes one of any.
 */

/** Sorts, drops what is empty and joins what overlaps or touches. */
export function normalized(intervals: Iterable<Interval>): Interval[] {
  const sorted = [...intervals].filter(({ fromMs, toMs }) => fromMs < toMs).sort((a, b) => a.fromMs - b.fromMs);
  const joined: Interval[] = [];
  for (const interval of sorted) {
    const last = joined.at(-1);
    if (last && interval.fromMs <= last.toMs) {
      joined[joined.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, interval.toMs) };
    } else joined.push({ fromMs: interval.fromMs, toMs: interval.toMs });
  }
  return joined;
}

/** What lies in either. */
export function union(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  return normalized([...a, ...b]);
}

/** What lies in both. */
export function intersection(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const common: Interval[] = [];
  for (let i = 0, j = 0; ; ) {
    const [left, right] = [a[i], b[j]];
    if (!left || !right) return common;
    const fromMs = Math.max(left.fromMs, right.fromMs);
    const toMs = Math.min(left.toMs, right.toMs);
    if (fromMs < toMs) common.push({ fromMs, toMs });
    if (left.toMs < right.toMs) i++;
    else j++;
  }
}

/** What lies in `a` and not in `b`. */
export function difference(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const left: Interval[] = [];
  let next = 0;
  for (const { fromMs, toMs } of a) {
    let atMs = fromMs;
    while ((b[next]?.toMs ?? Number.POSITIVE_INFINITY) <= fromMs) next++;
    for (let index = next; atMs < toMs; index++) {
      const taken = b[index];
      if (!taken || taken.fromMs >= toMs) {
        left.push({ fromMs: atMs, toMs });
        break;
      }
      if (taken.fromMs > atMs) left.push({ fromMs: atMs, toMs: taken.fromMs });
      atMs = Math.max(atMs, taken.toMs);
    }
  }
  return left;
}

/** How much time it is, ms. */
export function totalMs(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}
