/*
 * The engine's own process: chDB breaks in worker threads, and its crash must not be the server's.
 * It serves one parent over IPC, and ends with it.
 */
import { availableParallelism } from "node:os";
import type { Session } from "chdb";
import type { VersionedReadings } from "../engine.ts";
import { createReadingsTable, insertFrom } from "../sql.ts";
import { arrowColumns, loadChdb } from "./chdb.ts";
import type { EngineMessage, EngineRequest } from "./messages.ts";

/** Queries queue within a session, so reads have some of their own. */
const READ_SESSIONS = 2;
const QUERY_MEMORY_BYTES_MAX = 1_000_000_000;
const QUERY_THREADS_MAX = 4;

/** A message of so many rows is megabytes outside the heap, which the collector does not see growing. */
const COLLECTED_ROWS_MIN = 20_000;

/** For an idle process that stays small; caches would only pay for a working set far beyond one page of charts. */
const CONNECTION_ARGUMENTS = [
  "--mark_cache_size=33554432",
  "--primary_index_cache_size=33554432",
  "--uncompressed_cache_size=0",
  "--index_mark_cache_size=0",
  "--index_uncompressed_cache_size=0",
  "--background_pool_size=2",
  "--background_schedule_pool_size=2",
];

const SESSION_SETTINGS = {
  max_threads: Math.min(QUERY_THREADS_MAX, availableParallelism()),
  // One thread keeps the order of rows, on which "the last row wins" rests.
  max_insert_threads: 1,
  max_partitions_per_insert_block: 0,
  max_memory_usage: QUERY_MEMORY_BYTES_MAX,
  max_bytes_before_external_group_by: QUERY_MEMORY_BYTES_MAX / 2,
  max_bytes_before_external_sort: QUERY_MEMORY_BYTES_MAX / 2,
  // Series are listed one by one: 50,000 of them are half a megabyte of text.
  max_query_size: 16 * 1024 ** 2,
  // A reading's partition follows from its time, so its versions never lie in two.
  do_not_merge_across_partitions_select_final: 1,
};

const directory = process.argv[2] ?? "";
const chdb = loadChdb();
let sessions: Session[] = [];
let readsAsked = 0;
/** Inserts run one after another, in the order in which they came. */
let lastInsert: Promise<unknown> = Promise.resolve();
const running = new Set<Promise<void>>();

process.title = "kilowatch engine";
// The parent decides when it ends: a Ctrl-C or a service manager's SIGTERM reaches both at once.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
// Nobody is left to ask, and the directory must be free for the next start. What was not acknowledged is in the journal.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("message", (message) => receive(message as EngineRequest));

try {
  sessions = await openSessions();
  await writer().queryAsync(createReadingsTable());
  tell({ kind: "ready" });
} catch (error) {
  tell({ kind: "failed", message: (error as Error).message }, () => process.kill(process.pid, "SIGKILL"));
}

async function openSessions(): Promise<Session[]> {
  const opened = [new chdb.Session(directory, { connectionArgs: CONNECTION_ARGUMENTS })];
  for (let count = 0; count < READ_SESSIONS; count++) opened.push(new chdb.Session(directory));
  for (const session of opened) {
    const set = Object.entries(SESSION_SETTINGS).map(([name, value]) => `${name} = ${value}`);
    await session.queryAsync(`SET ${set.join(", ")}`);
  }
  return opened;
}

function receive(request: EngineRequest): void {
  if (request.kind === "close") {
    void close();
    return;
  }
  const answered = answer(request.id, request.kind === "insert" ? insert(request) : query(request.sql));
  running.add(answered);
  void answered.then(() => running.delete(answered));
}

async function answer(id: number, result: Promise<Uint8Array>): Promise<void> {
  try {
    tell({ kind: "answer", id, bytes: await result });
  } catch (error) {
    tell({ kind: "refusal", id, message: (error as Error).message });
  }
}

function insert({ id, rows }: { id: number; rows: VersionedReadings }): Promise<Uint8Array> {
  const inserted = lastInsert.then(async () => {
    const name = `batch_${id}`;
    const { connection } = writer();
    chdb._arrowRegisterColumns(connection, name, arrowColumns(rows));
    try {
      await writer().queryAsync(`${insertFrom(`arrowstream('${name}')`)} SETTINGS max_threads = 1`);
    } finally {
      chdb._arrowUnregister(connection, name);
    }
    if (rows.length >= COLLECTED_ROWS_MIN) setImmediate(() => globalThis.gc?.());
    return new Uint8Array(0);
  });
  lastInsert = inserted.catch(() => {});
  return inserted;
}

async function query(sql: string): Promise<Uint8Array> {
  const session = sessions[1 + (readsAsked++ % READ_SESSIONS)];
  if (!session) throw new Error("the engine is not open");
  return (await session.queryAsync(sql, { format: "RowBinary" })).bytes();
}

function writer(): Session {
  const session = sessions[0];
  if (!session) throw new Error("the engine is not open");
  return session;
}

async function close(): Promise<void> {
  await Promise.all(running);
  for (const session of sessions) session.close();
  process.exit(0);
}

function tell(message: EngineMessage, then: () => void = () => {}): void {
  process.send?.(message, then);
}
