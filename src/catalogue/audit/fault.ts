import type { CatalogueDatabase } from "../database.ts";
import { type AuditLink, NO_ENTRY } from "./entry.ts";
import { AUDIT_HEAD_FILE, type KnownHead } from "./head-file.ts";

/** What is wrong with the log, and where that begins. */
export interface Fault {
  readonly place: number;
  /** One sentence for a person, without the place. */
  readonly words: string;
}

/** The newest entry of the table. */
export async function newestOf(database: CatalogueDatabase): Promise<AuditLink> {
  const row = await database
    .selectFrom("audit_entry")
    .select(["place", "hash"])
    .orderBy("place", "desc")
    .limit(1)
    .executeTakeFirst();
  return row ?? NO_ENTRY;
}

/**
 * What the head that was kept says against the table. The table may be written meanwhile.
 * @param before the newest entry before the head was read: the head knows it, or is about to
 * @param after the newest entry after the head was read: the head is never ahead of it
 */
export async function faultOfHead(
  database: CatalogueDatabase,
  kept: KnownHead,
  before: AuditLink,
  after: AuditLink,
): Promise<Fault | null> {
  if (kept === "missing") {
    if (before.place === 0) return null;
    return { place: before.place, words: `The file ${AUDIT_HEAD_FILE}, which says where the log ends, is not there.` };
  }
  if (kept === "unreadable") {
    return {
      place: before.place,
      words: `The file ${AUDIT_HEAD_FILE}, which says where the log ends, was changed, or sealed with another key.`,
    };
  }
  if (kept.place > after.place) {
    return { place: after.place + 1, words: `Entries are missing at the end, up to entry ${kept.place}.` };
  }
  if (kept.place > 0 && (await hashAt(database, kept.place)) !== kept.hash) {
    return {
      place: kept.place,
      words:
        "This is not the entry that the server wrote here: it or one before it was changed, and the hashes made anew.",
    };
  }
  if (before.place > kept.place + 1 || (before.place > kept.place && before.hash !== kept.next)) {
    return { place: kept.place + 1, words: `Entries were added by somebody else, up to entry ${before.place}.` };
  }
  return null;
}

async function hashAt(database: CatalogueDatabase, place: number): Promise<string | undefined> {
  const row = await database.selectFrom("audit_entry").select("hash").where("place", "=", place).executeTakeFirst();
  return row?.hash;
}
