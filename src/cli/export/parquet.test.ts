import fc from "fast-check";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { ParquetFile } from "../../parquet/reading-file.ts";
import { csvLine, LINE_END } from "../csv.ts";
import { CommandFailed } from "../exit-codes.ts";
import { ParquetColumns, ROW_GROUP_ROWS } from "./parquet-columns.ts";

const HEADER = "metricId,site,device,metric,unit,time,value,quality\n";

interface Reading {
  readonly names: readonly string[];
  readonly timeMs: number;
  readonly value: number;
  readonly quality: string;
}

function csv(readings: readonly Reading[]): string {
  const lines = readings.map(({ names, timeMs, value, quality }) =>
    csvLine([...names, new Date(timeMs).toISOString(), Object.is(value, -0) ? "-0" : value, quality], LINE_END.pipe),
  );
  return HEADER + lines.join("");
}

/** The file that the server's CSV becomes, when it comes cut at these places. */
async function parquetOf(text: string, cuts: readonly number[] = []): Promise<ArrayBuffer> {
  const bytes = Buffer.from(text);
  const written: Uint8Array[] = [];
  const columns = new ParquetColumns();
  const file = new ParquetFile(async (piece) => void written.push(Uint8Array.from(piece)));
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [at, end] of places.slice(1).entries()) {
    for (const rows of columns.write(bytes.subarray(places[at], end))) await file.rowGroup(rows);
  }
  const last = columns.end();
  if (last) await file.rowGroup(last);
  await file.finish();
  const whole = Buffer.concat(written);
  return whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length);
}

const name = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "é", " "), maxLength: 5 });
const series = fc.tuple(fc.uuid(), name, name, name, name);
const reading = fc.record({
  timeMs: fc.integer({ min: 0, max: 253_402_300_799_999 }),
  value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(-0)),
  quality: fc.constantFrom("good", "uncertain", "bad"),
});
const readings = fc
  .array(fc.tuple(series, fc.array(reading, { minLength: 1, maxLength: 5 })), { maxLength: 4 })
  .map((all) => all.flatMap(([names, of]): Reading[] => of.map((one) => ({ names, ...one }))));

describe("a Parquet file", () => {
  test("holds what the server's CSV says, wherever that is cut", async () => {
    await fc.assert(
      fc.asyncProperty(readings, fc.array(fc.nat(), { maxLength: 6 }), async (given, cuts) => {
        const file = await parquetOf(csv(given), cuts);
        const rows = await parquetReadObjects({ file });
        expect(rows).toEqual(
          given.map(({ names: [metricId, site, device, metric, unit], timeMs, value, quality }) => ({
            metricId,
            site,
            device,
            metric,
            unit,
            time: new Date(timeMs),
            value,
            quality,
          })),
        );
      }),
      { numRuns: 60 },
    );
  });

  test("has row groups of a bounded size, written one after another", async () => {
    const names = ["m", "S", "D", "active_power", "W"];
    const given = Array.from({ length: ROW_GROUP_ROWS + 3 }, (_, at) => ({
      names,
      timeMs: at * 1_000,
      value: at / 100,
      quality: "good",
    }));
    const file = await parquetOf(csv(given));
    const { row_groups: groups, num_rows: rows } = parquetMetadata(file);
    expect(groups.map((group) => Number(group.num_rows))).toEqual([ROW_GROUP_ROWS, 3]);
    expect(rows).toBe(BigInt(ROW_GROUP_ROWS + 3));
    const [last] = await parquetReadObjects({ file, rowStart: ROW_GROUP_ROWS + 2 });
    expect(last).toMatchObject({ time: new Date((ROW_GROUP_ROWS + 2) * 1_000), value: (ROW_GROUP_ROWS + 2) / 100 });
  });

  test("without a reading is a file all the same", async () => {
    expect(await parquetReadObjects({ file: await parquetOf(HEADER) })).toEqual([]);
  });

  test.each([
    ["a line that is cut", `${HEADER}m,S,D,p,W,1970-01-01T00:00:00.000Z,1,go`],
    ["another number of columns", `${HEADER}m,S,D,p,1970-01-01T00:00:00.000Z,1,good\n`],
    ["a time that is none", `${HEADER}m,S,D,p,W,1970-01-01T00:00:00.00xZ,1,good\n`],
    ["a value that is none", `${HEADER}m,S,D,p,W,1970-01-01T00:00:00.000Z,x,good\n`],
  ])("is not made of %s", async (_what, text) => {
    await expect(parquetOf(text)).rejects.toThrow(CommandFailed);
  });
});
