import { randomBytes, hash as sha, timingSafeEqual } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import { API_KEY_MARK, API_KEY_SCOPES, type ApiKey } from "../domain/api-key.ts";
import type { Clock } from "../domain/clock.ts";
import { Conflict, InvalidInput, NotFound, StorageUnavailable } from "../domain/errors.ts";
import type { CatalogueDatabase } from "./database.ts";
import { afterId, type Page, type PageRequest, pageOf } from "./page.ts";
import type { Schema } from "./schema.ts";

export type NewApiKey = Omit<ApiKey, "id" | "prefix" | "createdAtMs">;

/** A key as it is listed. */
export interface ListedApiKey extends ApiKey {
  /** Epoch ms, right to `USE_WRITTEN_EVERY_MS`; null when it was never used. */
  readonly lastUsedAtMs: number | null;
}

/** API keys that one installation keeps: every one of them is in memory. */
export const API_KEYS_MAX = 10_000;
/** The time of a key's last use is written this often at most: a write for each request would cost more than the request. */
export const USE_WRITTEN_EVERY_MS = 60_000;

const PREFIX_BYTES = 6;
const SECRET_BYTES = 32;
/** `kw_`, 12 hex digits, `_`, 32 bytes as base64url. */
const KEY_CHARS = API_KEY_MARK.length + PREFIX_BYTES * 2 + 1 + Math.ceil((SECRET_BYTES * 4) / 3);

const StoredScopes = z.array(z.enum(API_KEY_SCOPES));
const StoredSiteIds = z.array(z.string());
const StoredIngest = z.object({
  unknownSeries: z.enum(["create", "refuse"]),
  template: z.object({ site: z.string().nullable(), device: z.string().nullable(), metric: z.string().nullable() }),
  seriesMax: z.number(),
});

interface HeldKey {
  readonly key: ApiKey;
  readonly secretHash: Buffer;
  lastUsedAtMs: number | null;
  isUseWritten: boolean;
}

