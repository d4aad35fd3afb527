import {
  type ColumnDataType,
  type ColumnDefinitionBuilderCallback,
  type Expression,
  type Kysely,
  PostgresAdapter,
  sql,
} from "kysely";

type DataType = ColumnDataType | Expression<unknown>;

/** What a migration calls the types of its columns; both databases then hold and compare the same values. */
export interface ColumnTypes {
  /** Compared and sorted by its UTF-8 bytes, whatever the database's own collation. */
  readonly text: DataType;
  /** 64 bits: epoch ms fit. Also for 0 and 1, as neither database has to know booleans. */
  readonly integer: DataType;
  /** IEEE double. */
  readonly real: DataType;
  /** Bytes. */
  readonly blob: DataType;
  /** Makes an integer column a primary key that numbers its rows and never gives a number twice. */
  readonly numbered: ColumnDefinitionBuilderCallback;
}

const SQLITE: ColumnTypes = {
  text: "text",
  integer: "integer",
  real: "real",
  blob: "blob",
  numbered: (column) => column.primaryKey().autoIncrement(),
};

const POSTGRES: ColumnTypes = {
  text: sql`text collate "C"`,
  integer: "bigint",
  real: "double precision",
  blob: "bytea",
  numbered: (column) => column.generatedAlwaysAsIdentity().primaryKey(),
};

/** The types of the database that a migration runs on. */
export function columnTypesOf<DB>(database: Kysely<DB>): ColumnTypes {
  return isPostgres(database) ? POSTGRES : SQLITE;
}

export function isPostgres<DB>(database: Kysely<DB>): boolean {
  return database.getExecutor().adapter instanceof PostgresAdapter;
}
