import { expect, test } from "vitest";
import { createReadingsTable, TABLE_SETTINGS } from "../sql/readings-table.ts";
import { capabilitiesOf } from "./capabilities.ts";

const everyTableSetting = Object.keys(TABLE_SETTINGS).map((name) => `table.${name}`);

test("a server of today gets all of it", () => {
  const known = [...everyTableSetting, "mutations_sync", "async_insert", "max_query_size", "max_execution_time"].join(
    "\n",
  );
  const { syncs, waitsForMutations, table, insert, query, execute } = capabilitiesOf("25.8.2.29", known);
  expect({ syncs, waitsForMutations }).toStrictEqual({ syncs: true, waitsForMutations: true });
  expect(table).toStrictEqual({ codecs: true, settings: TABLE_SETTINGS });
  expect(insert).toStrictEqual({ async_insert: "0" });
  expect(query).toMatchObject({ max_query_size: "16777216", max_execution_time: "60" });
  expect(execute).toMatchObject({ mutations_sync: "1", async_insert: "0" });
  expect(execute).not.toHaveProperty("max_execution_time");
  expect(createReadingsTable(table)).toContain("fsync_after_insert = 1");
});

test("a server that knows none of it gets none of it", () => {
  const { syncs, waitsForMutations, table, insert, query, execute } = capabilitiesOf("18.16.1", "");
  expect({ syncs, waitsForMutations, insert, query, execute }).toStrictEqual({
    syncs: false,
    waitsForMutations: false,
    insert: {},
    query: {},
    execute: {},
  });
  expect(createReadingsTable(table)).not.toMatch(/CODEC|SETTINGS/);
  expect(table.partitionMonths).toBe(12);
});

test("a server that lacks one setting of durability cannot promise it, and keeps its own defaults", () => {
  for (const missing of ["fsync_after_insert", "fsync_part_directory", "min_rows_to_fsync_after_merge"]) {
    const known = everyTableSetting.filter((name) => name !== `table.${missing}`).join("\n");
    expect(capabilitiesOf("21.3.1", known)).toMatchObject({ syncs: false, table: { settings: {} } });
  }
});

test.each([
  ["20.7.4.11", false],
  ["20.8.1.1", true],
  ["20.10.3.30", true],
  ["21.1.2", true],
])("%s knows codecs: %s", (version, codecs) => expect(capabilitiesOf(version, "").table.codecs).toBe(codecs));
