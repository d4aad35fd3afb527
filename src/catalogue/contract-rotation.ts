import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AUDIT_HEAD_FILE } from "./audit/head-file.ts";
import type { ContractDatabase } from "./contract.ts";
import { migrateTo } from "./contract-migrations.ts";
import { type Passphrase, RotationScene, sealedByVersion1 } from "./contract-rotation-scene.ts";
import { CONNECTION } from "./contract-scene.ts";
import type { CatalogueDatabase } from "./database.ts";
import { MIGRATIONS } from "./migrations/migrate.ts";
import { wrappedKeys } from "./sealing/data-keys.ts";
import { KEY_FILE, NEXT_KEY_FILE } from "./sealing/installation-key.ts";
import { MasterKey } from "./sealing/master-key.ts";
import { ROTATION_ACTION } from "./sealing/rotation.ts";
import { SEALED_COLUMNS, storedSecrets } from "./sealing/stored-secrets.ts";

const ONE = "a passphrase of some length";
const OTHER = "another one of some length";
const WAYS: readonly (readonly [string, Passphrase, Passphrase])[] = [
  ["a key file for another", null, null],
  ["a key file for a passphrase", null, ONE],
  ["a passphrase for a key file", ONE, null],
  ["a passphrase for another", ONE, OTHER],
];
/** A rotation has more steps than this. */
const STEPS_MIN = 15;

type Deed =
  | { readonly do: "add"; readonly text: string }
  | { readonly do: "rotate"; readonly to: Passphrase; readonly crashAt: number };
const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ do: fc.constant("add" as const), text: fc.string({ minLength: 1, maxLength: 40 }) }),
  fc.record({
    do: fc.constant("rotate" as const),
    to: fc.constantFrom(null, ONE, OTHER),
    crashAt: fc.oneof(fc.nat({ max: 60 }), fc.constant(Number.POSITIVE_INFINITY)),
  }),
);

