import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../domain/clock.ts";
import { silentLog } from "../../domain/log.ts";
import { EmbeddedConnection } from "./connection.ts";

const MONTH_MS = 2_629_746_000;
const FIRST_MS = 500 * MONTH_MS;

let folder: string;
let connection: EmbeddedConnection;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-conversion-"));
  connection = await open();
});
afterAll(async () => {
  await connection.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<EmbeddedConnection> {
  const opened = new EmbeddedConnection({ directory: folder, clock: systemClock, log: silentLog });
  await opened.opened();
  return opened;
}

async function lines(sql: string): Promise<string[]> {
  const bytes = await connection.query(`SELECT arrayStringConcat(groupArray(line), '\n') FROM (${sql})`);
  // RowBinary text: its length in seven bits a byte, then the text.
  const start = bytes.findIndex((byte) => byte < 0x80) + 1;
  return new TextDecoder().decode(bytes.subarray(start)).split("\n").filter(Boolean);
}

/** What the earlier version made, and some rows in it: [series, ts, value, quality, version]. */
async function fillOldTable(rows: readonly (readonly [number, number, string, number, number])[]): Promise<void> {
  await connection.execute(`
    CREATE TABLE IF NOT EXISTS readings (series UInt32, ts Int64, value Float64, quality UInt8, version UInt64)
    ENGINE = ReplacingMergeTree(version)
    PARTITION BY if(ts >= 946684800000 AND ts < 4102444800000, intDiv(ts, ${MONTH_MS}), -1) ORDER BY (series, ts)`);
  await connection.execute(`INSERT INTO readings VALUES ${rows.map((row) => `(${row.join(", ")})`).join(", ")}`);
}

const HELD = `
  SELECT concat(toString(series), ' ', toString(ts), ' ', hex(if(scale = 255, number, mantissa / intExp10(scale))), ' ',
    toString(scale), ' ', toString(quality), ' ', toString(version)) AS line
  FROM readings_2 FINAL ORDER BY series, ts`;
/** The eight bytes of a double as ClickHouse's `hex` writes them. */
const hex = (value: number): string =>
  Buffer.from(new Float64Array([value]).buffer)
    .toString("hex")
    .toUpperCase();

test("an old table's rows are the same to the bit, also when a conversion was cut off, and it is gone", async () => {
  const far = 8_000 * MONTH_MS;
  await fillOldTable([
    [1, FIRST_MS, "1.25", 0, 7],
    [1, FIRST_MS + 1, "2", 1, 8],
    [1, FIRST_MS + MONTH_MS, "-0.5", 2, 9],
    [2, 0, "-0.0", 0, 3],
    [2, 1, "0.0", 0, 3],
    [2, 2, "1e308", 0, 3],
    [2, 3, "5e-324", 0, 3],
    [2, 4, "0.30000000000000004", 0, 3],
    [2, 5, "9007199254740992", 0, 3],
    [4_294_967_295, far, "0.123456789012345", 255, 3],
  ]);
  // The old version kept both until they were merged.
  await fillOldTable([[1, FIRST_MS, "1.5", 0, 10]]);
  // A conversion that was cut off after its first copy, and what has been written over it since.
  await connection.execute(
    `INSERT INTO readings_2 VALUES (1, ${FIRST_MS}, 125, 2, 0, 0, 7), (1, ${FIRST_MS + 1}, 4, 0, 0, 0, 11)`,
  );
  await connection.close();
  connection = await open();
  expect(await lines(HELD)).toStrictEqual([
    `1 ${FIRST_MS} ${hex(1.5)} 2 0 10`,
    `1 ${FIRST_MS + 1} ${hex(4)} 0 0 11`,
    `1 ${FIRST_MS + MONTH_MS} ${hex(-0.5)} 1 2 9`,
    `2 0 ${hex(-0)} 255 0 3`,
    `2 1 ${hex(0)} 0 0 3`,
    `2 2 ${hex(1e308)} 255 0 3`,
    `2 3 ${hex(5e-324)} 255 0 3`,
    `2 4 ${hex(0.1 + 0.2)} 255 0 3`,
    `2 5 ${hex(2 ** 53)} 0 0 3`,
    `4294967295 ${far} ${hex(0.123456789012345)} 15 255 3`,
  ]);
  expect(
    await lines("SELECT name AS line FROM system.tables WHERE database = currentDatabase() AND name = 'readings'"),
  ).toStrictEqual([]);
});
