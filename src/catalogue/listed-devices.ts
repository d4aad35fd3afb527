import type { Selectable } from "kysely";
import { z } from "zod";
import { DEVICE_KINDS } from "../domain/device.ts";
import type { ListedDevice } from "../domain/listed-device.ts";
import { METRIC_KINDS } from "../domain/metric.ts";
import { inPieces } from "./bulk.ts";
import type { CatalogueDatabase } from "./database.ts";
import { refusingOrphans } from "./integrity.ts";
import type { Schema } from "./schema.ts";

const Description = z.object({
  serialNumber: z.string(),
  name: z.string(),
  kind: z.enum(DEVICE_KINDS),
  model: z.string().nullable(),
  site: z.string().nullable(),
  timezone: z.string().nullable(),
  metrics: z.array(z.object({ name: z.string(), unit: z.string(), kind: z.enum(METRIC_KINDS) })),
});

/** What vendors list for connections, as of the last discovery of each. */
export class ListedDevices {
  readonly #database: CatalogueDatabase;

  constructor(database: CatalogueDatabase) {
    this.#database = database;
  }

  /** In the order of their serial numbers; none where nothing was discovered yet. */
  async of(connectionId: string): Promise<ListedDevice[]> {
    const rows = await this.#database
      .selectFrom("listed_device")
      .selectAll()
      .where("connection_id", "=", connectionId)
      .execute();
    // Databases sort text each in its own way.
    return rows.map(listedOf).sort((a, b) => (a.device.serialNumber < b.device.serialNumber ? -1 : 1));
  }

  /** Puts a list in the place of the one before. @throws NotFound when the connection was removed meanwhile */
  async replace(connectionId: string, listed: readonly ListedDevice[]): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.deleteFrom("listed_device").where("connection_id", "=", connectionId).execute();
      await inPieces(listed, (piece) =>
        refusingOrphans("connection", () =>
          transaction
            .insertInto("listed_device")
            .values(piece.map((each) => rowOf(connectionId, each)))
            .execute(),
        ),
      );
    });
  }
}

function rowOf(connectionId: string, listed: ListedDevice): Schema["listed_device"] {
  return {
    connection_id: connectionId,
    serial_number: listed.device.serialNumber,
    description: JSON.stringify(listed.device),
    former_name: listed.formerName,
    first_seen_ms: listed.firstSeenMs,
    last_seen_ms: listed.lastSeenMs,
    gone_at_ms: listed.goneAtMs,
  };
}

function listedOf(row: Selectable<Schema["listed_device"]>): ListedDevice {
  return {
    device: Description.parse(JSON.parse(row.description)),
    formerName: row.former_name,
    firstSeenMs: row.first_seen_ms,
    lastSeenMs: row.last_seen_ms,
    goneAtMs: row.gone_at_ms,
  };
}
