import { TABLE_SETTINGS, type TableOptions } from "../sql/readings-table.ts";

/** What a server is able to do: asked for rather than guessed, where it can be asked. */
export interface Capabilities {
  /** "18.16.1" */
  readonly version: string;
  readonly table: TableOptions;
  /** Whether rows are on stable storage when an insert is answered. */
  readonly syncs: boolean;
  /** Whether ALTER … DELETE answers when it is done. */
  readonly waitsForMutations: boolean;
  /** Settings of a query, of an insert and of another statement. */
  readonly query: Readonly<Record<string, string>>;
  readonly insert: Readonly<Record<string, string>>;
  readonly execute: Readonly<Record<string, string>>;
}

/** All that a query of Kilowatch may ever need is this long, s; a server that lost its asker stops there. */
const QUERY_S_MAX = 60;

const EVERY_STATEMENT = {
  // Series are listed one by one: 50,000 of them are half a megabyte of text.
  max_query_size: String(16 * 1024 ** 2),
  max_ast_elements: "10000000",
  max_expanded_ast_elements: "10000000",
  // A reading's partition follows from its time, so its versions never lie in two.
  do_not_merge_across_partitions_select_final: "1",
} as const;

const QUERY_SETTINGS = {
  ...EVERY_STATEMENT,
  max_execution_time: String(QUERY_S_MAX),
  cancel_http_readonly_queries_on_client_close: "1",
} as const;

const INSERT_SETTINGS = {
  // Answered when it is written, not when it is queued.
  async_insert: "0",
  max_partitions_per_insert_block: "0",
} as const;

const EXECUTE_SETTINGS = { ...EVERY_STATEMENT, ...INSERT_SETTINGS, mutations_sync: "1" } as const;

/** Names of settings that Kilowatch would like to use. */
const SETTING_NAMES = [...new Set(Object.keys({ ...QUERY_SETTINGS, ...EXECUTE_SETTINGS }))];

/** The first version whose CODEC knows all that the tables name (T64 with 'bit', ZSTD with a level). */
const CODECS_FROM = [20, 8] as const;

/** The first version that reads the partitions of a query one by one, with `do_not_merge_across_partitions_select_final`. */
const SMALL_PARTITIONS_FROM = [20, 8] as const;

/** The settings that make an insert durable; a server that lacks one of them cannot promise it. */
const SYNC_SETTINGS = ["fsync_after_insert", "fsync_part_directory", "min_rows_to_fsync_after_merge"] as const;

/** Answers names as TabSeparated: of settings, and of settings of tables with a prefix. */
export const SELECT_KNOWN_SETTINGS = `
  SELECT concat('table.', name) FROM system.merge_tree_settings WHERE name IN (${quoted(Object.keys(TABLE_SETTINGS))})
  UNION ALL
  SELECT name FROM system.settings WHERE name IN (${quoted(SETTING_NAMES)})`;

/** @param known What `SELECT_KNOWN_SETTINGS` answered, a name a line. */
export function capabilitiesOf(version: string, known: string): Capabilities {
  const names = new Set(known.split("\n"));
  const syncs = SYNC_SETTINGS.every((name) => names.has(`table.${name}`));
  const knownOf = (settings: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => names.has(name)));
  return {
    version,
    table: {
      codecs: isAtLeast(version, CODECS_FROM),
      ...(isAtLeast(version, SMALL_PARTITIONS_FROM) ? {} : { partitionMonths: 12 }),
      // A server that never syncs relies on its own defaults: what was merged is kept until the system has written the new part,
      // and a part that a power cut broke is set aside.
      settings: syncs
        ? Object.fromEntries(Object.entries(TABLE_SETTINGS).filter(([name]) => names.has(`table.${name}`)))
        : {},
    },
    syncs,
    waitsForMutations: names.has("mutations_sync"),
    query: knownOf(QUERY_SETTINGS),
    insert: knownOf(INSERT_SETTINGS),
    execute: knownOf(EXECUTE_SETTINGS),
  };
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split(".").map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}
