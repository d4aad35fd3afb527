import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StorageUnavailable } from "../../domain/errors.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { AUDIT_HEAD_FILE, HeadFile, type HeadKeeper } from "../audit/head-file.ts";
import { CATALOGUE_FILE, type Catalogue, openCatalogue } from "../catalogue.ts";
import { CONNECTION } from "../contract-scene.ts";
import { type CatalogueDatabase, openCatalogueDatabase } from "../database.ts";
import { wrappedKeys } from "./data-keys.ts";
import { DataFolderKey, KEY_FILE, NEXT_KEY_FILE } from "./installation-key.ts";
import type { MasterKey } from "./master-key.ts";
import { type Rotated, type RotationParts, rotate } from "./rotation.ts";
import { storedSecrets } from "./stored-secrets.ts";

/** What the contract cannot do on every database: a disk that is full, and what lies in a file's free space. */

const CONNECTIONS = 60;
const clock = new VirtualClock();
let folder: string;
const at = (name: string): string => join(folder, name);
const open = (): Promise<Catalogue> => openCatalogue(at(CATALOGUE_FILE), new DataFolderKey(folder, null), clock);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-rotation-"));
  const catalogue = await open();
  for (let count = 0; count < CONNECTIONS; count++) {
    await catalogue.connections.create(CONNECTION, { token: `token ${count}` });
  }
  await catalogue.close();
});
afterEach(() => rmSync(folder, { recursive: true }));

async function onDatabase<T>(work: (database: CatalogueDatabase) => Promise<T>): Promise<T> {
  const database = await openCatalogueDatabase(at(CATALOGUE_FILE));
  try {
    return await work(database);
  } finally {
    await database.destroy();
  }
}

function rotateOn(database: CatalogueDatabase, change: Partial<RotationParts> = {}): Promise<Rotated> {
  const key = new DataFolderKey(folder, null);
  const keepHead: RotationParts["keepHead"] = (sealing) => new HeadFile(at(AUDIT_HEAD_FILE), sealing);
  return rotate({ database, key, keepHead, clock, ...change }, null);
}

async function expectAllOpens(): Promise<void> {
  const catalogue = await open();
  const connections = await catalogue.connections.list();
  const tokens = await Promise.all(
    connections.map(async ({ id }) => (await catalogue.connections.credential(id))["token"]),
  );
  expect(tokens).toEqual(Array.from({ length: CONNECTIONS }, (_, count) => `token ${count}`));
  expect(await catalogue.audit.begin()).toBeNull();
  expect(existsSync(at(NEXT_KEY_FILE))).toBe(false);
  await catalogue.close();
}

test("a disk that is full in the middle changes nothing, and is told as such", async () => {
  await onDatabase(async (database) => {
    // A row that grows as it is written anew needs a page that the disk has no room for.
    await sql`CREATE TRIGGER grow AFTER UPDATE OF credential_sealed ON connection
      BEGIN UPDATE connection SET name = name || hex(zeroblob(4000)) WHERE id = new.id; END`.execute(database);
    const pages = await sql<{ page_count: number }>`PRAGMA page_count`.execute(database);
    await sql`PRAGMA max_page_count = ${sql.lit((pages.rows[0]?.page_count ?? 0) + 10)}`.execute(database);
    const before = await storedSecrets(database);
    const key = readFileSync(at(KEY_FILE), "utf8");
    await expect(rotateOn(database)).rejects.toThrow(StorageUnavailable);
    expect(await storedSecrets(database)).toEqual(before);
    expect(await wrappedKeys(database)).toHaveLength(1);
    expect(readFileSync(at(KEY_FILE), "utf8")).toBe(key);
    await sql`DROP TRIGGER grow`.execute(database);
  });
  await expectAllOpens();
});

test("nothing of what was sealed before stays in the file", async () => {
  const former = await onDatabase(async (database) => [
    ...(await storedSecrets(database)).map(({ sealed }) => sealed),
    ...(await wrappedKeys(database)).map(({ wrapped }) => wrapped),
  ]);
  expect(former).toHaveLength(CONNECTIONS + 1);
  const inFile = (): number => {
    const bytes = readFileSync(at(CATALOGUE_FILE));
    return former.filter((sealed) => bytes.includes(Buffer.from(sealed))).length;
  };
  expect(inFile()).toBe(former.length);
  await onDatabase((database) => rotateOn(database));
  expect(inFile()).toBe(0);
});

test("a key file that does not get its place after the rotation gets it at the next start", async () => {
  class StuckKey extends DataFolderKey {
    override settle(proved: MasterKey): void {
      if (existsSync(at(NEXT_KEY_FILE))) throw new StorageUnavailable("The key file cannot be written (EIO).", 1);
      super.settle(proved);
    }
  }
  await onDatabase(async (database) => {
    expect(await rotateOn(database, { key: new StuckKey(folder, null) })).toMatchObject({
      dataKey: 2,
      undone: ["The new key file gets its place at the next start (The key file cannot be written (EIO).)"],
    });
  });
  expect(existsSync(at(NEXT_KEY_FILE))).toBe(true);
  await expectAllOpens();
});

test("a rotation that the audit log cannot take has happened, and says so", async () => {
  await onDatabase(async (database) => {
    let heads = 0;
    const keepHead: RotationParts["keepHead"] = (sealing) => {
      const file = new HeadFile(at(AUDIT_HEAD_FILE), sealing);
      if (heads++ === 0) return file;
      const full: HeadKeeper = {
        read: () => file.read(),
        write: () => Promise.reject(new StorageUnavailable("No room.", 1)),
      };
      return full;
    };
    expect(await rotateOn(database, { keepHead })).toMatchObject({
      dataKey: 2,
      undone: ["The audit log has no entry of it (No room.)"],
    });
  });
  await expectAllOpens();
});

test("a disk without room for the sweep leaves a rotation that is done, and says what remains", async () => {
  await onDatabase(async (database) => {
    const sweepless = database.withPlugin({
      transformQuery: ({ node }) => {
        if (node.kind === "RawNode" && node.sqlFragments[0] === "vacuum") throw new StorageUnavailable("No room.", 1);
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    expect(await rotateOn(sweepless)).toMatchObject({
      dataKey: 2,
      undone: ["What the former key opens may still be found in the free space of the database (No room.)"],
    });
  });
  await expectAllOpens();
});