/** How secrets are sealed, sealed anew and opened, whatever is cut off when. */
export function rotationContract(name: string, make: () => Promise<ContractDatabase>): void {
  describe(`${name}: the key`, () => {
    const scene = new RotationScene(make);

    const rowsOf = (database: CatalogueDatabase) => Promise.all([storedSecrets(database), wrappedKeys(database)]);

    test("every sealed column is known to the rotation", async () => {
      await scene.reopen();
      const tables = await scene.past((database) => database.introspection.getTables());
      const ofBytes = tables.flatMap((table) =>
        table.columns
          .filter(({ dataType }) => ["blob", "bytea"].includes(dataType.toLowerCase()))
          .map((column) => `${table.name}.${column.name}`),
      );
      const known = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`);
      expect(ofBytes.sort()).toEqual(
        [...known, "coverage_segment.runs", "coverage_tail.runs", "sealing_key.wrapped"].sort(),
      );
    });

    test("a rotation seals everything with a new data key, and the former key opens nothing", async () => {
      await scene.fill(null);
      const former = scene.keyBytes();
      const [before] = await scene.past(rowsOf);
      expect(await scene.rotate(null, null)).toEqual({ dataKey: 2, secrets: scene.secrets.size, undone: [] });
      expect(scene.keyBytes()).not.toEqual(former);
      const [after, dataKeys] = await scene.past(rowsOf);
      expect(after.map(({ sealed }) => [...sealed.subarray(0, 5)])).toEqual(after.map(() => [2, 0, 0, 0, 2]));
      expect(after.map(({ place }) => place)).toEqual(before.map(({ place }) => place));
      const master = new MasterKey(former);
      expect(dataKeys.map((dataKey) => master.unwrap(dataKey))).toEqual([null, null]);
      await scene.expectAllOpens(null);
    });

    test("a rotation is an entry of the audit log, which stays whole", async () => {
      await scene.fill(null);
      await scene.rotate(null, ONE);
      const { entries, fault } = await scene.verdict(ONE);
      expect({ entries, fault }).toEqual({ entries: 3, fault: null });
      const { audit } = await scene.reopen(scene.keyOf(ONE));
      expect((await audit.list({ limit: 1 })).items[0]).toMatchObject({
        action: ROTATION_ACTION,
        actor: { kind: "server", id: null, name: null },
        detail: { by: "command", to: "passphrase", dataKey: 2, secrets: 4 },
      });
    });

    test.each(WAYS)("%s: wherever it is cut off, the next start opens all", async (...way) => {
      const [, from, to] = way;
      await scene.fill(from);
      let step = 0;
      for (let isThrough = false; !isThrough; step++) {
        await goBack(from, to);
        isThrough = await scene.rotateUntil(step, from, to);
        const holding = await scene.holding(from, to);
        expect(holding).toHaveLength(1);
        if (isThrough) expect(holding).toEqual([to]);
        const passphrase = holding[0] ?? null;
        expect((await scene.verdict(passphrase)).fault, `cut off at step ${step}`).toBeNull();
        await scene.expectAllOpens(passphrase);
      }
      expect(step).toBeGreaterThan(STEPS_MIN);
      if (to !== null) expect(existsSync(scene.pathOf(KEY_FILE))).toBe(false);
    });

    /** To the key that it began with, and to one data key, which is what all is sealed with: the steps are the same each time. */
    async function goBack(from: Passphrase, to: Passphrase): Promise<void> {
      const [holding = null] = await scene.holding(from, to);
      if (holding !== from) await scene.rotate(holding, from);
      await scene.past(async (database) => {
        const newest = (await wrappedKeys(database)).at(-1)?.number ?? 0;
        await database.deleteFrom("sealing_key").where("number", "<", newest).execute();
      });
    }

    test("wherever the first rotation of an earlier version's catalogue is cut off", async () => {
      await scene.fill(null);
      let step = 0;
      for (let isThrough = false; !isThrough; step++) {
        await scene.leaveAsVersion1();
        isThrough = await scene.rotateUntil(step, null, null);
        expect((await scene.verdict(null)).fault, `cut off at step ${step}`).toBeNull();
        await scene.expectAllOpens(null);
      }
      expect(step).toBeGreaterThan(STEPS_MIN);
      const [stored] = await scene.past(rowsOf);
      expect(new Set(stored.map(({ sealed }) => sealed[0]))).toEqual(new Set([2]));
    });

    test.each(Object.keys(MIGRATIONS))("what version %s sealed opens, also after a rotation", async (version) => {
      const bytes = Buffer.alloc(32, 9);
      await writeFile(scene.pathOf(KEY_FILE), bytes.toString("base64"), { mode: 0o600 });
      scene.secrets.clear();
      scene.secrets.set("own-1", "signing key");
      await scene.past(async (database) => {
        await migrateTo(database, version);
        const sealed = sealedByVersion1(bytes, "signing key", "own_secret:own-1");
        await database.insertInto("own_secret").values({ name: "own-1", sealed }).execute();
      });
      await expect(scene.open(scene.keyOf(ONE))).rejects.toThrow(/^KILOWATCH_SECRET_KEY is not/);
      expect(await scene.past(wrappedKeys)).toEqual([]);
      await scene.expectAllOpens(null);
      await scene.rotate(null, null);
      await scene.expectAllOpens(null);
    });

    test("another key is refused, and changes nothing", async () => {
      await scene.fill(ONE);
      const before = await scene.past(rowsOf);
      const head = readFileSync(scene.pathOf(AUDIT_HEAD_FILE));
      await expect(scene.rotate(OTHER, null)).rejects.toThrow(/^KILOWATCH_SECRET_KEY is not/);
      await expect(scene.rotate(null, null)).rejects.toThrow(/secret\.key is not there/);
      await expect(scene.rotate(ONE, ONE)).rejects.toThrow("The new passphrase is the present one.");
      expect(await scene.past(rowsOf)).toEqual(before);
      expect(readFileSync(scene.pathOf(AUDIT_HEAD_FILE))).toEqual(head);
      expect([KEY_FILE, NEXT_KEY_FILE].filter((file) => existsSync(scene.pathOf(file)))).toEqual([]);
      await scene.expectAllOpens(ONE);
    });

    test("what a server that still runs seals meanwhile opens afterwards", async () => {
      await scene.fill(null);
      const rotated = [...scene.secrets.keys()][0] ?? "";
      const catalogue = await scene.reopen(scene.keyOf(null));
      await scene.rotate(null, null);
      const { id } = await catalogue.connections.create(CONNECTION, { token: "late" });
      scene.secrets.set(id, "late");
      await expect(catalogue.connections.credential(rotated)).rejects.toThrow(/start it again/);
      await scene.expectAllOpens(null);
    });

    test("whatever is sealed, rotated, cut off and started again in any order opens", async () => {
      let now: Passphrase = null;
      await scene.fill(now);
      const doOne = async (deed: Deed): Promise<void> => {
        if (deed.do === "add") {
          await scene.add(await scene.reopen(scene.keyOf(now)), deed.text);
          await scene.close();
          return;
        }
        // To the passphrase that is there already would be refused.
        if (deed.to !== null && deed.to === now) return;
        await scene.rotateUntil(deed.crashAt, now, deed.to);
        const holding = await scene.holding(now, deed.to);
        expect(holding).toHaveLength(1);
        now = holding[0] ?? null;
      };
      await fc.assert(
        fc.asyncProperty(fc.array(anyDeed, { minLength: 2, maxLength: 6 }), async (deeds) => {
          for (const deed of deeds) await doOne(deed);
          expect((await scene.verdict(now)).fault).toBeNull();
          await scene.expectAllOpens(now);
        }),
        { numRuns: 12 },
      );
    });
  });
}
