import { v7 as uuidv7 } from "uuid";
import type { Clock } from "../domain/clock.ts";
import { Conflict } from "../domain/errors.ts";
import type { User } from "../domain/user.ts";
import type { CatalogueDatabase } from "./database.ts";
import { exclusively } from "./exclusive.ts";
import type { Schema } from "./schema.ts";

/** People and their browser sessions. Knows hashes only; who may do what is decided in `access/`. */
export class Users {
  readonly #database: CatalogueDatabase;
  readonly #clock: Clock;

  constructor(database: CatalogueDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async hasAdmin(): Promise<boolean> {
    const row = await this.#database.selectFrom("user").select("id").where("is_admin", "=", 1).executeTakeFirst();
    return row !== undefined;
  }

  /** Creates the first administrator. @throws Conflict when there is one; two racing calls cannot both succeed. */
  async createFirstAdmin(email: string, name: string, passwordHash: string): Promise<User> {
    const user: User = { id: uuidv7(), email: email.toLowerCase(), name, isAdmin: true };
    await exclusively(this.#database, "administrators", async (transaction) => {
      const admin = await transaction.selectFrom("user").select("id").where("is_admin", "=", 1).executeTakeFirst();
      if (admin) throw new Conflict("There is an administrator already: sign in instead.");
      await transaction
        .insertInto("user")
        .values({
          id: user.id,
          email: user.email,
          name,
          password_hash: passwordHash,
          is_admin: 1,
          created_at_ms: this.#clock.nowMs(),
        })
        .execute();
    });
    return user;
  }

  async findAdmin(): Promise<User | undefined> {
    const row = await this.#database
      .selectFrom("user")
      .selectAll()
      .where("is_admin", "=", 1)
      .orderBy("id")
      .executeTakeFirst();
    return row && userOf(row);
  }

  async findByEmail(email: string): Promise<{ user: User; passwordHash: string } | undefined> {
    const row = await this.#database
      .selectFrom("user")
      .selectAll()
      .where("email", "=", email.toLowerCase())
      .executeTakeFirst();
    return row && { user: userOf(row), passwordHash: row.password_hash };
  }

  async find(id: string): Promise<User | undefined> {
    const row = await this.#database.selectFrom("user").selectAll().where("id", "=", id).executeTakeFirst();
    return row && userOf(row);
  }

  async createSession(tokenHash: string, userId: string, expiresAtMs: number): Promise<void> {
    const nowMs = this.#clock.nowMs();
    await this.#database.deleteFrom("session").where("expires_at_ms", "<=", nowMs).execute();
    await this.#database
      .insertInto("session")
      .values({ token_hash: tokenHash, user_id: userId, created_at_ms: nowMs, expires_at_ms: expiresAtMs })
      .execute();
  }

  async findBySession(tokenHash: string): Promise<User | undefined> {
    const row = await this.#database
      .selectFrom("session")
      .innerJoin("user", "user.id", "session.user_id")
      .selectAll("user")
      .where("token_hash", "=", tokenHash)
      .where("expires_at_ms", ">", this.#clock.nowMs())
      .executeTakeFirst();
    return row && userOf(row);
  }

  async deleteSession(tokenHash: string): Promise<void> {
    await this.#database.deleteFrom("session").where("token_hash", "=", tokenHash).execute();
  }
}

function userOf(row: Schema["user"]): User {
  return { id: row.id, email: row.email, name: row.name, isAdmin: row.is_admin === 1 };
}
