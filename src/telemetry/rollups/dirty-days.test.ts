import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TouchedDays } from "../sql/connection.ts";
import { DirtyDays, type DirtyPiece, type QuietRule, WHOLE_SERIES } from "./dirty-days.ts";

type Pair = readonly [series: number, day: number];

const touched = (...pairs: readonly Pair[]): TouchedDays => ({
  length: pairs.length,
  series: Uint32Array.from(pairs, ([series]) => series),
  days: Int32Array.from(pairs, ([, day]) => day),
});
const pairsOf = ({ length, series, days }: TouchedDays): string[] =>
  Array.from({ length }, (_, row) => `${series[row]} ${days[row]}`).sort();
const EVERYTHING: QuietRule = { touchedBeforeMs: Infinity, presentDay: Infinity, presentTouchedBeforeMs: Infinity };

describe("dirty days", () => {
  test("behave as sets of pairs, whatever is marked, saved, rolled up and touched meanwhile", () => {
    const pair = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 9 }));
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant("mark" as const), pairs: fc.array(pair, { maxLength: 40 }) }),
      },
      fc.record({ kind: fc.constant("save" as const), fails: fc.boolean() }),
      fc.record({ kind: fc.constant("piece" as const), pairsMax: fc.integer({ min: 1, max: 30 }) }),
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("clear" as const) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const dirty = new DirtyDays(() => 0);
        const held = new Set<string>();
        const unsaved = new Set<string>();
        const pieces: { piece: DirtyPiece; touchedSince: Set<string> }[] = [];
        for (const each of steps) {
          if (each.kind === "mark") {
            dirty.mark(touched(...each.pairs));
            for (const [series, day] of each.pairs) {
              const key = `${series} ${day}`;
              if (!held.has(key)) unsaved.add(key);
              held.add(key);
              for (const { touchedSince } of pieces) touchedSince.add(key);
            }
          } else if (each.kind === "save") {
            const taken = dirty.takeUnsaved();
            expect(pairsOf(taken)).toStrictEqual([...unsaved].sort());
            if (each.fails) dirty.putBack(taken);
            else unsaved.clear();
          } else if (each.kind === "piece") {
            const piece = dirty.quietPiece(EVERYTHING, each.pairsMax);
            expect(piece.length).toBeLessThanOrEqual(each.pairsMax);
            expect(piece.length > 0).toBe(held.size > 0);
            expect(pairsOf(piece).every((key) => held.has(key))).toBe(true);
            pieces.push({ piece, touchedSince: new Set() });
          } else {
            const last = pieces.shift();
            if (!last) continue;
            const cleared = pairsOf(dirty.clear(last.piece));
            expect(cleared).toStrictEqual(
              pairsOf(last.piece).filter((key) => held.has(key) && !last.touchedSince.has(key)),
            );
            for (const key of cleared) {
              held.delete(key);
              unsaved.delete(key);
              // A pair that is gone and comes back is another pair for those who still hold it.
              for (const { touchedSince } of pieces) touchedSince.add(key);
            }
          }
          expect(dirty.size).toBe(held.size);
          for (let series = 1; series <= 12; series++) {
            const days = [...held].map((key) => key.split(" ").map(Number)).filter(([of]) => of === series);
            const within = days.map(([, day]) => day ?? 0).filter((day) => day >= 2 && day <= 8);
            expect(dirty.daysOf(series, 2, 8)).toStrictEqual(within.sort((a, b) => a - b));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("go to the roller when they were quiet for long enough, those of the present day later", () => {
    let nowMs = 0;
    const dirty = new DirtyDays(() => nowMs);
    dirty.restore(touched([1, 5]));
    nowMs = 10_000;
    dirty.mark(touched([2, 5], [2, 7]));
    const rule = (atMs: number): QuietRule => ({
      touchedBeforeMs: atMs - 60_000,
      presentDay: 7,
      presentTouchedBeforeMs: atMs - 600_000,
    });
    expect(pairsOf(dirty.quietPiece(rule(10_000), 9))).toStrictEqual(["1 5"]);
    expect(pairsOf(dirty.quietPiece(rule(70_000), 9))).toStrictEqual(["1 5"]);
    expect(pairsOf(dirty.quietPiece(rule(71_000), 9))).toStrictEqual(["1 5", "2 5"]);
    nowMs = 100_000;
    dirty.mark(touched([2, 5]));
    expect(pairsOf(dirty.quietPiece(rule(100_000), 9))).toStrictEqual(["1 5"]);
    expect(pairsOf(dirty.quietPiece(rule(611_000), 9))).toStrictEqual(["1 5", "2 5", "2 7"]);
  });

  test("come in pieces that reach every pair", () => {
    const dirty = new DirtyDays(() => 0);
    const pairs = Array.from({ length: 500 }, (_, index): Pair => [index % 17, Math.floor(index / 17)]);
    dirty.mark(touched(...pairs));
    const seen: string[] = [];
    for (let piece = dirty.quietPiece(EVERYTHING, 7); piece.length > 0; piece = dirty.quietPiece(EVERYTHING, 7)) {
      expect(piece.length).toBeLessThanOrEqual(7);
      seen.push(...pairsOf(dirty.clear(piece)));
    }
    expect(seen.sort()).toStrictEqual(pairsOf(touched(...pairs)));
  });

  test("of a whole series make all its days dirty, and come by themselves", () => {
    const dirty = new DirtyDays(() => 0);
    dirty.markWhole(Uint32Array.of(3));
    dirty.mark(touched([3, 8], [4, 8]));
    expect(dirty.daysOf(3, 0, 1)).toBe("whole");
    expect(dirty.daysOf(4, 0, 9)).toStrictEqual([8]);
    const piece = dirty.quietPiece(EVERYTHING, 10);
    expect(pairsOf(piece)).toStrictEqual([`3 ${WHOLE_SERIES}`]);
    dirty.clear(piece);
    expect(dirty.daysOf(3, 0, 9)).toStrictEqual([8]);
  });

  test("are bounded: beyond, a series is dirty as a whole", () => {
    const dirty = new DirtyDays(() => 0, 3);
    dirty.mark(touched([1, 1], [1, 2], [1, 3]));
    expect(dirty.daysOf(1, 0, 9)).toStrictEqual([1, 2, 3]);
    dirty.mark(touched([2, 1], [2, 2], [1, 2]));
    expect([dirty.daysOf(1, 0, 9), dirty.daysOf(2, 0, 9), dirty.size]).toStrictEqual([[1, 2, 3], "whole", 4]);
    expect(pairsOf(dirty.takeUnsaved())).toStrictEqual(["1 1", "1 2", "1 3", `2 ${WHOLE_SERIES}`]);
    // There is no room for the days of the whole series until the others are rolled up.
    const others = dirty.quietPiece(EVERYTHING, 10);
    expect(pairsOf(others)).toStrictEqual(["1 1", "1 2", "1 3"]);
    dirty.mark(touched([2, 3]));
    dirty.clear(others);
    const whole = dirty.quietPiece(EVERYTHING, 10);
    expect(pairsOf(whole)).toStrictEqual([`2 ${WHOLE_SERIES}`]);
    dirty.mark(touched([2, 3], [2, 4], [2, 5], [2, 6]));
    expect(dirty.clear(whole).length).toBe(0);
  });

  test("take no more memory than is said", () => {
    const bytesBefore = process.memoryUsage().arrayBuffers;
    const dirty = new DirtyDays(() => 0);
    const pairs = 300_000;
    const all = { length: pairs, series: new Uint32Array(pairs), days: new Int32Array(pairs) };
    for (let row = 0; row < pairs; row++) [all.series[row], all.days[row]] = [Math.floor(row / 30), row % 30];
    const own = all.series.byteLength + all.days.byteLength;
    dirty.mark(all);
    dirty.takeUnsaved();
    expect(dirty.size).toBe(pairs);
    // The tables that were outgrown may not be collected yet: together they are at most twice the last.
    expect(process.memoryUsage().arrayBuffers - bytesBefore - own).toBeLessThan(pairs * 60 * 3);
  });
});
