import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { Clock } from "../domain/clock.ts";
import { Conflict, NotFound } from "../domain/errors.ts";
import type { User } from "../domain/user.ts";
import { ChangedMeanwhile, type Patch, type Versioned } from "./changed.ts";
import type { CatalogueDatabase } from "./database.ts";
import { exclusively } from "./exclusive.ts";
import { refusingDoubles } from "./integrity.ts";
import { type Page, type PageRequest, pageAmong } from "./page.ts";
import type { Schema } from "./schema.ts";

/** People of one installation: all are held in memory. */
export const USERS_MAX = 10_000;

export type NewUser = Omit<User, "id"> & { readonly passwordHash: string };

/** What of a person may change. */
export type UserPatch = Patch<NewUser>;

export interface PersonWithPassword {
  readonly user: User;
  readonly passwordHash: string;
}

interface HeldUser extends Versioned<User> {
  readonly passwordHash: string;
}

/** People. All are held in memory, in step with the database. Knows hashes only; who may do what is decided in `access/`. */
export class Users {
  readonly #database: CatalogueDatabase;
  readonly #clock: Clock;
  readonly #byId = new Map<string, HeldUser>();
  readonly #idByEmail = new Map<string, string>();

  private constructor(database: CatalogueDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  static async open(database: CatalogueDatabase, clock: Clock): Promise<Users> {
    const users = new Users(database, clock);
    for (const row of await database.selectFrom("user").selectAll().orderBy("id").execute()) users.#hold(heldOf(row));
    return users;
  }

  hasAdmin(): boolean {
    return this.findAdmin() !== undefined;
  }

  /** Creates the first administrator. @throws Conflict when there is one; two racing calls cannot both succeed. */
  createFirstAdmin(email: string, name: string, passwordHash: string): Promise<User> {
    return this.#insert({ email, name, isAdmin: true, passwordHash }, async (transaction) => {
      const admin = await transaction.selectFrom("user").select("id").where("is_admin", "=", 1).executeTakeFirst();
      if (admin) throw new Conflict("There is an administrator already: sign in instead.");
    });
  }

  /** @throws Conflict when somebody has the e-mail address, or there are `USERS_MAX` people */
  async create(user: NewUser): Promise<User> {
    if (this.#byId.size >= USERS_MAX) throw new Conflict(`There are ${USERS_MAX} people already.`);
    return this.#insert(user, () => Promise.resolve());
  }

  /**
   * Changes a person.
   * @param fromVersion what the change was made from; null for whatever is there
   * @throws NotFound, ChangedMeanwhile, Conflict for a taken e-mail address and for the last administrator
   */
  async update(id: string, patch: UserPatch, fromVersion: number | null): Promise<Versioned<User>> {
    const row = {
      ...(patch.email !== undefined && { email: patch.email.toLowerCase() }),
      ...(patch.name !== undefined && { name: patch.name }),
      ...(patch.isAdmin !== undefined && { is_admin: patch.isAdmin ? 1 : 0 }),
      ...(patch.passwordHash !== undefined && { password_hash: patch.passwordHash }),
    };
    const changed = await exclusively(this.#database, "administrators", async (transaction) => {
      if (patch.isAdmin === false) await keepAnAdmin(transaction, id);
      return refusingDoubles(`person with the e-mail address ${patch.email ?? ""}`, () =>
        transaction
          .updateTable("user")
          .set((of) => ({ ...row, version: of("version", "+", 1) }))
          .where("id", "=", id)
          .$if(fromVersion !== null, (query) => query.where("version", "=", fromVersion ?? 0))
          .returningAll()
          .executeTakeFirst(),
      );
    });
    if (!changed) throw this.#byId.has(id) ? new ChangedMeanwhile("person") : new NotFound("person");
    return this.#hold(heldOf(changed));
  }

  /** Deletes a person, and with them their sessions and memberships. @throws NotFound, Conflict for the last administrator */
  async delete(id: string): Promise<void> {
    const held = this.#byId.get(id);
    if (!held) throw new NotFound("person");
    await exclusively(this.#database, "administrators", async (transaction) => {
      if (held.item.isAdmin) await keepAnAdmin(transaction, id);
      await transaction.deleteFrom("subscription").where("owner_id", "=", id).execute();
      await transaction.deleteFrom("user").where("id", "=", id).execute();
    });
    this.#byId.delete(id);
    this.#idByEmail.delete(held.item.email);
  }

  findAdmin(): User | undefined {
    for (const { item } of this.#byId.values()) if (item.isAdmin) return item;
    return undefined;
  }

  findByEmail(email: string): PersonWithPassword | undefined {
    const held = this.#byId.get(this.#idByEmail.get(email.toLowerCase()) ?? "");
    return held && { user: held.item, passwordHash: held.passwordHash };
  }

  find(id: string): User | undefined {
    return this.#byId.get(id)?.item;
  }

  /** @throws NotFound */
  get(id: string): Versioned<User> {
    const held = this.#byId.get(id);
    if (!held) throw new NotFound("person");
    return held;
  }

  get count(): number {
    return this.#byId.size;
  }

  /** @param search a part of their name or e-mail address, in any case; empty for all. @throws InvalidInput when the cursor is none of ours */
  list(request: PageRequest, search = ""): Page<User> {
    const wanted = search.toLowerCase();
    const people = Array.from(this.#byId.values(), ({ item }) => item);
    return pageAmong(
      people.filter(({ email, name }) => email.includes(wanted) || name.toLowerCase().includes(wanted)),
      request,
    );
  }

  async #insert(
    { email, name, isAdmin, passwordHash }: NewUser,
    check: (transaction: CatalogueDatabase) => Promise<void>,
  ): Promise<User> {
    const user: User = { id: uuidv7(), email: email.toLowerCase(), name, isAdmin };
    await exclusively(this.#database, "administrators", async (transaction) => {
      await check(transaction);
      await refusingDoubles(`person with the e-mail address ${user.email}`, () =>
        transaction
          .insertInto("user")
          .values({
            id: user.id,
            email: user.email,
            name,
            password_hash: passwordHash,
            is_admin: isAdmin ? 1 : 0,
            created_at_ms: this.#clock.nowMs(),
          })
          .execute(),
      );
    });
    return this.#hold({ item: user, version: 1, passwordHash }).item;
  }

  #hold(held: HeldUser): HeldUser {
    const { id, email } = held.item;
    this.#idByEmail.delete(this.#byId.get(id)?.item.email ?? "");
    this.#byId.set(id, held);
    this.#idByEmail.set(email, id);
    return held;
  }
}

/** @throws Conflict when nobody else is an administrator */
async function keepAnAdmin(transaction: CatalogueDatabase, id: string): Promise<void> {
  const other = await transaction
    .selectFrom("user")
    .select("id")
    .where("is_admin", "=", 1)
    .where("id", "!=", id)
    .orderBy("id")
    .executeTakeFirst();
  if (!other) throw new Conflict("This is the last administrator: make somebody else one first.");
}

function heldOf(row: Selectable<Schema["user"]>): HeldUser {
  const item = { id: row.id, email: row.email, name: row.name, isAdmin: row.is_admin === 1 };
  return { item, version: row.version, passwordHash: row.password_hash };
}
