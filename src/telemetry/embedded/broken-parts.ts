import type { Session } from "chdb";

/** A part that the engine could not load and has set aside. */
interface BrokenPart {
  readonly table: string;
  readonly name: string;
  readonly partitionId: string;
  readonly min: number;
  readonly max: number;
}

const BROKEN = `
  SELECT table, name, partition_id, min_block_number, max_block_number
  FROM system.detached_parts WHERE reason = 'broken-on-start'`;

/**
 * Judges what the engine has set aside at its start. Of a broken merge, the parts that it was made of are back; a broken insert was never
 * answered, if writes have failed, and comes again from the journal: these are removed. Anything else is damage.
 * @param writesFailed whether the process before this one ended because of failed writes
 * @throws Error that names a part whose readings are nowhere else
 */
export async function settleBrokenParts(session: Session, writesFailed: boolean): Promise<void> {
  for (const part of await brokenParts(session)) {
    const isOfOneInsert = part.min === part.max;
    if (!(writesFailed && isOfOneInsert) && !(await isCovered(session, part))) {
      throw new Error(`the part ${part.name} of ${part.table} is broken, and no other holds its readings`);
    }
    // The name is the engine's own; it lies in its directory.
    await session.queryAsync(
      `ALTER TABLE ${part.table} DROP DETACHED PART '${part.name}' SETTINGS allow_drop_detached = 1`,
    );
  }
}

async function brokenParts(session: Session): Promise<BrokenPart[]> {
  const text = (await session.queryAsync(BROKEN, { format: "TSV" })).text().trim();
  const lines = text === "" ? [] : text.split("\n");
  return lines.map((line) => {
    const [table = "", name = "", partitionId = "", min, max] = line.split("\t");
    return { table, name, partitionId, min: Number(min), max: Number(max) };
  });
}

/** Whether parts that are in use hold the same inserts: those that it was merged of, or one that it went into. */
async function isCovered(session: Session, { table, partitionId, min, max }: BrokenPart): Promise<boolean> {
  const isWithin = `min_block_number >= ${min} AND max_block_number <= ${max}`;
  const isAround = `min_block_number <= ${min} AND max_block_number >= ${max}`;
  const sql = `
    SELECT count() FROM system.parts
    WHERE active AND table = '${table}' AND partition_id = '${partitionId}' AND ((${isWithin}) OR (${isAround}))`;
  return Number((await session.queryAsync(sql, { format: "TSV" })).text().trim()) > 0;
}
