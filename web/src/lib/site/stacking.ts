import { POWER_GROUPS, type PowerGroup } from "./power-groups.ts";

/** What each kind had at each time; null where nothing is known of it. All lists are as long as `timesMs`, which ascend. */
export interface Stack {
  readonly timesMs: readonly number[];
  readonly groups: readonly StackedGroup[];
}

export interface StackedGroup {
  readonly group: PowerGroup;
  readonly values: readonly (number | null)[];
}

/** A kind's part of the stack on one side of zero. Null where nothing at all is known: there the area breaks. */
export interface Band {
  readonly group: PowerGroup;
  readonly side: "above" | "below";
  /** The edge towards zero, and the edge away from it. */
  readonly inner: readonly (number | null)[];
  readonly outer: readonly (number | null)[];
}

export type TimedValue = readonly [timeMs: number, value: number];

/** Puts the lines of several kinds on the same times. Where steps are missing from all of them, an empty time makes the area break. */
export function stackOf(lines: ReadonlyMap<PowerGroup, readonly TimedValue[]>, stepMs: number): Stack {
  const known = [...new Set([...lines.values()].flatMap((line) => line.map(([timeMs]) => timeMs)))].sort(
    (a, b) => a - b,
  );
  const timesMs: number[] = [];
  for (const timeMs of known) {
    const beforeMs = timesMs.at(-1);
    if (beforeMs !== undefined && timeMs - beforeMs > stepMs) timesMs.push(beforeMs + 1);
    timesMs.push(timeMs);
  }
  const groups = POWER_GROUPS.filter((group) => lines.has(group)).map((group) => {
    const values = new Map(lines.get(group));
    return { group, values: timesMs.map((timeMs) => values.get(timeMs) ?? null) };
  });
  return { timesMs, groups };
}

/** Stacks what is above zero upwards and what is below downwards, in the order of the groups. A side on which a kind has nothing is left out. */
export function bandsOf({ timesMs, groups }: Stack): Band[] {
  const isKnown = timesMs.map((_, place) => groups.some(({ values }) => (values[place] ?? null) !== null));
  const bands: Band[] = [];
  for (const side of ["above", "below"] as const) {
    let edge: (number | null)[] = isKnown.map((known) => (known ? 0 : null));
    for (const { group, values } of groups) {
      const parts = values.map((value) => partOn(side, value ?? 0));
      if (parts.every((part) => part === 0)) continue;
      const outer = edge.map((inner, place) => (inner === null ? null : inner + (parts[place] ?? 0)));
      bands.push({ group, side, inner: edge, outer });
      edge = outer;
    }
  }
  return bands;
}

function partOn(side: Band["side"], value: number): number {
  return side === "above" ? Math.max(value, 0) : Math.min(value, 0);
}

/** The height of a drawing in which nothing rises above zero: a kilo of whatever it is in. */
const EMPTY_SPAN_MAX = 1_000;

/** From the lowest to the highest edge of the stack, always with zero in it, never empty. */
export function spanOf(bands: readonly Band[]): { readonly min: number; readonly max: number } {
  let [min, max] = [0, 0];
  for (const { outer } of bands) {
    for (const edge of outer) {
      min = Math.min(min, edge ?? 0);
      max = Math.max(max, edge ?? 0);
    }
  }
  return min === max ? { min, max: EMPTY_SPAN_MAX } : { min, max };
}

/** Where a drawing's values lie. Pixels, or whatever the drawing counts in. */
export interface Scales {
  x(timeMs: number): number;
  y(value: number): number;
}

/** A band as SVG path data: one closed area for each run of times that are known. */
export function areaPath(timesMs: readonly number[], { inner, outer }: Band, { x, y }: Scales): string {
  const areas: string[] = [];
  let there: string[] = [];
  let back: string[] = [];
  const close = (): void => {
    if (there.length > 0) areas.push(`M${[...there, ...back.reverse()].join("L")}Z`);
    [there, back] = [[], []];
  };
  for (const [place, timeMs] of timesMs.entries()) {
    const [from, to] = [inner[place] ?? null, outer[place] ?? null];
    if (from === null || to === null) {
      close();
      continue;
    }
    there.push(`${rounded(x(timeMs))} ${rounded(y(to))}`);
    back.push(`${rounded(x(timeMs))} ${rounded(y(from))}`);
  }
  close();
  return areas.join("");
}

function rounded(place: number): string {
  return String(Math.round(place * 10) / 10);
}
