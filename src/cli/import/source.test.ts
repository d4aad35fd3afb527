import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BadUse, CommandFailed } from "../exit-codes.ts";
import { SAMPLE_BYTES, SAMPLE_ROWS_MAX, takeSample } from "./sample.ts";
import { assertUnchanged, openSource, rowsOf } from "./source.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-source-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(path: string) {
  const source = await openSource(path);
  const sample = takeSample(source.beginning.text, source.beginning.isWhole, source.name);
  const rows = [];
  for await (const piece of rowsOf(source, sample)) rows.push(...piece.rows);
  return { sample, rows };
}

test("a long file is sampled at its beginning and read to its end", async () => {
  const lines = Array.from({ length: 60_000 }, (_, at) => `2026-01-01T00:00:00Z,${at}é`);
  const path = file("long.csv", `time,v\n${lines.join("\n")}`);
  const { sample, rows } = await read(path);
  expect(sample.rows.length).toBeLessThanOrEqual(SAMPLE_ROWS_MAX);
  expect(rows).toHaveLength(60_000);
  expect(rows.at(-1)).toEqual({ line: 60_001, cells: ["2026-01-01T00:00:00Z", "59999é"] });
});

test("a character that the sample's edge cuts is no fault", async () => {
  const head = "time,v\n2026-01-01T00:00:00Z,";
  const path = file("edge.csv", `${head}${"x".repeat(SAMPLE_BYTES - head.length - 1)}é\n`);
  expect((await openSource(path)).beginning.isWhole).toBe(false);
});

test("a byte order mark is no part of the first name", async () => {
  const { sample } = await read(file("bom.csv", "\ufefftime,v\n2026-01-01T00:00:00Z,1\n"));
  expect(sample.headers).toEqual(["time", "v"]);
});

test("the first row of a file without a header is a row", async () => {
  const { rows } = await read(file("bare.csv", "2026-01-01T00:00:00Z,1\n2026-01-01T00:15:00Z,2"));
  expect(rows.map(({ line }) => line)).toEqual([1, 2]);
});

test("what is not UTF-8 is refused with a remedy", async () => {
  const path = file("latin1.csv", Buffer.from("time,°C\n", "latin1"));
  await expect(openSource(path)).rejects.toThrow(BadUse);
  await expect(openSource(path)).rejects.toThrow(/latin1\.csv is not UTF-8 text: .*iconv/);
});

test.each([
  ["a folder", ".", /is a folder/],
  ["a file that is not there", "none.csv", /cannot be read: ENOENT/],
])("%s is refused", async (_what, name, words) => {
  await expect(openSource(join(folder, name))).rejects.toThrow(BadUse);
  await expect(openSource(join(folder, name))).rejects.toThrow(words);
});

test("a file that changes in between is another file", async () => {
  const path = file("changing.csv", "time,v\n2026-01-01T00:00:00Z,1\n");
  const source = await openSource(path);
  await assertUnchanged(source);
  utimesSync(path, 1, 1);
  await expect(assertUnchanged(source)).rejects.toThrow(CommandFailed);
});
