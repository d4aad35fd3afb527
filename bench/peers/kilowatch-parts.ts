/**
 * Bytes of the live files of Kilowatch's tables, in a data folder that no server has open: a merge leaves the old files
 * for some minutes, and they count for nothing. `node bench/peers/kilowatch-parts.ts <folder of readings> [--merge]`
 *
 * With `--merge`, every table is first merged to one part a partition, as the server's engine does by itself when it has nothing else to do.
 * It is done here, and not by a call, since no user has a reason to ask for it.
 */
import { createRequire } from "node:module";
import type { Session } from "chdb";

const [folder, flag] = process.argv.slice(2);
const { Session: ChdbSession } = createRequire(import.meta.url)("chdb") as { Session: typeof Session };
const session = new ChdbSession(folder);
const rowsOf = (sql: string): unknown[] =>
  session
    .query(sql, "JSONEachRow")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
try {
  if (flag === "--merge") {
    const tables = rowsOf(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
    );
    for (const { name } of tables as { name: string }[]) session.query(`OPTIMIZE TABLE ${name} FINAL`);
  }
  const parts = rowsOf(
    "SELECT table, toFloat64(sum(rows)) AS rows, toFloat64(count()) AS parts, toFloat64(sum(bytes_on_disk)) AS bytes FROM system.parts " +
      "WHERE database = currentDatabase() AND active GROUP BY table",
  );
  console.log(JSON.stringify(parts));
} finally {
  session.close();
}
