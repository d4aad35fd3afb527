import type { Insertable, Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { Clock } from "../domain/clock.ts";
import { Conflict, NotFound } from "../domain/errors.ts";
import type { Site } from "../domain/site.ts";
import { ChangedMeanwhile, type Patch, type Versioned } from "./changed.ts";
import type { CatalogueDatabase } from "./database.ts";
import type { SeriesDirectory } from "./directory.ts";
import { afterId, EMPTY_PAGE, type Page, type PageRequest, pageOf } from "./page.ts";
import type { Schema } from "./schema.ts";

export type NewSite = Omit<Site, "id" | "createdAtMs">;

export class Sites {
  readonly #database: CatalogueDatabase;
  readonly #directory: SeriesDirectory;
  readonly #clock: Clock;

  constructor(database: CatalogueDatabase, directory: SeriesDirectory, clock: Clock) {
    this.#database = database;
    this.#directory = directory;
    this.#clock = clock;
  }

  async create(site: NewSite): Promise<Site> {
    const created: Site = { ...site, id: uuidv7(), createdAtMs: this.#clock.nowMs() };
    await this.#database.insertInto("site").values(siteRow(created)).execute();
    this.#directory.addSite(created);
    return created;
  }

  /** @throws NotFound */
  async get(id: string): Promise<Site> {
    const row = await this.#database.selectFrom("site").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) throw new NotFound("site");
    return siteOf(row);
  }

  /** The site, and the version that a change of it is made from. @throws NotFound */
  async versioned(id: string): Promise<Versioned<Site>> {
    const row = await this.#database.selectFrom("site").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) throw new NotFound("site");
    return { item: siteOf(row), version: row.version };
  }

  /** @param fromVersion what the change was made from; null for whatever is there. @throws NotFound, ChangedMeanwhile */
  async update(id: string, patch: Patch<NewSite>, fromVersion: number | null): Promise<Versioned<Site>> {
    const row = await this.#database
      .updateTable("site")
      .set((of) => ({
        ...(patch.name !== undefined && { name: patch.name }),
        ...(patch.timezone !== undefined && { timezone: patch.timezone }),
        ...(patch.latitude !== undefined && { latitude: patch.latitude }),
        ...(patch.longitude !== undefined && { longitude: patch.longitude }),
        ...(patch.peakPowerW !== undefined && { peak_power_w: patch.peakPowerW }),
        version: of("version", "+", 1),
      }))
      .where("id", "=", id)
      .$if(fromVersion !== null, (query) => query.where("version", "=", fromVersion ?? 0))
      .returningAll()
      .executeTakeFirst();
    if (!row) {
      await this.get(id);
      throw new ChangedMeanwhile("site");
    }
    const site = siteOf(row);
    this.#directory.replaceSite(site);
    return { item: site, version: row.version };
  }

  /** Deletes a site without devices, and with it who was what on it. @throws NotFound, Conflict while it has devices */
  async delete(id: string): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      const { count } = await transaction
        .selectFrom("device")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .where("site_id", "=", id)
        .executeTakeFirstOrThrow();
      if (count > 0) throw new Conflict(`The site has ${count} device${count === 1 ? "" : "s"}: delete them first.`);
      const { numDeletedRows } = await transaction.deleteFrom("site").where("id", "=", id).executeTakeFirst();
      if (numDeletedRows === 0n) throw new NotFound("site");
    });
    this.#directory.removeSite(id);
  }

  /** @param siteIds these sites; null for all */
  async list(request: PageRequest, siteIds: ReadonlySet<string> | null): Promise<Page<Site>> {
    if (siteIds?.size === 0) return EMPTY_PAGE;
    const rows = await this.#database
      .selectFrom("site")
      .selectAll()
      .where("id", ">", afterId(request))
      .$if(siteIds !== null, (query) => query.where("id", "in", [...(siteIds ?? [])]))
      .orderBy("id")
      .limit(request.limit + 1)
      .execute();
    return pageOf(rows.map(siteOf), request.limit);
  }

  /** The oldest of that name. */
  async findByName(name: string): Promise<Site | undefined> {
    const row = await this.#database
      .selectFrom("site")
      .selectAll()
      .where("name", "=", name)
      .orderBy("id")
      .executeTakeFirst();
    return row && siteOf(row);
  }
}

export function siteRow(site: Site): Insertable<Schema["site"]> {
  return {
    id: site.id,
    name: site.name,
    timezone: site.timezone,
    latitude: site.latitude,
    longitude: site.longitude,
    peak_power_w: site.peakPowerW,
    created_at_ms: site.createdAtMs,
  };
}

function siteOf(row: Selectable<Schema["site"]>): Site {
  return {
    id: row.id,
    name: row.name,
    timezone: row.timezone,
    latitude: row.latitude,
    longitude: row.longitude,
    peakPowerW: row.peak_power_w,
    createdAtMs: row.created_at_ms,
  };
}
