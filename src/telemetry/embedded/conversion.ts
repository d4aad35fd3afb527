import type { Session } from "chdb";
import { MANTISSA_MAX, READINGS_COLUMNS, READINGS_TABLE, SCALE_MAX, SCALE_OF_NUMBER } from "../sql/readings-table.ts";

/** The table of readings before values were decimals: series, ts, value (Float64), quality, version. */
const OLD_TABLE = "readings";

/**
 * Moves the rows of the old table into the present one, month by month, and removes it. May be killed at any moment: a month is dropped only once
 * its rows are stored, and rows that are copied twice are the same rows.
 */
export async function convertOldReadings(session: Session): Promise<void> {
  if (!(await exists(session))) return;
  for (const partition of await partitions(session)) {
    await session.queryAsync(copyPartition(partition));
    await session.queryAsync(`ALTER TABLE ${OLD_TABLE} DROP PARTITION ID '${partition}'`);
  }
  await session.queryAsync(`DROP TABLE ${OLD_TABLE}`);
}

async function exists(session: Session): Promise<boolean> {
  return (await session.queryAsync(`EXISTS TABLE ${OLD_TABLE}`, { format: "TSV" })).text().trim() === "1";
}

/** Ids that the engine made from whole numbers: digits, and a dash before a negative one. */
async function partitions(session: Session): Promise<string[]> {
  const select = `
    SELECT DISTINCT partition_id FROM system.parts
    WHERE database = currentDatabase() AND table = '${OLD_TABLE}' AND active ORDER BY partition_id`;
  const ids = (await session.queryAsync(select, { format: "TSV" })).text().split("\n").filter(Boolean);
  const odd = ids.find((id) => !/^[-\w]+$/.test(id));
  if (odd !== undefined) throw new Error(`the partition ${odd} of the table ${OLD_TABLE} is none of Kilowatch's`);
  return ids;
}

/** A series' rows share the scale that its finest value needs, where they are exact at it; else each has its own. */
function copyPartition(id: string): string {
  const from = `${OLD_TABLE} WHERE _partition_id = '${id}'`;
  return `
    INSERT INTO ${READINGS_TABLE} (${READINGS_COLUMNS})
    SELECT series, ts, if(scale = ${SCALE_OF_NUMBER}, 0, ${mantissaAt("scale")}), scale,
      if(scale = ${SCALE_OF_NUMBER}, value, 0), quality, version
    FROM (
      SELECT series, ts, value, quality, version, if(${isExactAt("finest")}, finest, ${leastScale}) AS scale
      FROM (SELECT * FROM ${from}) AS rows
      INNER JOIN (
        SELECT series, toUInt8(maxIf(least, least != ${SCALE_OF_NUMBER})) AS finest
        FROM (SELECT series, ${leastScale} AS least FROM ${from}) GROUP BY series
      ) AS scales USING series
    )`;
}

/** Only where the product is small enough to be a whole number of 64 bits. */
function mantissaAt(scale: string): string {
  return `toInt64(round(if(abs(value) * intExp10(${scale}) <= ${MANTISSA_MAX}, value * intExp10(${scale}), 0)))`;
}

/** -0 is no decimal: its inverse is negative. */
function isExactAt(scale: string): string {
  return `(abs(value) * intExp10(${scale}) <= ${MANTISSA_MAX} AND ${mantissaAt(scale)} / intExp10(${scale}) = value AND NOT (value = 0 AND 1 / value < 0))`;
}

const SCALES = `[${Array.from({ length: SCALE_MAX + 1 }, (_, scale) => scale).join(", ")}]`;
/** `arrayFirst` answers 0 when there is none, which is told apart by trying it. */
const leastScale = `toUInt8(if(arrayExists(s -> ${isExactAt("s")}, ${SCALES}), arrayFirst(s -> ${isExactAt("s")}, ${SCALES}), ${SCALE_OF_NUMBER}))`;