/** Keys for programs. All are held in memory, in step with the database, so that looking at one costs a hash and no query. */
export class ApiKeys {
  readonly #database: CatalogueDatabase;
  readonly #clock: Clock;
  readonly #byPrefix = new Map<string, HeldKey>();
  readonly #onRevoked = new Set<(keyId: string) => void>();
  #usesWrittenAtMs = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(database: CatalogueDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#usesWrittenAtMs = clock.monotonicMs();
  }

  static async open(database: CatalogueDatabase, clock: Clock): Promise<ApiKeys> {
    const keys = new ApiKeys(database, clock);
    for (const row of await database.selectFrom("api_key").selectAll().execute()) {
      const { lastUsedAtMs, ...key } = keyOf(row);
      keys.#hold(key, Buffer.from(row.secret_hash, "hex"), lastUsedAtMs);
    }
    return keys;
  }

  /** Makes a key. `text` is the whole of it, `kw_<prefix>_<secret>`, and is never to be had again. @throws InvalidInput, Conflict */
  async create(wanted: NewApiKey): Promise<{ readonly key: ApiKey; readonly text: string }> {
    if (this.#byPrefix.size >= API_KEYS_MAX) {
      throw new Conflict(`There are ${API_KEYS_MAX} API keys already: revoke one first.`);
    }
    const prefix = randomBytes(PREFIX_BYTES).toString("hex");
    const text = `${API_KEY_MARK}${prefix}_${randomBytes(SECRET_BYTES).toString("base64url")}`;
    const key: ApiKey = { ...wanted, id: uuidv7(), prefix, createdAtMs: this.#clock.nowMs() };
    await this.#database.transaction().execute(async (transaction) => {
      const siteIds = new Set(key.siteIds);
      const known = siteIds.size
        ? await transaction
            .selectFrom("site")
            .select("id")
            .where("id", "in", [...siteIds])
            .execute()
        : [];
      if (known.length < siteIds.size)
        throw new InvalidInput([{ path: "siteIds", message: "names a site that is not there" }]);
      await transaction
        .insertInto("api_key")
        .values(rowOf(key, hashOf(text)))
        .execute();
    });
    this.#hold(key, hashOf(text), null);
    return { key, text };
  }

  /**
   * The key that this text is; null when it is none, was revoked or has ended. Takes the same time for a prefix that exists
   * and one that does not.
   */
  verify(text: string): ApiKey | null {
    if (text.length !== KEY_CHARS || !text.startsWith(API_KEY_MARK)) return null;
    const held = this.#byPrefix.get(text.slice(API_KEY_MARK.length, API_KEY_MARK.length + PREFIX_BYTES * 2));
    const fits = timingSafeEqual(hashOf(text), held?.secretHash ?? NO_HASH);
    if (!fits || !held || !this.isLive(held.key)) return null;
    held.lastUsedAtMs = this.#clock.nowMs();
    held.isUseWritten = false;
    this.#writeUsesIfDue();
    return held.key;
  }

  /** Whether a key that was verified before still lets its holder in: for connections that stay open. */
  isLive(key: ApiKey): boolean {
    return (
      this.#byPrefix.get(key.prefix)?.key.id === key.id &&
      (key.expiresAtMs === null || this.#clock.nowMs() < key.expiresAtMs)
    );
  }

  get count(): number {
    return this.#byPrefix.size;
  }

  /** In order of creation. */
  async list(request: PageRequest): Promise<Page<ListedApiKey>> {
    const rows = await this.#database
      .selectFrom("api_key")
      .selectAll()
      .where("id", ">", afterId(request))
      .orderBy("id")
      .limit(request.limit + 1)
      .execute();
    const listed = rows.map((row) => {
      const key = keyOf(row);
      return { ...key, lastUsedAtMs: this.#byPrefix.get(key.prefix)?.lastUsedAtMs ?? key.lastUsedAtMs };
    });
    return pageOf(listed, request.limit);
  }

  /** Takes a key away for good; it lets nobody in from the moment of the call on. @throws NotFound */
  async revoke(id: string): Promise<void> {
    const held = [...this.#byPrefix.values()].find(({ key }) => key.id === id);
    if (!held) throw new NotFound("API key");
    this.#byPrefix.delete(held.key.prefix);
    try {
      await this.#database.deleteFrom("api_key").where("id", "=", id).execute();
    } catch (error) {
      // It would be back after the next start: whoever revokes must hear that it was not done.
      this.#byPrefix.set(held.key.prefix, held);
      throw error;
    }
    for (const listener of this.#onRevoked) listener(id);
  }

  /** Calls `listener` with the id of each key that is revoked from now on. */
  onRevoked(listener: (keyId: string) => void): void {
    this.#onRevoked.add(listener);
  }

  /** Writes what was not yet written of the keys' last uses; a database that does not take it now keeps nobody from closing. */
  async close(): Promise<void> {
    await this.#writing;
    try {
      await this.#writeUses();
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
    }
  }

  #hold(key: ApiKey, secretHash: Buffer, lastUsedAtMs: number | null): void {
    this.#byPrefix.set(key.prefix, { key, secretHash, lastUsedAtMs, isUseWritten: true });
  }

  #writeUsesIfDue(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#usesWrittenAtMs < USE_WRITTEN_EVERY_MS) return;
    this.#usesWrittenAtMs = nowMs;
    // When a key was last used is worth no request: what cannot be written now is written with the next.
    this.#writing = this.#writing.then(() => this.#writeUses()).catch(() => {});
  }

  async #writeUses(): Promise<void> {
    const used = [...this.#byPrefix.values()].filter((held) => !held.isUseWritten);
    if (used.length === 0) return;
    await this.#database.transaction().execute(async (transaction) => {
      for (const { key, lastUsedAtMs } of used) {
        await transaction
          .updateTable("api_key")
          .set({ last_used_at_ms: lastUsedAtMs })
          .where("id", "=", key.id)
          .execute();
      }
    });
    for (const held of used) held.isUseWritten = true;
  }
}

/** A key has 256 random bits, so one round of SHA-256 is enough: nothing can be guessed from the hash. */
function hashOf(text: string): Buffer {
  return sha("sha256", text, "buffer");
}

/** What a key with an unknown prefix is compared to; no text is known whose hash it is. */
const NO_HASH = randomBytes(32);

function rowOf(key: ApiKey, secretHash: Buffer): Schema["api_key"] {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    secret_hash: secretHash.toString("hex"),
    scopes: JSON.stringify(key.scopes),
    site_ids: key.siteIds && JSON.stringify(key.siteIds),
    ingest: JSON.stringify(key.ingest),
    created_at_ms: key.createdAtMs,
    expires_at_ms: key.expiresAtMs,
    last_used_at_ms: null,
  };
}

function keyOf(row: Schema["api_key"]): ListedApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: StoredScopes.parse(JSON.parse(row.scopes)),
    siteIds: row.site_ids === null ? null : StoredSiteIds.parse(JSON.parse(row.site_ids)),
    ingest: StoredIngest.parse(JSON.parse(row.ingest)),
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
  };
}
