import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CoverageRun, OUTCOMES } from "../../domain/coverage.ts";
import { overlaid } from "../../domain/coverage-runs.ts";
import { READING_TIME_MS } from "../../domain/reading.ts";
import { decodeNumbered, decodeRuns, encodeNumbered, encodeRuns, isWritable, REQUEST_MAX } from "./run-codec.ts";
import { MalformedBytes, VarintReader, VarintWriter } from "./varints.ts";

const times = fc.oneof(
  fc.integer({ min: 0, max: READING_TIME_MS.max }),
  fc.constantFrom(0, 1, READING_TIME_MS.max - 1, READING_TIME_MS.max),
);
const anyRun = fc
  .record({
    fromMs: times,
    toMs: times,
    outcome: fc.constantFrom(...OUTCOMES),
    askedAtMs: times,
    request: fc.oneof(fc.nat(), fc.integer({ min: 0, max: REQUEST_MAX }), fc.constantFrom(0, REQUEST_MAX)),
  })
  .filter(({ fromMs, toMs }) => fromMs < toMs);
const runLists = fc.array(anyRun, { maxLength: 30 }).map((runs) => overlaid([], runs));

const RUN: CoverageRun = { fromMs: 1_000, toMs: 2_000, outcome: "nothing", askedAtMs: 2_500, request: 7 };

describe("runs as bytes", () => {
  test("are read as they were written", () => {
    fc.assert(
      fc.property(runLists, (runs) => {
        expect(decodeRuns(encodeRuns(runs, 0), 0)).toEqual(runs);
        const originMs = runs[0]?.fromMs ?? 0;
        expect(decodeRuns(encodeRuns(runs, originMs), originMs)).toEqual(runs);
      }),
    );
  });

  test("also one for each number, in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), anyRun), { maxLength: 30 }), (entries) => {
        const runs = new Map(entries);
        expect(decodeNumbered(encodeNumbered(runs))).toEqual(runs);
      }),
    );
  });

  test("take few bytes for what is usual: a minute of data asked for at its end, by the next request", () => {
    const beginMs = Date.UTC(2026, 0, 1);
    const runs = Array.from({ length: 100 }, (_, index): CoverageRun => {
      const [fromMs, toMs] = [beginMs + index * 60_000, beginMs + (index + 1) * 60_000];
      return { fromMs, toMs, outcome: index % 2 === 0 ? "data" : "nothing", askedAtMs: toMs, request: index * 50 };
    });
    expect(encodeRuns(runs, beginMs).length).toBeLessThanOrEqual(1 + runs.length * 6);
  });

  test("that nobody wrote are refused with a typed error, or make a list that could have been written", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, isVersioned) => {
        if (isVersioned) bytes[0] = 1;
        try {
          const runs = decodeRuns(bytes, 0);
          expect(runs.every(isWritable)).toBe(true);
          expect(decodeRuns(encodeRuns(runs, 0), 0)).toEqual(runs);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBytes);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test("that were cut off are refused, or are the runs up to the cut", () => {
    fc.assert(
      fc.property(runLists, fc.nat(200), (runs, length) => {
        const bytes = encodeRuns(runs, 0).subarray(0, length);
        try {
          const read = decodeRuns(bytes, 0);
          expect(read).toEqual(runs.slice(0, read.length));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBytes);
        }
      }),
    );
  });

  test.each([
    ["nothing at all", []],
    ["another version", [2]],
    ["an unknown bit", [1, 0b1_0000, 1, 0]],
    ["a run without length", [1, 0, 0, 0]],
    ["a run that begins before its month", [1, 0b0100, 1, 1, 0]],
    ["a number of too many bytes", [1, 0, ...Array.from({ length: 9 }, () => 0xff), 1, 0]],
    ["a number of endless zeros", [1, 0, ...Array.from({ length: 30 }, () => 0x80), 0, 0]],
  ])("are refused: %s", (_name, bytes) => {
    expect(() => decodeRuns(Uint8Array.from(bytes), 0)).toThrow(MalformedBytes);
  });
});

test.each([
  [RUN, true],
  [{ ...RUN, request: REQUEST_MAX }, true],
  [{ ...RUN, request: REQUEST_MAX + 1 }, false],
  [{ ...RUN, request: -1 }, false],
  [{ ...RUN, fromMs: -1 }, false],
  [{ ...RUN, fromMs: 0.5 }, false],
  [{ ...RUN, toMs: READING_TIME_MS.max }, true],
  [{ ...RUN, toMs: READING_TIME_MS.max + 1 }, false],
  [{ ...RUN, toMs: RUN.fromMs }, false],
  [{ ...RUN, askedAtMs: Number.NaN }, false],
])("%j can be written: %s", (run, expected) => expect(isWritable(run)).toBe(expected));

test("varints hold what they may, at their edges", () => {
  const writer = new VarintWriter();
  const unsigned = [0, 127, 128, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER];
  const signed = [0, -1, 1, 63, -64, 2 ** 40, -(2 ** 40), REQUEST_MAX, -REQUEST_MAX];
  for (const value of unsigned) writer.unsigned(value);
  for (const value of signed) writer.signed(value);
  const reader = new VarintReader(writer.bytes());
  expect(unsigned.map(() => reader.unsigned())).toEqual(unsigned);
  expect(signed.map(() => reader.signed())).toEqual(signed);
  expect(reader.isAtEnd).toBe(true);
});
