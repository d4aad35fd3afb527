import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { READING_TIME_MS, ReadingColumnsBuilder } from "../domain/reading.ts";
import { type ArrangedRows, arrange } from "./arrange.ts";
import { ArrangeSpace } from "./arrange-space.ts";
import { ScaleHints } from "./decimal-scale.ts";
import { encodeBatch } from "./journal/batch-codec.ts";
import type { EncodedBatch } from "./sql/connection.ts";
import { SCALE_OF_NUMBER } from "./sql/readings-table.ts";

type Row = readonly [series: number, timeMs: number, value: number, quality: number];

const decimal = fc
  .tuple(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }), fc.nat(15))
  .map(([digits, scale]) => Number(`${digits}e-${scale}`));
const value = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -99_999, max: 99_999 }).map((hundredths) => hundredths / 100) },
  decimal,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(
    -0,
    0,
    5e-324,
    -5e-324,
    1e308,
    -1e308,
    2 ** 53,
    -(2 ** 53),
    2 ** 53 + 2,
    0.1 + 0.2,
    1e22,
    1e-15,
    1e15,
  ),
);
const series = fc.oneof(fc.nat(5), fc.nat(20_000), fc.nat(0xffff_ffff));
const timeMs = fc.oneof(fc.nat(20), fc.integer(READING_TIME_MS));
const row: fc.Arbitrary<Row> = fc.tuple(series, timeMs, value, fc.nat(255));
const batches = fc
  .array(fc.array(row, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 5 })
  .chain((given) =>
    fc.constantFrom(
      given,
      given.map((batch) => batch.toSorted(byKey)),
      given.map((batch) => batch.toSorted(byKey).toReversed()),
      [given.flat().toSorted(byKey)],
      // Few series and no time twice: the rows of a bulk load.
      [given.flat().map(([each, , ...rest], index): Row => [each % 2, index, ...rest])],
    ),
  );

function byKey(a: Row, b: Row): number {
  return a[0] - b[0] || a[1] - b[1];
}

function encoded(given: readonly (readonly Row[])[]): EncodedBatch[] {
  return given.map((rows, index) => {
    const builder = new ReadingColumnsBuilder();
    for (const each of rows) builder.push(...each);
    return { seq: 10 + index, receivedAtMs: 0, rows: rows.length, encoded: encodeBatch(builder.finish()) };
  });
}

/** The rows as a reader of the table sees them: VALUE of `sql/readings-table.ts`, in JavaScript. */
function rowsOf(arranged: ArrangedRows): Row[] {
  const int64 = (words: Int32Array, at: number): number =>
    (words[2 * at + 1] ?? 0) * 2 ** 32 + ((words[2 * at] ?? 0) >>> 0);
  return Array.from({ length: arranged.length }, (_, at): Row => {
    const scale = arranged.scales[at] ?? 0;
    const isNumber = scale === SCALE_OF_NUMBER;
    expect(arranged.hasNumbers || !isNumber).toBe(true);
    if (arranged.hasNumbers && !isNumber) expect(arranged.numbers[at]).toBe(0);
    const held = isNumber ? (arranged.numbers[at] ?? 0) : int64(arranged.mantissas, at) / 10 ** scale;
    return [arranged.series[at] ?? 0, int64(arranged.times, at), held, arranged.qualities[at] ?? 0];
  });
}

function modelOf(given: readonly (readonly Row[])[]): Row[] {
  const held = new Map(given.flat().map((each) => [`${each[0]} ${each[1]}`, each]));
  return [...held.values()].sort(byKey);
}

describe("arranged rows", () => {
  test("are a plain map's, to the bit, in the table's order, whatever was arranged in the same memory before", () => {
    const hints = new ScaleHints();
    const space = new ArrangeSpace();
    fc.assert(
      fc.property(batches, (given) => {
        for (const arranged of [arrange(encoded(given)), arrange(encoded(given), hints, space)]) {
          expect(rowsOf(arranged)).toStrictEqual(modelOf(given));
          expect(arranged.version).toBe(9 + given.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("tell each (series, UTC day) once, in order", () => {
    fc.assert(
      fc.property(batches, (given) => {
        const { touched } = arrange(encoded(given));
        const days = new Set(modelOf(given).map((each) => `${each[0]} ${Math.floor(each[1] / 86_400_000)}`));
        const told = Array.from({ length: touched.length }, (_, at) => `${touched.series[at]} ${touched.days[at]}`);
        expect(told).toStrictEqual([...days]);
      }),
    );
  });

  test("have one scale for each series where every value is exact at it", () => {
    const given: Row[] = [1.5, 2, 3.25, 100, -0.01].map((each, at) => [7, at, each, 0]);
    expect([...arrange(encoded([given])).scales]).toStrictEqual([2, 2, 2, 2, 2]);
    const withOdd: Row[] = [1.5, 1 / 3, 3.25, -0, 1e300].map((each, at) => [7, at, each, 0]);
    expect([...arrange(encoded([withOdd])).scales]).toStrictEqual([2, 255, 2, 255, 255]);
    const far: Row[] = [1e15, 0.125].map((each, at) => [7, at, each, 0]);
    expect([...arrange(encoded([far])).scales]).toStrictEqual([0, 3]);
  });

  test("of short inserts keep a series' scale, also when a value would do with less", () => {
    const hints = new ScaleHints();
    const scaleOf = (each: number, of = 7): number | undefined =>
      arrange(encoded([[[of, 0, each, 0]]]), hints).scales[0];
    expect([1.25, 3, 0.1].map((each) => scaleOf(each))).toStrictEqual([2, 2, 2]);
    expect(scaleOf(5.5, 8)).toBe(1);
    // Beyond what is remembered: as exact, with a scale of its own.
    expect([1.25, 3].map((each) => scaleOf(each, 4_194_304))).toStrictEqual([2, 0]);
    expect([1.25, 3].map((each) => scaleOf(each, 4_194_303))).toStrictEqual([2, 2]);
  });

  test("of arbitrary doubles are exact too, beyond the few whose scales are searched", () => {
    const given: Row[] = Array.from({ length: 500 }, (_, at) => [3, at, at % 50 === 49 ? 0.001 * at : Math.sin(at), 0]);
    expect(rowsOf(arrange(encoded([given])))).toStrictEqual(given);
  });

  test("of 65,536 series and more, far apart and in reverse", () => {
    const given: Row[] = Array.from({ length: 70_000 }, (_, at) => [4_000_000_000 - 3 * at, 70_000 - at, at, 0]);
    const arranged = arrange(encoded([given.slice(0, 40_000), given.slice(40_000)]));
    expect(rowsOf(arranged).map(([each]) => each)).toStrictEqual(given.map(([each]) => each).toReversed());
  });

  test("of one series over more time than fits beside a place in a number", () => {
    const times = Array.from({ length: 50_000 }, (_, at) => ((at * 7_919) % 50_000) * 5_000_000_000);
    const arranged = arrange(encoded([times.map((time): Row => [1, time, time, 0])]));
    expect(rowsOf(arranged).map(([, time]) => time)).toStrictEqual(times.toSorted((a, b) => a - b));
  });

  test("more than can be ordered at once are refused", () => {
    const length = 2_097_153;
    const huge = {
      length,
      series: new Uint32Array(length),
      timesMs: new Float64Array(length),
      values: new Float64Array(length),
      qualities: new Uint8Array(length),
    };
    const batch = { seq: 1, receivedAtMs: 0, rows: length, encoded: encodeBatch(huge) };
    expect(() => arrange([batch])).toThrow(RangeError);
  });
});
