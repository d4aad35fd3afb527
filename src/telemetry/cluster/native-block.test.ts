import { expect, test } from "vitest";
import { ReadingColumnsBuilder } from "../../domain/reading.ts";
import { arrange } from "../arrange.ts";
import { encodeBatch } from "../journal/batch-codec.ts";
import { nativeInsert } from "./native-block.ts";

function insertOf(...values: number[]) {
  const builder = new ReadingColumnsBuilder();
  for (const [row, value] of values.entries()) builder.push(row + 1, 2 ** 32 + row, value, row % 256);
  const encoded = encodeBatch(builder.finish());
  return nativeInsert(arrange([{ seq: 7, receivedAtMs: 0, rows: values.length, encoded }]));
}

test("a block is its counts and, for each column, name, type and values", () => {
  const { sql, rows } = insertOf(1.5, -2);
  expect(sql).toBe("INSERT INTO readings_2 (series, ts, mantissa, scale, quality, version) FORMAT Native");
  expect(Buffer.concat(rows).toString("latin1")).toBe(
    [
      "\x06\x02",
      "\x06series\x06UInt32\x01\0\0\0\x02\0\0\0",
      "\x02ts\x05Int64\0\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0",
      "\x08mantissa\x05Int64\x0f\0\0\0\0\0\0\0\xfe\xff\xff\xff\xff\xff\xff\xff",
      "\x05scale\x05UInt8\x01\0",
      "\x07quality\x05UInt8\0\x01",
      "\x07version\x06UInt64\x07\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0",
    ].join(""),
  );
});

test("doubles that are no decimals have a column of their own", () => {
  const { sql, rows } = insertOf(-0);
  expect(sql).toContain("number");
  expect(Buffer.concat(rows).toString("latin1")).toContain("\x06number\x07Float64\0\0\0\0\0\0\0\x80");
});

test.each([
  [127, "\x7f"],
  [128, "\x80\x01"],
  [16_384, "\x80\x80\x01"],
])("%i rows are counted as such", (length, counted) => {
  const { rows } = insertOf(...new Array<number>(length).fill(1));
  expect(Buffer.from(rows[0] ?? []).toString("latin1")).toBe(`\x06${counted}`);
});
