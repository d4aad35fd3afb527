import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import type { Clock } from "../domain/clock.ts";
import type { Connection, LaneShares } from "../domain/connection.ts";
import { NotFound } from "../domain/errors.ts";
import type { MetricTemplate } from "../domain/metric.ts";
import { ChangedMeanwhile, type Patch } from "./changed.ts";
import type { CatalogueDatabase } from "./database.ts";
import type { DeviceFate, Devices, NewDevice } from "./devices.ts";
import { afterId, type Page, type PageRequest, pageOf } from "./page.ts";
import type { Schema } from "./schema.ts";
import type { Sealing } from "./sealing/sealing.ts";
import { connectionPlace } from "./sealing/stored-secrets.ts";

type Settings = Pick<Connection, "name" | "baseUrl" | "pollIntervalMs" | "laneShares">;

export type NewConnection = Omit<Settings, "laneShares"> & Pick<Connection, "vendor"> & Partial<Settings>;
/** What of a connection may change; its vendor stays. */
export type ConnectionPatch = Patch<Settings>;
export type Credential = Record<string, string>;

const StoredCredential = z.record(z.string(), z.string());
const StoredShares = z.object({ repair: z.number().optional(), history: z.number().optional() });

/** Vendor accounts; the credential is sealed at rest and opened only for the collector. */
export class Connections {
  readonly #database: CatalogueDatabase;
  readonly #sealing: Sealing;
  readonly #devices: Devices;
  readonly #clock: Clock;

  constructor(database: CatalogueDatabase, sealing: Sealing, devices: Devices, clock: Clock) {
    this.#database = database;
    this.#devices = devices;
    this.#sealing = sealing;
    this.#clock = clock;
  }

  /** Creates a connection with its devices, all or nothing. @throws Conflict when a serial number comes twice. */
  async create(
    connection: NewConnection,
    credential: Credential,
    devices: readonly Omit<NewDevice, "connectionId">[] = [],
    metrics: readonly MetricTemplate[] = [],
  ): Promise<Connection> {
    const created: Connection = {
      laneShares: {},
      ...connection,
      id: uuidv7(),
      createdAtMs: this.#clock.nowMs(),
      pausedAtMs: null,
      version: 1,
    };
    const insertion = await this.#database.transaction().execute(async (transaction) => {
      await transaction
        .insertInto("connection")
        .values({
          id: created.id,
          name: created.name,
          vendor: created.vendor,
          base_url: created.baseUrl,
          credential_sealed: this.#seal(created.id, credential),
          poll_interval_ms: created.pollIntervalMs,
          created_at_ms: created.createdAtMs,
          paused_at_ms: created.pausedAtMs,
          lane_shares: JSON.stringify(created.laneShares),
        })
        .execute();
      const connected = devices.map((device) => ({ ...device, connectionId: created.id }));
      return this.#devices.insertAll(transaction, connected, () => metrics);
    });
    this.#devices.remember(insertion);
    return created;
  }

  async list(): Promise<Connection[]> {
    return (await this.#database.selectFrom("connection").selectAll().orderBy("id").execute()).map(connectionOf);
  }

  async page(request: PageRequest): Promise<Page<Connection>> {
    const rows = await this.#database
      .selectFrom("connection")
      .selectAll()
      .where("id", ">", afterId(request))
      .orderBy("id")
      .limit(request.limit + 1)
      .execute();
    return pageOf(rows.map(connectionOf), request.limit);
  }

  /** @throws NotFound */
  async get(id: string): Promise<Connection> {
    const row = await this.#database.selectFrom("connection").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) throw new NotFound("connection");
    return connectionOf(row);
  }

  /** @throws NotFound */
  async credential(id: string): Promise<Credential> {
    const row = await this.#database
      .selectFrom("connection")
      .select("credential_sealed")
      .where("id", "=", id)
      .executeTakeFirst();
    if (!row) throw new NotFound("connection");
    return StoredCredential.parse(JSON.parse(this.#sealing.open(row.credential_sealed, connectionPlace(id))));
  }

  /** @param fromVersion what the change was made from; null for whatever is there. @throws NotFound, ChangedMeanwhile */
  async update(id: string, patch: ConnectionPatch, fromVersion: number | null): Promise<Connection> {
    const row = await this.#database
      .updateTable("connection")
      .set((of) => ({
        ...(patch.name !== undefined && { name: patch.name }),
        ...(patch.baseUrl !== undefined && { base_url: patch.baseUrl }),
        ...(patch.pollIntervalMs !== undefined && { poll_interval_ms: patch.pollIntervalMs }),
        ...(patch.laneShares !== undefined && { lane_shares: JSON.stringify(patch.laneShares satisfies LaneShares) }),
        version: of("version", "+", 1),
      }))
      .where("id", "=", id)
      .$if(fromVersion !== null, (query) => query.where("version", "=", fromVersion ?? 0))
      .returningAll()
      .executeTakeFirst();
    if (row) return connectionOf(row);
    await this.get(id);
    throw new ChangedMeanwhile("connection");
  }

  /** @throws NotFound */
  async moveTo(id: string, baseUrl: string): Promise<void> {
    await this.update(id, { baseUrl }, null);
  }

  /** From now on nothing is asked; one that is paused already stays as it is. @throws NotFound */
  async pause(id: string): Promise<Connection> {
    await this.#database
      .updateTable("connection")
      .set((of) => ({ paused_at_ms: this.#clock.nowMs(), version: of("version", "+", 1) }))
      .where("id", "=", id)
      .where("paused_at_ms", "is", null)
      .execute();
    return this.get(id);
  }

  /** @throws NotFound */
  async resume(id: string): Promise<Connection> {
    await this.#database
      .updateTable("connection")
      .set((of) => ({ paused_at_ms: null, version: of("version", "+", 1) }))
      .where("id", "=", id)
      .where("paused_at_ms", "is not", null)
      .execute();
    return this.get(id);
  }

  /** Puts another credential in the place of the one that there is, sealed anew. @throws NotFound */
  async replaceCredential(id: string, credential: Credential): Promise<Connection> {
    const row = await this.#database
      .updateTable("connection")
      .set((of) => ({ credential_sealed: this.#seal(id, credential), version: of("version", "+", 1) }))
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirst();
    if (!row) throw new NotFound("connection");
    return connectionOf(row);
  }

  /** Removes a connection with its credential and what its vendor listed; answers how many devices it had. @throws NotFound */
  async remove(id: string, fate: DeviceFate): Promise<number> {
    const { devices, tellDirectory } = await this.#database.transaction().execute(async (transaction) => {
      const parted = await this.#devices.partFrom(transaction, id, fate);
      const { numDeletedRows } = await transaction.deleteFrom("connection").where("id", "=", id).executeTakeFirst();
      if (numDeletedRows === 0n) throw new NotFound("connection");
      return parted;
    });
    tellDirectory();
    return devices;
  }

  #seal(id: string, credential: Credential): Uint8Array {
    return this.#sealing.seal(JSON.stringify(credential), connectionPlace(id));
  }
}

function connectionOf(row: Selectable<Schema["connection"]>): Connection {
  return {
    id: row.id,
    name: row.name,
    vendor: row.vendor,
    baseUrl: row.base_url,
    pollIntervalMs: row.poll_interval_ms,
    createdAtMs: row.created_at_ms,
    pausedAtMs: row.paused_at_ms,
    laneShares: StoredShares.parse(JSON.parse(row.lane_shares)),
    version: row.version,
  };
}
