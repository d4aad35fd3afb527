import { v7 as uuidv7 } from "uuid";
import { describe, expect, test } from "vitest";
import { INGEST_SETTINGS_DEFAULT } from "../domain/api-key.ts";
import { Conflict } from "../domain/errors.ts";
import { ACTIVE_POWER, type MetricTemplate } from "../domain/metric.ts";
import { API_KEYS_MAX } from "./api-keys.ts";
import { inPieces } from "./bulk.ts";
import type { ContractDatabase } from "./contract.ts";
import { inverter, Scene, SITE } from "./contract-scene.ts";
import type { CatalogueDatabase } from "./database.ts";
import { METRICS_PER_DEVICE_MAX } from "./metrics.ts";
import { SUBSCRIPTIONS_PER_OWNER_MAX } from "./subscriptions.ts";
import { USERS_MAX } from "./users.ts";

/** How much of everything there may be, on any database: one is taken at the edge, and one more refused. */
export function limitsContract(name: string, make: () => Promise<ContractDatabase>): void {
  describe(`${name}: there are at most`, () => {
    const scene = new Scene(make);

    /** Puts rows there past the repositories, as if they had been made one by one. */
    async function fill<Row>(
      rows: number,
      rowOf: (index: number) => Row,
      insert: (database: CatalogueDatabase, piece: Row[]) => Promise<unknown>,
    ): Promise<void> {
      const all = Array.from({ length: rows }, (_, index) => rowOf(index));
      await scene.past((database) =>
        database.transaction().execute((transaction) => inPieces(all, (piece) => insert(transaction, [...piece]))),
      );
      await scene.reopen();
    }

    test(`${USERS_MAX} people`, async () => {
      const person = (index: number) => ({
        email: `${index}@example.org`,
        name: "V",
        isAdmin: false,
        passwordHash: "h",
      });
      await fill(
        USERS_MAX - 1,
        (index) => ({
          id: uuidv7(),
          email: `${index}@example.org`,
          name: "V",
          password_hash: "h",
          is_admin: 0,
          created_at_ms: 0,
        }),
        (database, rows) => database.insertInto("user").values(rows).execute(),
      );
      await scene.catalogue.users.create(person(USERS_MAX));
      await expect(scene.catalogue.users.create(person(USERS_MAX + 1))).rejects.toThrow(Conflict);
    });

    test(`${SUBSCRIPTIONS_PER_OWNER_MAX} subscriptions of each owner`, async () => {
      await fill(
        SUBSCRIPTIONS_PER_OWNER_MAX - 1,
        () => ({
          id: uuidv7(),
          owner_id: "ada",
          name: "Mine",
          metric_ids: "[]",
          created_at_ms: 0,
          version: 1,
        }),
        (database, rows) => database.insertInto("subscription").values(rows).execute(),
      );
      const wanted = { name: "Another", metricIds: ["m"] };
      const { subscriptions } = scene.catalogue;
      await subscriptions.create("ada", wanted);
      await expect(subscriptions.create("ada", wanted)).rejects.toThrow(Conflict);
      await subscriptions.create("bob", wanted);
    });

    test(`${API_KEYS_MAX} API keys`, async () => {
      await fill(
        API_KEYS_MAX - 1,
        (index) => ({
          id: uuidv7(),
          name: "key",
          prefix: index.toString(16).padStart(8, "0"),
          secret_hash: "00".repeat(32),
          scopes: '["read"]',
          site_ids: null,
          ingest: JSON.stringify(INGEST_SETTINGS_DEFAULT),
          created_at_ms: 0,
          expires_at_ms: null,
          last_used_at_ms: null,
        }),
        (database, rows) => database.insertInto("api_key").values(rows).execute(),
      );
      const { apiKeys } = scene.catalogue;
      const wanted = {
        name: "another",
        scopes: ["read" as const],
        siteIds: null,
        expiresAtMs: null,
        ingest: INGEST_SETTINGS_DEFAULT,
      };
      const { key } = await apiKeys.create(wanted);
      await expect(apiKeys.create(wanted)).rejects.toThrow(Conflict);
      await apiKeys.revoke(key.id);
      await apiKeys.create(wanted);
    });

    test(`${METRICS_PER_DEVICE_MAX} metrics of a device`, async () => {
      const { devices, metrics, sites } = scene.catalogue;
      const site = await sites.create(SITE);
      const [device] = await devices.createAll([inverter(site.id, "A")], [ACTIVE_POWER]);
      const named = (metricName: string): MetricTemplate => ({ ...ACTIVE_POWER, name: metricName });
      const most = Array.from({ length: METRICS_PER_DEVICE_MAX - 1 }, (_, index) => named(`m${index}`));
      const one = named("another");
      await expect(metrics.add(device?.id ?? "", [...most, one])).rejects.toThrow(Conflict);
      await metrics.add(device?.id ?? "", most);
      await expect(metrics.add(device?.id ?? "", [one])).rejects.toThrow(Conflict);
    });
  });
}
