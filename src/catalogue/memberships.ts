import { NotFound } from "../domain/errors.ts";
import type { SiteRole } from "../domain/user.ts";
import type { CatalogueDatabase } from "./database.ts";
import { refusingOrphans } from "./integrity.ts";
import { type Page, type PageRequest, pageAmong } from "./page.ts";

/** A person on a site. */
export interface Membership {
  readonly userId: string;
  readonly siteId: string;
  readonly role: SiteRole;
}

type Roles = ReadonlyMap<string, SiteRole>;

const NO_SITES: Roles = new Map();

/** Who is what on which site. All is held in memory, in step with the database: every request asks. */
export class Memberships {
  readonly #database: CatalogueDatabase;
  /** Role by site, by user. The inner maps are replaced, never changed: whoever holds one sees what was true then. */
  readonly #bySite = new Map<string, Roles>();

  private constructor(database: CatalogueDatabase) {
    this.#database = database;
  }

  static async open(database: CatalogueDatabase): Promise<Memberships> {
    const memberships = new Memberships(database);
    for (const row of await database.selectFrom("membership").selectAll().orderBy("user_id").execute()) {
      memberships.#set({ userId: row.user_id, siteId: row.site_id, role: row.role });
    }
    return memberships;
  }

  /** A person's role on each of their sites. */
  of(userId: string): Roles {
    return this.#bySite.get(userId) ?? NO_SITES;
  }

  /** The people of a site. @throws InvalidInput when the cursor is none of ours */
  ofSite(siteId: string, request: PageRequest): Page<Membership> {
    const members = [...this.#bySite].flatMap(([userId, roles]) => {
      const role = roles.get(siteId);
      return role ? [{ id: userId, userId, siteId, role }] : [];
    });
    return pageAmong(members, request);
  }

  /** Gives a person a role on a site, in place of the one they had. @throws NotFound when either is gone */
  async put(membership: Membership): Promise<void> {
    const { userId, siteId, role } = membership;
    await refusingOrphans("member", () =>
      this.#database
        .insertInto("membership")
        .values({ user_id: userId, site_id: siteId, role })
        .onConflict((conflict) => conflict.columns(["user_id", "site_id"]).doUpdateSet({ role }))
        .execute(),
    );
    this.#set(membership);
  }

  /** Takes a person off a site, from the moment of the call on. @throws NotFound when they are not on it */
  async remove(userId: string, siteId: string): Promise<void> {
    const role = this.of(userId).get(siteId);
    if (!role) throw new NotFound("member");
    this.#drop(userId, siteId);
    try {
      await this.#database
        .deleteFrom("membership")
        .where("user_id", "=", userId)
        .where("site_id", "=", siteId)
        .execute();
    } catch (error) {
      // They would be back after the next start: whoever takes them off must hear that it was not done.
      this.#set({ userId, siteId, role });
      throw error;
    }
  }

  /** The user is gone, and with them what they were; the database has seen to its rows. */
  forgetUser(userId: string): void {
    this.#bySite.delete(userId);
  }

  /** The site is gone; the database has seen to its rows. */
  forgetSite(siteId: string): void {
    for (const [userId, roles] of this.#bySite) if (roles.has(siteId)) this.#drop(userId, siteId);
  }

  #set({ userId, siteId, role }: Membership): void {
    this.#bySite.set(userId, new Map(this.of(userId)).set(siteId, role));
  }

  #drop(userId: string, siteId: string): void {
    const roles = new Map(this.of(userId));
    roles.delete(siteId);
    this.#bySite.set(userId, roles);
  }
}
