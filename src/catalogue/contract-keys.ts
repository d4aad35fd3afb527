import { describe, expect, test } from "vitest";
import { type ApiKey, INGEST_SETTINGS_DEFAULT } from "../domain/api-key.ts";
import { InvalidInput, NotFound } from "../domain/errors.ts";
import { type NewApiKey, USE_WRITTEN_EVERY_MS } from "./api-keys.ts";
import type { ContractDatabase } from "./contract.ts";
import { Scene, SITE } from "./contract-scene.ts";

const READER: NewApiKey = {
  name: "reader",
  scopes: ["read"],
  siteIds: null,
  expiresAtMs: null,
  ingest: INGEST_SETTINGS_DEFAULT,
};

/** What the keys for programs do. */
export function apiKeysContract(name: string, make: () => Promise<ContractDatabase>): void {
  describe(`${name}: API keys`, () => {
    const scene = new Scene(make);
    const stored = () => scene.past((database) => database.selectFrom("api_key").selectAll().execute());
    const usedAtMs = async () => (await stored())[0]?.last_used_at_ms;

    test("are kept as hashes: the database lets nobody in", async () => {
      const { key, text } = await scene.catalogue.apiKeys.create(READER);
      const [row] = await stored();
      const secret = text.slice(text.lastIndexOf("_", text.length - 40) + 1);
      expect(text).toBe(`kw_${key.prefix}_${text.slice(-43)}`);
      expect(JSON.stringify(row)).not.toContain(text.slice(-43));
      expect(JSON.stringify(row)).not.toContain(secret.slice(0, 20));
      expect(row).toMatchObject({ prefix: key.prefix, scopes: '["read"]' });
    });

    test("keep all that was said of them over a restart", async () => {
      const site = await scene.catalogue.sites.create(SITE);
      const wanted = { ...READER, siteIds: [site.id], expiresAtMs: scene.clock.nowMs() + 1_000 };
      const { key, text } = await scene.catalogue.apiKeys.create(wanted);
      const { apiKeys } = await scene.reopen();
      expect(apiKeys.verify(text)).toEqual(key);
      scene.clock.jumpWall(1_000);
      expect(apiKeys.verify(text)).toBeNull();
      const nowhere = { ...READER, siteIds: [site.id, "00000000-0000-7000-8000-000000000000"] };
      await expect(apiKeys.create(nowhere)).rejects.toThrow(InvalidInput);
      expect(await stored()).toHaveLength(1);
    });

    test("a use is written at most once a minute, and at the end", async () => {
      const { apiKeys } = scene.catalogue;
      const { key, text } = await apiKeys.create(READER);
      apiKeys.verify(text);
      expect(await usedAtMs()).toBeNull();
      await scene.clock.advance(USE_WRITTEN_EVERY_MS);
      apiKeys.verify(text);
      const firstUseMs = scene.clock.nowMs();
      await expect.poll(usedAtMs).toBe(firstUseMs);
      await scene.clock.advance(USE_WRITTEN_EVERY_MS - 1);
      apiKeys.verify(text);
      expect((await apiKeys.list({ limit: 1 })).items[0]?.lastUsedAtMs).toBe(scene.clock.nowMs());
      expect(await usedAtMs()).toBe(firstUseMs);
      await scene.close();
      expect(await usedAtMs()).toBe(scene.clock.nowMs());
      expect((await scene.reopen()).apiKeys.verify(text)).toEqual(key);
    });

    test("a revoked key is gone after a restart, too, and those who hold it are told", async () => {
      const { apiKeys } = scene.catalogue;
      const { key, text } = await apiKeys.create(READER);
      const told: string[] = [];
      apiKeys.onRevoked((id) => told.push(id));
      const revoking = apiKeys.revoke(key.id);
      expect(apiKeys.verify(text)).toBeNull();
      expect(apiKeys.isLive(key)).toBe(false);
      await revoking;
      expect(told).toEqual([key.id]);
      await expect(apiKeys.revoke(key.id)).rejects.toThrow(NotFound);
      expect((await scene.reopen()).apiKeys.verify(text)).toBeNull();
    });

    test("page in order of creation", async () => {
      const { apiKeys } = scene.catalogue;
      const made: ApiKey[] = [];
      for (let index = 0; index < 5; index++) made.push((await apiKeys.create(READER)).key);
      const one = await apiKeys.list({ limit: 3 });
      const two = await apiKeys.list({ limit: 3, cursor: one.nextCursor ?? "" });
      expect([...one.items, ...two.items].map(({ id }) => id)).toEqual(made.map(({ id }) => id));
      expect(two.nextCursor).toBeNull();
    });
  });
}
