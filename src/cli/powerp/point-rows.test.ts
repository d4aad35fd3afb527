import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pointText, STREAM_COLUMNS, TimestampWriter } from "./point-rows.ts";

const T = Date.UTC(2026, 10, 20, 6);
const points = { length: 3, positions: [0, 0, 1], timesMs: [T, T + 200, T + 5], values: [1.5, -0.25, 1e21] };

describe("points as lines", () => {
  test("CSV: header, then index, time and value", () => {
    const text = pointText("csv", { columns: ["index"] });
    expect(text.header).toBe("index,timestamp,value\r\n");
    expect([...text.rows({ points, series: [["1001"], ["a,b"]] })].join("")).toBe(
      "1001,2026-11-20T06:00:00.000Z,1.5\r\n1001,2026-11-20T06:00:00.200Z,-0.25\r\n" +
        '"a,b",2026-11-20T06:00:00.005Z,1e+21\r\n',
    );
  });

  test("NDJSON: every line is an object, and there is no header", () => {
    const text = pointText("ndjson", { columns: STREAM_COLUMNS, decoded: true });
    expect(text.header).toBe("");
    const rows = text.rows({
      points,
      series: [
        ["S1.run", null],
        ['S"2', "tag"],
      ],
      decoded: ["on", null, 'o"ff'],
    });
    const lines = [...rows].join("").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { streamKey: "S1.run", tag: null, timestamp: "2026-11-20T06:00:00.000Z", value: 1.5, decoded: "on" },
      { streamKey: "S1.run", tag: null, timestamp: "2026-11-20T06:00:00.200Z", value: -0.25, decoded: null },
      { streamKey: 'S"2', tag: "tag", timestamp: "2026-11-20T06:00:00.005Z", value: 1e21, decoded: 'o"ff' },
    ]);
  });

  test("many points are handed on in parts, and none is lost between them", () => {
    const length = 10_000;
    const many = {
      length,
      positions: new Uint32Array(length),
      timesMs: Float64Array.from({ length }, (_, at) => T + at * 200),
      values: Float64Array.from({ length }, (_, at) => at),
    };
    const parts = [...pointText("csv", { columns: ["index"] }).rows({ points: many, series: [["1001"]] })];
    expect(parts.length).toBeGreaterThan(3);
    const values = parts
      .join("")
      .trimEnd()
      .split("\r\n")
      .map((line) => Number(line.split(",")[2]));
    expect(values).toEqual([...many.values]);
  });

  test("times are written as a Date writes them", () => {
    const writer = new TimestampWriter();
    fc.assert(
      fc.property(
        fc.integer({ min: -62_000_000_000_000, max: 253_402_300_799_999 }),
        fc.nat(3_000),
        (timeMs, moreMs) => {
          expect(writer.write(timeMs)).toBe(new Date(timeMs).toISOString());
          expect(writer.write(timeMs + moreMs)).toBe(new Date(timeMs + moreMs).toISOString());
        },
      ),
    );
  });
});
