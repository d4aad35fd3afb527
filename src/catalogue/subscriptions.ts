import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import type { Clock } from "../domain/clock.ts";
import { Conflict, NotFound } from "../domain/errors.ts";
import type { Subscription } from "../domain/subscription.ts";
import { ChangedMeanwhile, type Patch, type Versioned } from "./changed.ts";
import type { CatalogueDatabase } from "./database.ts";
import { afterId, type Page, type PageRequest, pageOf } from "./page.ts";
import type { Schema } from "./schema.ts";

/** Subscriptions that one person or key may have. */
export const SUBSCRIPTIONS_PER_OWNER_MAX = 1_000;

const StoredMetricIds = z.array(z.string());

/** Sets of metrics that people and programs read together. Each is its owner's alone. */
export class Subscriptions {
  readonly #database: CatalogueDatabase;
  readonly #clock: Clock;

  constructor(database: CatalogueDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @throws Conflict beyond `SUBSCRIPTIONS_PER_OWNER_MAX` */
  async create(ownerId: string, { name, metricIds }: Pick<Subscription, "name" | "metricIds">): Promise<Subscription> {
    const subscription = { id: uuidv7(), ownerId, name, metricIds, createdAtMs: this.#clock.nowMs() };
    await this.#database.transaction().execute(async (transaction) => {
      const { count } = await transaction
        .selectFrom("subscription")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .where("owner_id", "=", ownerId)
        .executeTakeFirstOrThrow();
      if (count >= SUBSCRIPTIONS_PER_OWNER_MAX) {
        throw new Conflict(`There are ${SUBSCRIPTIONS_PER_OWNER_MAX} subscriptions already: delete one first.`);
      }
      await transaction
        .insertInto("subscription")
        .values({
          id: subscription.id,
          owner_id: ownerId,
          name,
          metric_ids: JSON.stringify(metricIds),
          created_at_ms: subscription.createdAtMs,
          version: 1,
        })
        .execute();
    });
    return subscription;
  }

  /** @throws NotFound, the same for another owner's */
  async get(ownerId: string, id: string): Promise<Versioned<Subscription>> {
    const row = await this.#database
      .selectFrom("subscription")
      .selectAll()
      .where("id", "=", id)
      .where("owner_id", "=", ownerId)
      .executeTakeFirst();
    if (!row) throw new NotFound("subscription");
    return versionedOf(row);
  }

  async list(ownerId: string, request: PageRequest): Promise<Page<Subscription>> {
    const rows = await this.#database
      .selectFrom("subscription")
      .selectAll()
      .where("owner_id", "=", ownerId)
      .where("id", ">", afterId(request))
      .orderBy("id")
      .limit(request.limit + 1)
      .execute();
    return pageOf(
      rows.map((row) => versionedOf(row).item),
      request.limit,
    );
  }

  /** @param fromVersion what the change was made from; null for whatever is there. @throws NotFound, ChangedMeanwhile */
  async update(
    ownerId: string,
    id: string,
    patch: Patch<Pick<Subscription, "name" | "metricIds">>,
    fromVersion: number | null,
  ): Promise<Versioned<Subscription>> {
    const row = await this.#database
      .updateTable("subscription")
      .set((of) => ({
        ...(patch.name !== undefined && { name: patch.name }),
        ...(patch.metricIds !== undefined && { metric_ids: JSON.stringify(patch.metricIds) }),
        version: of("version", "+", 1),
      }))
      .where("id", "=", id)
      .where("owner_id", "=", ownerId)
      .$if(fromVersion !== null, (query) => query.where("version", "=", fromVersion ?? 0))
      .returningAll()
      .executeTakeFirst();
    if (row) return versionedOf(row);
    await this.get(ownerId, id);
    throw new ChangedMeanwhile("subscription");
  }

  /** @throws NotFound */
  async delete(ownerId: string, id: string): Promise<void> {
    const { numDeletedRows } = await this.#database
      .deleteFrom("subscription")
      .where("id", "=", id)
      .where("owner_id", "=", ownerId)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw new NotFound("subscription");
  }
}

function versionedOf(row: Schema["subscription"]): Versioned<Subscription> {
  return {
    item: {
      id: row.id,
      ownerId: row.owner_id,
      name: row.name,
      metricIds: StoredMetricIds.parse(JSON.parse(row.metric_ids)),
      createdAtMs: row.created_at_ms,
    },
    version: row.version,
  };
}
