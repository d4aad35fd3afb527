import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StartupError, StorageUnavailable } from "../domain/errors.ts";
import { ACTIVE_POWER } from "../domain/metric.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { AnsweredRequests } from "./answered-requests.ts";
import { type Catalogue, openCatalogue } from "./catalogue.ts";
import { inverter, SITE } from "./contract-scene.ts";
import { openCatalogueDatabase } from "./database.ts";
import { Devices } from "./devices.ts";
import { SeriesDirectory } from "./directory.ts";
import { dataFolderKey } from "./sealing/installation-key.ts";

let folder: string;
let catalogue: Catalogue;
const clock = new VirtualClock();
const path = () => join(folder, "catalogue.db");
const open = () => openCatalogue(path(), dataFolderKey(folder, null), clock);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-catalogue-"));
  catalogue = await open();
});

afterEach(async () => {
  await catalogue.close();
  rmSync(folder, { recursive: true });
});

test("a full disk is told as such, changes nothing, and is over when there is room", async () => {
  const site = await catalogue.sites.create(SITE);
  await catalogue.close();
  const raw = new DatabaseSync(path());
  const pages = Number(raw.prepare("PRAGMA page_count").get()?.["page_count"]);
  raw.close();
  const full = await openCatalogueDatabase(path());
  await sql`PRAGMA max_page_count = ${sql.lit(pages + 2)}`.execute(full);
  const devices = new Devices(full, new SeriesDirectory(), clock);
  const many = Array.from({ length: 500 }, (_, index) => inverter(site.id, `SN-${index}`));
  await expect(devices.createAll(many, [ACTIVE_POWER])).rejects.toThrow(StorageUnavailable);
  expect(await devices.all()).toEqual([]);
  await sql`PRAGMA max_page_count = 100000`.execute(full);
  expect(await devices.createAll(many, [ACTIVE_POWER])).toHaveLength(500);
  await full.destroy();
  catalogue = await open();
});

test("a deed is told as done, although a full disk takes no note of its answer", async () => {
  await catalogue.close();
  const full = await openCatalogueDatabase(path());
  const pages = await sql<{ page_count: number }>`PRAGMA page_count`.execute(full);
  await sql`PRAGMA max_page_count = ${sql.lit(pages.rows[0]?.page_count ?? 0)}`.execute(full);
  const answeredRequests = new AnsweredRequests(full, clock);
  const once = (name: string) =>
    answeredRequests.once({ ownerId: "ada", key: "k", fingerprint: "f" }, () => Promise.resolve({ name }));
  const long = "x".repeat(100_000);
  expect(await once(long)).toEqual({ answer: { name: long }, isRepeated: false });
  expect(await once("again")).toEqual({ answer: { name: "again" }, isRepeated: false });
  expect(await once("not again")).toEqual({ answer: { name: "again" }, isRepeated: true });
  await full.destroy();
  catalogue = await open();
});

describe("a file that cannot be used stops the start in one line", () => {
  test("damaged", async () => {
    const damaged = join(folder, "damaged.db");
    writeFileSync(damaged, "this is not a database, and long enough to be looked at as one".repeat(20));
    const opening = openCatalogue(damaged, dataFolderKey(folder, null), clock);
    await expect(opening).rejects.toThrow(StartupError);
    await expect(opening).rejects.toThrow(/damaged\.db cannot be opened .*Restore it from a backup/);
  });
});
