import { InvalidInput } from "../../domain/errors.ts";
import type { CatalogueDatabase } from "../database.ts";
import { type AuditLink, type AuditRow, BREAK_ACTION, entryOf, hashOf, NO_ENTRY } from "./entry.ts";
import { type Fault, faultOfHead, newestOf } from "./fault.ts";
import type { HeadKeeper } from "./head-file.ts";

export interface AuditVerdict {
  /** The last place that was looked at: the number of entries of a log that is whole. */
  readonly entries: number;
  /** The hash of that entry: whoever notes it elsewhere has a head that nobody here can change. */
  readonly hash: string;
  /** The first that was found; null when the log is whole. */
  readonly fault: Fault | null;
}

/** Entries that are held in memory at once. */
const PAGE_ENTRIES = 1_000;

/**
 * Reads the whole log and says whether it is the one that was written. It may be written meanwhile.
 * @param afterPlace looks only at what comes after this entry: what was found up to it has been looked into
 * @throws InvalidInput when there is no such entry; StorageUnavailable
 */
export async function verifyAudit(
  database: CatalogueDatabase,
  headKeeper: Pick<HeadKeeper, "read">,
  afterPlace = 0,
): Promise<AuditVerdict> {
  const before = await newestOf(database);
  const kept = await headKeeper.read();
  const after = await newestOf(database);
  let previous = afterPlace === 0 ? NO_ENTRY : await entryAt(database, afterPlace);
  for await (const row of entriesAfter(database, afterPlace)) {
    const fault = faultOf(row, previous);
    if (fault !== null) return { entries: previous.place, hash: previous.hash, fault };
    previous = { place: row.place, hash: row.hash };
  }
  const fault = await faultOfHead(database, kept, before, after);
  return { entries: previous.place, hash: previous.hash, fault };
}

function faultOf(row: AuditRow, previous: AuditLink): Fault | null {
  const { place } = row;
  const expected = previous.place + 1;
  if (place < expected) return { place, words: "It has no place in the log: it was added by somebody else." };
  if (place > expected) {
    const missing = place === expected + 1 ? "It is missing" : `Entries up to ${place - 1} are missing`;
    return { place: expected, words: `${missing}, and others follow.` };
  }
  if (hashOf(row) !== row.hash) return { place, words: "Its hash does not fit what it says: it was changed." };
  if (row.previous_hash !== previous.hash) {
    return { place, words: "It does not follow from the entry before it: one of the two was replaced." };
  }
  if (row.action === BREAK_ACTION && row.actor_kind === "server") {
    const { place: found, found: words } = entryOf(row).detail;
    return { place, words: `The server noted a break here, at entry ${String(found)}: ${String(words)}` };
  }
  return null;
}

/** In the order of their places, whatever these are. */
async function* entriesAfter(database: CatalogueDatabase, afterPlace: number): AsyncGenerator<AuditRow, void, void> {
  let after = afterPlace === 0 ? null : afterPlace;
  for (;;) {
    let query = database.selectFrom("audit_entry").selectAll();
    if (after !== null) query = query.where("place", ">", after);
    const rows = await query.orderBy("place").limit(PAGE_ENTRIES).execute();
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.place;
  }
}

async function entryAt(database: CatalogueDatabase, place: number): Promise<AuditLink> {
  const row = await database
    .selectFrom("audit_entry")
    .select(["place", "hash"])
    .where("place", "=", place)
    .executeTakeFirst();
  if (!row) throw new InvalidInput([{ path: "after", message: `there is no entry ${place}` }]);
  return row;
}
