import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import { type BackfillJob, type BackfillState, hasEnded } from "../domain/backfill.ts";
import type { Clock } from "../domain/clock.ts";
import { Conflict, NotFound } from "../domain/errors.ts";
import { ChangedMeanwhile, type Versioned } from "./changed.ts";
import type { CatalogueDatabase } from "./database.ts";
import { afterId, type Page, type PageRequest, pageOf } from "./page.ts";
import type { Schema } from "./schema.ts";

/** Jobs of one connection that have not ended. */
export const BACKFILL_JOBS_OPEN_MAX = 20;

export type NewBackfillJob = Pick<BackfillJob, "connectionId" | "fromMs" | "toMs" | "deviceIds">;

const StoredDeviceIds = z.array(z.string()).nullable();

/** From which states a job may become another. */
const BEFORE: Readonly<Record<BackfillState, readonly BackfillState[]>> = {
  running: ["paused"],
  paused: ["running"],
  done: ["running"],
  failed: ["running"],
  cancelled: ["running", "paused"],
};

/** Imports of history. A version is one of a job's state: what it has brought so far grows without making another. */
export class BackfillJobs {
  readonly #database: CatalogueDatabase;
  readonly #clock: Clock;

  constructor(database: CatalogueDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @throws Conflict beyond `BACKFILL_JOBS_OPEN_MAX` */
  async create(job: NewBackfillJob): Promise<Versioned<BackfillJob>> {
    return this.#database.transaction().execute(async (transaction) => {
      const { count } = await transaction
        .selectFrom("backfill_job")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .where("connection_id", "=", job.connectionId)
        .where("state", "in", ["running", "paused"])
        .executeTakeFirstOrThrow();
      if (Number(count) >= BACKFILL_JOBS_OPEN_MAX) {
        throw new Conflict(
          `There are ${BACKFILL_JOBS_OPEN_MAX} imports of this connection already: let one end first.`,
        );
      }
      const row = await transaction
        .insertInto("backfill_job")
        .values({
          id: uuidv7(),
          connection_id: job.connectionId,
          from_ms: job.fromMs,
          to_ms: job.toMs,
          device_ids: job.deviceIds === null ? null : JSON.stringify(job.deviceIds),
          state: "running",
          message: null,
          requests: 0,
          readings: 0,
          created_at_ms: this.#clock.nowMs(),
          ended_at_ms: null,
          version: 1,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return versionedOf(row);
    });
  }

  /** @throws NotFound */
  async get(id: string): Promise<Versioned<BackfillJob>> {
    const row = await this.#database.selectFrom("backfill_job").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) throw new NotFound("import");
    return versionedOf(row);
  }

  /** The jobs of a connection, the oldest first. */
  async list(connectionId: string, request: PageRequest): Promise<Page<BackfillJob>> {
    const rows = await this.#database
      .selectFrom("backfill_job")
      .selectAll()
      .where("connection_id", "=", connectionId)
      .where("id", ">", afterId(request))
      .orderBy("id")
      .limit(request.limit + 1)
      .execute();
    return pageOf(
      rows.map((row) => versionedOf(row).item),
      request.limit,
    );
  }

  /** The jobs of a connection that go on, the oldest first. */
  async running(connectionId: string): Promise<BackfillJob[]> {
    const rows = await this.#database
      .selectFrom("backfill_job")
      .selectAll()
      .where("connection_id", "=", connectionId)
      .where("state", "=", "running")
      .orderBy("id")
      .execute();
    return rows.map((row) => versionedOf(row).item);
  }

  /**
   * Lets a job go over into another state.
   *
   * @param fromVersion what the change was made from; null for whatever is there
   * @param message a sentence for a person, null for none
   * @throws NotFound, ChangedMeanwhile; Conflict when its state does not lead there
   */
  async become(
    id: string,
    state: BackfillState,
    fromVersion: number | null = null,
    message: string | null = null,
  ): Promise<Versioned<BackfillJob>> {
    const row = await this.#database
      .updateTable("backfill_job")
      .set((of) => ({
        state,
        message,
        ended_at_ms: hasEnded(state) ? this.#clock.nowMs() : null,
        version: of("version", "+", 1),
      }))
      .where("id", "=", id)
      .where("state", "in", [...BEFORE[state]])
      .$if(fromVersion !== null, (query) => query.where("version", "=", fromVersion ?? 0))
      .returningAll()
      .executeTakeFirst();
    if (row) return versionedOf(row);
    const { item, version } = await this.get(id);
    if (fromVersion !== null && version !== fromVersion) throw new ChangedMeanwhile("import");
    throw new Conflict(`The import is ${item.state}, and cannot become ${state}.`);
  }

  /** Says why a job that runs does not go on for now; null when it does again. */
  async explain(id: string, message: string | null): Promise<void> {
    await this.#database
      .updateTable("backfill_job")
      .set({ message })
      .where("id", "=", id)
      .where("state", "=", "running")
      .execute();
  }

  /** Adds to what a job has brought, whatever its state is by now. */
  async add(id: string, brought: Pick<BackfillJob, "requests" | "readings">): Promise<void> {
    await this.#database
      .updateTable("backfill_job")
      .set((of) => ({
        requests: of("requests", "+", brought.requests),
        readings: of("readings", "+", brought.readings),
      }))
      .where("id", "=", id)
      .execute();
  }
}

function versionedOf(row: Selectable<Schema["backfill_job"]>): Versioned<BackfillJob> {
  return {
    item: {
      id: row.id,
      connectionId: row.connection_id,
      fromMs: row.from_ms,
      toMs: row.to_ms,
      deviceIds: StoredDeviceIds.parse(JSON.parse(row.device_ids ?? "null")),
      state: row.state,
      message: row.message,
      requests: row.requests,
      readings: row.readings,
      createdAtMs: row.created_at_ms,
      endedAtMs: row.ended_at_ms,
    },
    version: row.version,
  };
}
