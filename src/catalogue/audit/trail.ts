import type { ExpressionBuilder } from "kysely";
import type { Clock } from "../../domain/clock.ts";
import { InvalidInput, StorageUnavailable } from "../../domain/errors.ts";
import type { CatalogueDatabase } from "../database.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Schema } from "../schema.ts";
import {
  type AuditEntry,
  type AuditEvent,
  type AuditLink,
  BREAK_ACTION,
  entryOf,
  NO_ENTRY,
  rowAfter,
} from "./entry.ts";
import { type Fault, faultOfHead, newestOf } from "./fault.ts";
import type { HeadKeeper } from "./head-file.ts";

/** Which entries are wanted. */
export interface AuditFilter {
  readonly actorId?: string | undefined;
  readonly objectId?: string | undefined;
  /** One action, such as `user.change`, or all that begin with this kind of object, such as `user`. */
  readonly action?: string | undefined;
  /** Epoch ms, inclusive. */
  readonly fromMs?: number | undefined;
  /** Epoch ms, exclusive. */
  readonly toMs?: number | undefined;
}

/** How often an entry is moved on because another process took its place. */
const PLACES_TRIED_MAX = 100;
const RETRY_AFTER_S = 1;

/**
 * The audit log: entries are appended and never changed. Each holds the hash of the one before (`entry.ts`), and the head is kept a
 * second time (`head-file.ts`): before each entry with the hash that is to come, after it with that of the entry. So it is one entry behind
 * at most, knows which, and is never ahead.
 */
export class AuditTrail {
  readonly #database: CatalogueDatabase;
  readonly #headKeeper: HeadKeeper;
  readonly #clock: Clock;
  #begun: Promise<Fault | null> | null = null;
  /** Kept in memory, not asked of the table: whatever becomes of the table, the next entry follows the one that was written. */
  #newest: AuditLink = NO_ENTRY;
  /** What was found and has no entry yet. */
  #unrecorded: Fault | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(database: CatalogueDatabase, headKeeper: HeadKeeper, clock: Clock) {
    this.#database = database;
    this.#headKeeper = headKeeper;
    this.#clock = clock;
  }

  /**
   * Compares the log with the head that was kept, before anything is appended. What does not fit becomes an entry of its own, so that no later
   * one hides it, and is returned; null when all fits. For when the sealing key has proved right: under another one no head fits.
   * @throws StorageUnavailable
   */
  begin(): Promise<Fault | null> {
    this.#begun ??= this.#begin().catch((error: unknown) => {
      this.#begun = null;
      throw error;
    });
    return this.#begun;
  }

  /** Resolves once the entry is on stable storage. Those of one process come in the order of the calls. @throws StorageUnavailable */
  append(event: AuditEvent): Promise<AuditEntry> {
    const appended = this.#turn.then(async () => {
      await this.begin();
      return this.#append(event);
    });
    this.#turn = appended.catch(() => {});
    return appended;
  }

  /** The newest first. @throws InvalidInput when the cursor is none of ours. */
  async list({ limit, cursor }: PageRequest, filter: AuditFilter = {}): Promise<Page<AuditEntry>> {
    let query = this.#database.selectFrom("audit_entry").selectAll();
    if (cursor !== undefined) query = query.where("place", "<", placeOf(cursor));
    if (filter.actorId !== undefined) query = query.where("actor_id", "=", filter.actorId);
    if (filter.objectId !== undefined) query = query.where("object_id", "=", filter.objectId);
    if (filter.action !== undefined) query = query.where(isOfAction(filter.action));
    if (filter.fromMs !== undefined) query = query.where("at_ms", ">=", filter.fromMs);
    if (filter.toMs !== undefined) query = query.where("at_ms", "<", filter.toMs);
    const rows = await query
      .orderBy("place", "desc")
      .limit(limit + 1)
      .execute();
    const items = rows.slice(0, limit).map(entryOf);
    const last = items.at(-1);
    return { items, nextCursor: rows.length > limit && last ? cursorOf(last.place) : null };
  }

  /** Waits for entries that are under way. */
  async close(): Promise<void> {
    await this.#turn;
  }

  async #begin(): Promise<Fault | null> {
    const kept = await this.#headKeeper.read();
    this.#newest = await newestOf(this.#database);
    const fault = await faultOfHead(this.#database, kept, this.#newest, this.#newest);
    this.#unrecorded = fault;
    if (fault === null) await this.#keepHead(null);
    else await this.#recordBreak();
    return fault;
  }

  async #append(event: AuditEvent): Promise<AuditEntry> {
    for (let tried = 0; tried < PLACES_TRIED_MAX; tried++) {
      await this.#recordBreak();
      const entry = await this.#insert(event, { isAnnounced: true });
      if (entry !== null) return entry;
      await this.#followOthers();
    }
    throw new StorageUnavailable("Another process keeps writing to the audit log.", RETRY_AFTER_S);
  }

  /** Null when another process has taken the place. */
  async #insert(event: AuditEvent, { isAnnounced }: { isAnnounced: boolean }): Promise<AuditEntry | null> {
    const row = rowAfter(this.#newest, event, this.#clock.nowMs());
    if (isAnnounced) await this.#keepHead(row.hash);
    const inserted = await this.#database
      .insertInto("audit_entry")
      .values(row)
      .onConflict((conflict) => conflict.column("place").doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows !== 1n) return null;
    this.#newest = { place: row.place, hash: row.hash };
    // The entry stands, and the head is kept again before the next one.
    await this.#keepHead(null).catch(() => {});
    return entryOf(row);
  }

  /** Goes on after what another process wrote. */
  async #followOthers(): Promise<void> {
    const own = this.#newest;
    this.#newest = await newestOf(this.#database);
    this.#unrecorded ??= await faultOfHead(this.#database, { ...own, next: null }, own, this.#newest);
  }

  /** Until its entry is there, the head that does not fit stays as it is: a start after a crash finds the same again. */
  async #recordBreak(): Promise<void> {
    const fault = this.#unrecorded;
    if (fault === null) return;
    const detail = { place: fault.place, found: fault.words };
    const server = { kind: "server", id: null, name: null } as const;
    const entry = { actor: server, action: BREAK_ACTION, object: null, outcome: 500, detail };
    if (await this.#insert(entry, { isAnnounced: false })) this.#unrecorded = null;
    else await this.#followOthers();
  }

  #keepHead(next: string | null): Promise<void> {
    return this.#headKeeper.write({ ...this.#newest, next });
  }
}

/** A kind stands before the dot of its actions. Both ends of the range are text, so that no sign of a pattern has a meaning in it. */
function isOfAction(action: string) {
  return ({ and, eb }: ExpressionBuilder<Schema, "audit_entry">) =>
    action.includes(".")
      ? eb("action", "=", action)
      : and([eb("action", ">=", `${action}.`), eb("action", "<", `${action}/`)]);
}

function cursorOf(place: number): string {
  return Buffer.from(String(place), "latin1").toString("base64url");
}

function placeOf(cursor: string): number {
  const text = Buffer.from(cursor, "base64url").toString("latin1");
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw new InvalidInput([{ path: "cursor", message: "must be the nextCursor of an earlier answer" }]);
  }
  return Number(text);
}
