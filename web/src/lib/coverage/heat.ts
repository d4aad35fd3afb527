import type { SiteCoverage } from "../api/types.gen.ts";

/**
 * What a cell of the heat map shows, from all to nothing. `unasked`: nobody has asked the vendor for it; `nothing`: the vendor has said
 * that there is nothing, as a plant's at night; `before`: the device was not here yet.
 */
export const MARKS = ["full", "most", "half", "little", "empty", "unasked", "nothing", "before"] as const;
export type Mark = (typeof MARKS)[number];

export interface Cell {
  readonly mark: Mark;
  /** Of what was expected, what came: 0 to 100, whole; 100 only when nothing failed. */
  readonly percent: number;
}

export interface HeatRow {
  readonly id: string;
  readonly name: string;
  /** Whether a connection asks for its values; what a device pushes by itself is not expected. */
  readonly isAsked: boolean;
  /** Null for a device whose values nobody asks for, and for one that has none. */
  readonly cells: readonly Cell[] | null;
}

/** Shares of what was expected from which a cell is marked so. */
const MARKED_FROM = [
  ["full", 99],
  ["most", 90],
  ["half", 50],
] as const;

/** What the next polls will ask for is no hole yet: so much of the newest step is not expected, ms. */
export const NOT_DUE_MS = 900_000;

type Sums = NonNullable<SiteCoverage["items"][number]["sums"]>;

/** @param notDueMs of all streams together, of what was never asked in this step, that is not expected yet */
export function cellOf(sums: Sums, step: number, notDueMs: number): Cell {
  const at = (of: readonly number[]): number => of[step] ?? 0;
  const data = at(sums.data);
  const failed = at(sums.failed) + at(sums.refused);
  const unasked = Math.max(0, at(sums.unasked) - notDueMs);
  const expected = data + failed + unasked;
  if (expected === 0) return { mark: at(sums.before) > at(sums.nothing) ? "before" : "nothing", percent: 0 };
  if (unasked === expected) return { mark: "unasked", percent: 0 };
  const share = Math.floor((data / expected) * 100);
  // Something that came is more than nothing, and something that failed is less than all.
  const percent = Math.max(data > 0 ? 1 : 0, Math.min(share, failed > 0 ? 99 : 100));
  if (percent === 0) return { mark: "empty", percent };
  const mark = MARKED_FROM.find(([, from]) => percent >= from)?.[0] ?? "little";
  return { mark: mark === "full" && failed > 0 ? "most" : mark, percent };
}

/** Whether there is something to look at behind a cell. */
export function isHole({ mark }: Cell): boolean {
  return mark !== "full" && mark !== "nothing" && mark !== "before";
}

/** The rows of a page. Cells that are alike are one object, so that they travel to the browser once. @param nowMs epoch ms */
export function heatRows({ items, edges }: Pick<SiteCoverage, "items" | "edges">, nowMs: number): HeatRow[] {
  const known = new Map<string, Cell>();
  const one = (cell: Cell): Cell => {
    const key = `${cell.mark} ${cell.percent}`;
    const same = known.get(key) ?? cell;
    known.set(key, same);
    return same;
  };
  return items.map(({ deviceId: id, name, asked: isAsked, streams, sums }) => {
    if (!sums || streams === 0) return { id, name, isAsked, cells: null };
    const cells = edges.slice(1).map((endMs, step) => {
      const notDueMs = Math.max(0, Math.min(NOT_DUE_MS, endMs - (nowMs - NOT_DUE_MS))) * streams;
      return one(cellOf(sums, step, notDueMs));
    });
    return { id, name, isAsked, cells };
  });
}
