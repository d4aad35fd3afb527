import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import type { Clock } from "../domain/clock.ts";
import type { Connection } from "../domain/connection.ts";
import { NotFound } from "../domain/errors.ts";
import type { MetricTemplate } from "../domain/metric.ts";
import type { CatalogueDatabase } from "./database.ts";
import type { Devices, NewDevice } from "./devices.ts";
import type { Schema } from "./schema.ts";
import type { Sealing } from "./sealing/sealing.ts";
import { connectionPlace } from "./sealing/stored-secrets.ts";

export type NewConnection = Omit<Connection, "id" | "createdAtMs">;
export type Credential = Record<string, string>;

const StoredCredential = z.record(z.string(), z.string());

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
    const created: Connection = { ...connection, id: uuidv7(), createdAtMs: this.#clock.nowMs() };
    const insertion = await this.#database.transaction().execute(async (transaction) => {
      await transaction
        .insertInto("connection")
        .values({
          id: created.id,
          name: created.name,
          vendor: created.vendor,
          base_url: created.baseUrl,
          credential_sealed: this.#sealing.seal(JSON.stringify(credential), connectionPlace(created.id)),
          poll_interval_ms: created.pollIntervalMs,
          created_at_ms: created.createdAtMs,
          paused_at_ms: null,
        })
        .execute();
      const connected = devices.map((device) => ({ ...device, connectionId: created.id }));
      return this.#devices.insertAll(transaction, connected, metrics);
    });
    this.#devices.remember(insertion);
    return created;
  }

  async list(): Promise<Connection[]> {
    return (await this.#database.selectFrom("connection").selectAll().orderBy("id").execute()).map(connectionOf);
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

  /** @throws NotFound */
  async moveTo(id: string, baseUrl: string): Promise<void> {
    const { numUpdatedRows } = await this.#database
      .updateTable("connection")
      .set({ base_url: baseUrl })
      .where("id", "=", id)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new NotFound("connection");
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
  };
}
