import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ContractDatabase } from "./contract.ts";
import { type CatalogueDatabase, openCatalogueDatabase } from "./database.ts";

/** Values of each type of column: what is stored is what is read. */
export function valuesContract(name: string, make: () => Promise<ContractDatabase>): void {
  describe(`${name}: a value comes back as it was stored`, () => {
    let place: ContractDatabase;
    let database: CatalogueDatabase;
    let rows = 0;

    beforeAll(async () => {
      place = await make();
      database = await openCatalogueDatabase(place.place);
    });
    afterAll(async () => {
      await database.destroy();
      await place.remove();
    });

    /** A site with these columns, as it is read back. */
    async function throughSite(columns: { name?: string; latitude?: number | null; created_at_ms?: number }) {
      const id = `site ${++rows}`;
      const row = {
        id,
        name: "",
        timezone: "UTC",
        latitude: null,
        longitude: null,
        peak_power_w: null,
        created_at_ms: 0,
      };
      await database
        .insertInto("site")
        .values({ ...row, ...columns })
        .execute();
      return database.selectFrom("site").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
    }

    test("a double to its last bit, but for the sign of 0", async () => {
      const doubles = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
      await fc.assert(
        fc.asyncProperty(doubles, async (latitude) => {
          expect((await throughSite({ latitude })).latitude).toBe(latitude);
        }),
        { numRuns: 100, examples: [[Number.MAX_VALUE], [Number.MIN_VALUE], [0.1 + 0.2], [1], [-1e300]] },
      );
    });

    test("nothing as null", async () => expect((await throughSite({ latitude: null })).latitude).toBeNull());

    test("a time to the ms, and any whole number that a number holds, as a number", async () => {
      const times = fc.maxSafeInteger();
      await fc.assert(
        fc.asyncProperty(times, async (created_at_ms) => {
          expect((await throughSite({ created_at_ms })).created_at_ms).toBe(created_at_ms);
        }),
        {
          numRuns: 50,
          examples: [
            [Date.UTC(2026, 10, 21)],
            [2 ** 31],
            [2 ** 32],
            [Number.MAX_SAFE_INTEGER],
            [Number.MIN_SAFE_INTEGER],
          ],
        },
      );
    });

    test("text of any script", async () => {
      const texts = fc.string({ unit: "grapheme" });
      await fc.assert(
        fc.asyncProperty(texts, async (text) => {
          expect((await throughSite({ name: text })).name).toBe(text);
        }),
        { numRuns: 100, examples: [["Añatuya ☀️ 日光 𝔻"], ["' \" \\ $1 ? ; --"], ["\\x41 \\u0000 %s"], [" \t\n"]] },
      );
    });

    test("bytes", async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 1_000 }), async (sealed) => {
          const secret = `secret ${++rows}`;
          await database.insertInto("own_secret").values({ name: secret, sealed }).execute();
          const row = await database
            .selectFrom("own_secret")
            .select("sealed")
            .where("name", "=", secret)
            .executeTakeFirst();
          expect(row?.sealed).toBeInstanceOf(Uint8Array);
          expect([...(row?.sealed ?? [])]).toEqual([...sealed]);
        }),
        { numRuns: 50, examples: [[Uint8Array.from({ length: 256 }, (_, byte) => byte)], [new Uint8Array()]] },
      );
    });

    test("a count as a number", async () => {
      await throughSite({});
      const { count, sum } = await database
        .selectFrom("site")
        .select(({ fn }) => [fn.countAll<number>().as("count"), fn.max("created_at_ms").as("sum")])
        .executeTakeFirstOrThrow();
      expect([typeof count, typeof sum]).toEqual(["number", "number"]);
    });
  });

  describe(`${name}: text`, () => {
    let place: ContractDatabase;
    let database: CatalogueDatabase;
    beforeAll(async () => {
      place = await make();
      database = await openCatalogueDatabase(place.place);
    });
    afterAll(async () => {
      await database.destroy();
      await place.remove();
    });

    test("is sorted and compared by its bytes, and never taken for another", async () => {
      const names = [
        "b",
        "B",
        "a",
        "A",
        "ä",
        "a\u0308",
        "é",
        "-a",
        "_",
        "10",
        "9",
        "a-b",
        "ab",
        "a b",
        "ß",
        "ss",
        "😀",
        "\uffee",
        "",
      ];
      await database
        .insertInto("own_secret")
        .values(names.map((each) => ({ name: each, sealed: Buffer.of(0) })))
        .execute();
      const inBytes = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const namesOf = async (rows: Promise<{ name: string }[]>) => (await rows).map((row) => row.name);
      expect(await namesOf(database.selectFrom("own_secret").select("name").orderBy("name").execute())).toEqual(
        inBytes,
      );
      for (const [index, each] of inBytes.entries()) {
        const after = database.selectFrom("own_secret").select("name").where("name", ">", each).orderBy("name");
        expect(await namesOf(after.execute())).toEqual(inBytes.slice(index + 1));
        const same = database.selectFrom("own_secret").select("name").where("name", "=", each);
        expect(await namesOf(same.execute())).toEqual([each]);
      }
    });
  });
}
