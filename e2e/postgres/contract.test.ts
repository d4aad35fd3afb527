import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { catalogueContract } from "../../src/catalogue/contract.ts";
import { openCatalogueDatabase } from "../../src/catalogue/database.ts";
import { connectPostgres } from "../../src/catalogue/postgres/open.ts";
import { PostgresServer } from "./postgres-server.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

catalogueContract("PostgreSQL", {
  isShared: true,
  make: async () => {
    const database = await server.makeDatabase();
    const place = server.addressOf({ database });
    return {
      place,
      connect: () => connectPostgres(place),
      numberSeriesFrom: (connected, series) =>
        sql`ALTER TABLE series ALTER COLUMN number RESTART WITH ${sql.lit(series)}`.execute(connected),
      remove: () => server.dropDatabase(database),
    };
  },
});

test("every column of the schema has a type of the table of column types", async () => {
  const database = await server.makeDatabase();
  const opened = await openCatalogueDatabase(server.addressOf({ database }));
  await opened.destroy();
  const columns = await server.sql(
    `SELECT table_name || '.' || column_name AS name, data_type AS type, collation_name AS collation
       FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'kysely%'`,
    database,
  );
  expect(columns.length).toBeGreaterThan(50);
  const strangers = columns.filter(
    ({ type, collation }) =>
      !(type === "text" ? collation === "C" : ["bigint", "double precision", "bytea"].includes(String(type))),
  );
  expect(strangers).toEqual([]);
  await server.dropDatabase(database);
});
