import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvLine, LINE_END } from "../csv.ts";
import { DELIMITERS, DelimitedRows } from "./delimited-rows.ts";
import { NdjsonRows } from "./ndjson-rows.ts";
import { ROW_CHARS_MAX, type RowReader } from "./rows.ts";

function read(reader: RowReader, ...pieces: readonly string[]) {
  return [...pieces.flatMap((piece) => reader.write(piece)), ...reader.end()];
}

/** A text, cut anywhere. */
const cutText = (whole: string): fc.Arbitrary<string[]> =>
  fc.array(fc.nat(), { maxLength: 5 }).map((places) => {
    const cuts = [0, ...places.map((place) => place % (whole.length + 1)).sort((a, b) => a - b), whole.length];
    return cuts.slice(1).map((end, at) => whole.slice(cuts[at], end));
  });

describe("rows of delimited text", () => {
  test("come back as they were written, wherever the text is cut", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "1", '"', ",", "\n", " ", "é"), maxLength: 6 });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 8 });
    const written = fc
      .tuple(table, fc.constantFrom(...Object.values(LINE_END)))
      .chain(([rows, end]) => fc.tuple(fc.constant(rows), cutText(rows.map((cells) => csvLine(cells, end)).join(""))));
    fc.assert(
      fc.property(written, ([rows, pieces]) => {
        const back = read(new DelimitedRows(","), ...pieces);
        expect(back.map((row) => "cells" in row && row.cells)).toEqual(rows);
      }),
    );
  });

  test.each(DELIMITERS)("may be told apart by %j", (delimiter) => {
    const rows = read(new DelimitedRows(delimiter), `a${delimiter}"b${delimiter}c"\r\n1${delimiter}2`);
    expect(rows).toEqual([
      { line: 1, cells: ["a", `b${delimiter}c`] },
      { line: 2, cells: ["1", "2"] },
    ]);
  });

  test("know the lines that they began on", () => {
    const rows = read(new DelimitedRows(","), 'a,b\n\n"x\ny",1\r\n   \nz,2\n');
    expect(rows.map(({ line }) => line)).toEqual([1, 3, 6]);
  });

  test.each([
    ["a quote that is not closed", 'a,b\n"c,d\ne,f', [{ line: 2, reason: "a quote is not closed" }]],
    ["text after a quote", 'a,b\n"c"d,e\nf,g', [{ line: 2, reason: "text after a quote" }]],
    [
      "a row that is too long",
      `a,b\n${"x".repeat(ROW_CHARS_MAX + 1)}\nf,g`,
      [{ line: 2, reason: `longer than ${ROW_CHARS_MAX} characters` }],
    ],
  ])("say of %s where it is", (_what, text, broken) => {
    const rows = read(new DelimitedRows(","), text);
    expect(rows.filter((row) => "reason" in row)).toEqual(broken);
    if (text.endsWith("f,g")) expect(rows.at(-1)).toEqual({ line: 3, cells: ["f", "g"] });
  });

  test("of the longest that is taken are taken", () => {
    const [row] = read(new DelimitedRows(","), "x".repeat(ROW_CHARS_MAX));
    expect(row && "cells" in row && row.cells.map((cell) => cell.length)).toEqual([ROW_CHARS_MAX]);
  });

  test("hold no more of a line without an end than a row may have", () => {
    const reader = new DelimitedRows(",");
    const piece = "x".repeat(ROW_CHARS_MAX);
    for (let pieces = 0; pieces < 2_000; pieces++) expect(reader.write(piece)).toEqual([]);
    expect(reader.end()).toEqual([{ line: 1, reason: `longer than ${ROW_CHARS_MAX} characters` }]);
  });
});

describe("rows of NDJSON", () => {
  test("have the wanted members in their order", () => {
    const rows = read(new NdjsonRows(["t", "a", "b"]), '{"a":1.5,"t":"x"}\n\n{"b":true,"a":-0,"t":null,"c":{}}\r\n');
    expect(rows).toEqual([
      { line: 1, cells: ["x", "1.5", ""] },
      { line: 3, cells: ["", "-0", "true"] },
    ]);
  });

  test("carry every double over", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = Object.is(value, -0) ? "-0" : JSON.stringify(value);
        const [row] = read(new NdjsonRows(["v"]), `{"v":${text}}`);
        expect(row && "cells" in row && Number(row.cells[0])).toBe(value);
      }),
    );
  });

  test.each(["[1]", "null", "{", "1", '"x"', '{"a":1}{"b":2}'])("%s is no object", (line) =>
    expect(read(new NdjsonRows(["a"]), `{"a":1}\n${line}\n{"a":2}`)).toEqual([
      { line: 1, cells: ["1"] },
      { line: 2, reason: "no JSON object" },
      { line: 3, cells: ["2"] },
    ]),
  );
});
