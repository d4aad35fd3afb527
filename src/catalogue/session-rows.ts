import type { Clock } from "../domain/clock.ts";
import type { CatalogueDatabase } from "./database.ts";
import { refusingOrphans } from "./integrity.ts";

/** Sessions that one person may have at once; one more ends the oldest. */
export const SESSIONS_PER_USER_MAX = 100;

interface Held {
  readonly userId: string;
  readonly expiresAtMs: number;
}

/** Sessions by the hash of their token. All are held in memory, in step with the database: every request looks at one. */
export class SessionRows {
  readonly #database: CatalogueDatabase;
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();

  private constructor(database: CatalogueDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  static async open(database: CatalogueDatabase, clock: Clock): Promise<SessionRows> {
    const rows = new SessionRows(database, clock);
    for (const row of await database.selectFrom("session").selectAll().orderBy("created_at_ms").execute()) {
      rows.#held.set(row.token_hash, { userId: row.user_id, expiresAtMs: row.expires_at_ms });
    }
    return rows;
  }

  /** Whose session it is; undefined when there is none, or it has expired. */
  userOf(tokenHash: string): string | undefined {
    const held = this.#held.get(tokenHash);
    return held && held.expiresAtMs > this.#clock.nowMs() ? held.userId : undefined;
  }

  /** Begins a session, and sweeps out those that have expired. @throws NotFound when the person is gone */
  async begin(tokenHash: string, userId: string, expiresAtMs: number): Promise<void> {
    const nowMs = this.#clock.nowMs();
    await this.#database.deleteFrom("session").where("expires_at_ms", "<=", nowMs).execute();
    for (const [hash, held] of this.#held) if (held.expiresAtMs <= nowMs) this.#held.delete(hash);
    const own = [...this.#held].filter(([, held]) => held.userId === userId);
    for (const [oldest] of own.slice(0, Math.max(0, own.length + 1 - SESSIONS_PER_USER_MAX))) await this.end(oldest);
    await refusingOrphans("person", () =>
      this.#database
        .insertInto("session")
        .values({ token_hash: tokenHash, user_id: userId, created_at_ms: nowMs, expires_at_ms: expiresAtMs })
        .execute(),
    );
    this.#held.set(tokenHash, { userId, expiresAtMs });
  }

  /** Ends a session from the moment of the call on. */
  async end(tokenHash: string): Promise<void> {
    await this.#endThose([tokenHash]);
  }

  /** Ends all of a person's sessions from the moment of the call on. */
  async endAllOf(userId: string): Promise<void> {
    await this.#endThose([...this.#held].filter(([, held]) => held.userId === userId).map(([hash]) => hash));
  }

  /** Whoever ends a session must hear it when it would be back after the next start: it goes on until the database agrees. */
  async #endThose(tokenHashes: readonly string[]): Promise<void> {
    const ended = tokenHashes.flatMap((hash) => {
      const held = this.#held.get(hash);
      return held ? [[hash, held] as const] : [];
    });
    for (const [hash] of ended) this.#held.delete(hash);
    try {
      for (const hash of tokenHashes) {
        await this.#database.deleteFrom("session").where("token_hash", "=", hash).execute();
      }
    } catch (error) {
      for (const [hash, held] of ended) this.#held.set(hash, held);
      throw error;
    }
  }
}
