import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { QUALITY, qualityName, READING_TIME_MS } from "../../domain/reading.ts";
import { EXPORT_COLUMNS, type LineFormat, ReadingLines, type SeriesNames } from "./reading-lines.ts";
import type { SeriesRun } from "./series-runs.ts";

const NAMES: SeriesNames = { metricId: "m-1", site: "North", device: "Inverter 1", metric: "active_power", unit: "W" };

interface Row {
  readonly timeMs: number;
  readonly value: number;
  readonly quality: number;
}

function runOf(rows: readonly Row[]): SeriesRun {
  return {
    series: 1,
    length: rows.length,
    timesMs: Float64Array.from(rows, ({ timeMs }) => timeMs),
    values: Float64Array.from(rows, ({ value }) => value),
    qualities: Uint8Array.from(rows, ({ quality }) => quality),
  };
}

function chunksOf(format: LineFormat, rows: readonly Row[], names = NAMES): string[] {
  return [...new ReadingLines(format).write(names, runOf(rows))].map((chunk) => Buffer.from(chunk).toString());
}

const row = fc.record({
  timeMs: fc.integer(READING_TIME_MS),
  value: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer().map((whole) => whole / 100),
    fc.constant(-0),
  ),
  quality: fc.constantFrom(...Object.values(QUALITY)),
});

describe("readings as lines", () => {
  test("CSV reads back to the same ms and the same double", () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), (rows) => {
        const lines = chunksOf("csv", rows).join("").trimEnd().split("\n");
        const read = lines.map((line) => line.split(",").slice(5));
        expect(read.map(([time = ""]) => time)).toEqual(rows.map(({ timeMs }) => new Date(timeMs).toISOString()));
        expect(read.map(([, value]) => Number(value))).toEqual(rows.map(({ value }) => value));
        expect(read.map(([, , quality]) => quality)).toEqual(rows.map(({ quality }) => qualityName(quality)));
      }),
    );
  });

  test("NDJSON reads back to the same ms, double and names, whatever the names hold", () => {
    const text = fc.string({ unit: "binary", maxLength: 200 }).filter((name) => name.isWellFormed());
    const names = fc.record({ metricId: fc.uuid(), site: text, device: text, metric: text, unit: text });
    fc.assert(
      fc.property(names, fc.array(row, { minLength: 1, maxLength: 5 }), (given, rows) => {
        const lines = chunksOf("ndjson", rows, given).join("").slice(0, -1).split("\n");
        const expected = rows.map(({ timeMs, value, quality }) => ({
          ...given,
          time: new Date(timeMs).toISOString(),
          value,
          quality: qualityName(quality),
        }));
        expect(lines.map((line): unknown => JSON.parse(line))).toEqual(expected);
      }),
    );
  });

  test("a long run comes in chunks of whole lines, each once", () => {
    const rows = Array.from({ length: 5_000 }, (_, at) => ({ timeMs: at, value: at, quality: QUALITY.good }));
    const chunks = chunksOf("csv", rows);
    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks.every((chunk) => chunk.endsWith(",good\n") && chunk.startsWith("m-1,"))).toBe(true);
    const values = chunks
      .join("")
      .trimEnd()
      .split("\n")
      .map((line) => Number(line.split(",")[6]));
    expect(values).toEqual(rows.map(({ value }) => value));
  });

  test("names longer than a chunk do not end a line early", () => {
    const site = "s".repeat(200_000);
    const [first = "", second = ""] = chunksOf(
      "csv",
      [1, 2].map((timeMs) => ({ timeMs, value: 0, quality: 0 })),
      {
        ...NAMES,
        site,
      },
    );
    expect(first).toBe(`m-1,${site},Inverter 1,active_power,W,1970-01-01T00:00:00.001Z,0,good\n`);
    expect(second).toContain("00.002Z,0,good\n");
  });

  test("CSV quotes names that hold its signs", () => {
    const [line] = chunksOf("csv", [{ timeMs: 0, value: 1.5, quality: QUALITY.uncertain }], {
      ...NAMES,
      site: 'A, "B"',
      device: "two\nlines",
    });
    expect(line).toBe('m-1,"A, ""B""","two\nlines",active_power,W,1970-01-01T00:00:00.000Z,1.5,uncertain\n');
  });

  test("a quality of a newer version reads as bad", () => {
    expect(chunksOf("csv", [{ timeMs: 0, value: 0, quality: 77 }])[0]).toMatch(/,bad\n$/);
  });

  test("only CSV has a header", () => {
    expect(Buffer.from(new ReadingLines("csv").header).toString()).toBe(`${EXPORT_COLUMNS.join(",")}\n`);
    expect(new ReadingLines("ndjson").header).toHaveLength(0);
  });
});
