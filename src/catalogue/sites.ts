import { v7 as uuidv7 } from "uuid";
import type { Clock } from "../domain/clock.ts";
import { NotFound } from "../domain/errors.ts";
import type { Site } from "../domain/site.ts";
import type { CatalogueDatabase } from "./database.ts";
import type { SeriesDirectory } from "./directory.ts";
import { afterId, type Page, type PageRequest, pageOf } from "./page.ts";
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

  async list(request: PageRequest): Promise<Page<Site>> {
    const rows = await this.#database
      .selectFrom("site")
      .selectAll()
      .where("id", ">", afterId(request))
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

export function siteRow(site: Site): Schema["site"] {
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

function siteOf(row: Schema["site"]): Site {
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
