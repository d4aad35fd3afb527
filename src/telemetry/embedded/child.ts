/*
 * The engine's own process: chDB breaks in worker threads, and its crash must not be the server's.
 * It serves one parent over IPC, and ends with it.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { availableParallelism, setPriority } from "node:os";
import type { Session } from "chdb";
import { arrange } from "../arrange.ts";
import { ArrangeSpace } from "../arrange-space.ts";
import { ScaleHints } from "../decimal-scale.ts";
import type { TouchedDays } from "../sql/connection.ts";
import { createReadingsTable, TABLE_SETTINGS } from "../sql/readings-table.ts";
import { createRollupTables } from "../sql/rollup-table.ts";
import { settleBrokenParts } from "./broken-parts.ts";
import { arrowColumns, insertStatement, loadChdb } from "./chdb.ts";
import { convertOldReadings } from "./conversion.ts";
import { type InsertFrame, InsertFrameReader } from "./insert-frames.ts";
import type { EngineAnswer, EngineMessage, EngineRequest } from "./messages.ts";
import { INSERT_PIPE_FD, WRITES_FAILED_FLAG } from "./process.ts";
import { WRITES_LOOKED_AT_EVERY_MS, WriteFailed, WriteWatch } from "./write-watch.ts";

/** Nice: the server answers senders and readers of what is in memory before the engine, wherever there are too few cores for both. */
const PRIORITY = 5;
/** Queries queue within a session, so reads have some of their own. */
const READ_SESSIONS = 2;
const QUERY_MEMORY_BYTES_MAX = 1_000_000_000;
const QUERY_THREADS_MAX = 4;

/** Inserts that are in memory as ordered rows: the one that runs and the one behind it. */
const SPACES_KEPT_MAX = 2;
/** After so long without an insert, the memory for them is given back, ms. */
const SHRINK_AFTER_MS = 5_000;
/** What one read of the pipe of inserts may hold; its socket pair holds less. */
const PIPE_READ_BYTES = 262_144;

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
  // The newer one takes 0.4 ms more to plan a query, and these queries have nothing for it to find.
  enable_analyzer: 0,
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
/** Says to the next process, should this one's parent end too, that cut-off inserts were never answered. */
const writesFailedMark = `${directory}.write-failed`;
const writesFailed = process.argv.includes(WRITES_FAILED_FLAG) || existsSync(writesFailedMark);
const chdb = loadChdb();
let sessions: Session[] = [];
let watch: WriteWatch | undefined;
let readsAsked = 0;
const hints = new ScaleHints();
const reader = new InsertFrameReader((frame) => start(frame.id, insert(frame)));
const spaces: ArrangeSpace[] = [];
let shrinking: NodeJS.Timeout | undefined;
/** Inserts run one after another, in the order in which they came. */
let lastInsert: Promise<unknown> = Promise.resolve();
const running = new Set<Promise<void>>();

setPriority(PRIORITY);
process.title = "kilowatch engine";
// The parent decides when it ends: a Ctrl-C or a service manager's SIGTERM reaches both at once.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
// Nobody is left to ask, and the directory must be free for the next start. What was not acknowledged is in the journal.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("message", (message) => receive(message as EngineRequest));
receiveInserts();

try {
  sessions = await openSessions();
  const options = { codecs: true, settings: TABLE_SETTINGS };
  for (const create of [createReadingsTable(options), ...createRollupTables(options)])
    await writer().queryAsync(create);
  await settleBrokenParts(writer(), writesFailed);
  if (writesFailed) rmSync(writesFailedMark, { force: true });
  await convertOldReadings(writer());
  watch = new WriteWatch(writer());
  setInterval(() => void watch?.check().catch(endAfterFailedWrite), WRITES_LOOKED_AT_EVERY_MS);
  tell({ kind: "ready" });
} catch (error) {
  tell({ kind: "failed", message: (error as Error).message }, () => process.kill(process.pid, "SIGKILL"));
}

async function openSessions(): Promise<Session[]> {
  const opened = [new chdb.Session(directory, { connectionArgs: CONNECTION_ARGUMENTS })];
  for (let count = 0; count < READ_SESSIONS + 1; count++) opened.push(new chdb.Session(directory));
  for (const session of opened) {
    const set = Object.entries(SESSION_SETTINGS).map(([name, value]) => `${name} = ${value}`);
    await session.queryAsync(`SET ${set.join(", ")}`);
  }
  return opened;
}

function receive(request: EngineRequest): void {
  start(request.id, request.kind === "query" ? query(request.sql) : execute(request.sql));
}

function receiveInserts(): void {
  const onread = {
    buffer: Buffer.alloc(PIPE_READ_BYTES),
    callback: (bytes: number, buffer: Uint8Array): boolean => {
      reader.push(buffer.subarray(0, bytes));
      return true;
    },
  };
  const pipe = new Socket({ fd: INSERT_PIPE_FD, readable: true, writable: false, onread });
  // The parent ends it when it asks for nothing more.
  pipe.on("end", () => void close());
  pipe.on("error", () => process.kill(process.pid, "SIGKILL"));
  pipe.resume();
}

function start(id: number, result: Promise<EngineAnswer>): void {
  const answered = answer(id, result);
  running.add(answered);
  void answered.then(() => running.delete(answered));
}

async function answer(id: number, result: Promise<EngineAnswer>): Promise<void> {
  try {
    tell({ kind: "answer", id, answer: await result });
  } catch (error) {
    if (error instanceof WriteFailed) endAfterFailedWrite(error);
    else tell({ kind: "refusal", id, message: (error as Error).message });
  }
}

/** Ends without another answer: the parent starts a new process, which finds what was cut off. */
function endAfterFailedWrite(error: unknown): void {
  if (!(error instanceof WriteFailed)) return;
  try {
    writeFileSync(writesFailedMark, "");
  } catch {
    // The disk that failed may not take this either; the parent knows.
  }
  tell({ kind: "write-failed", message: error.message }, () => process.kill(process.pid, "SIGKILL"));
}

/** The rows are put in order at once, while the engine is at work on the insert before. */
async function insert({ id, batches }: InsertFrame): Promise<TouchedDays> {
  const space = spaces.pop() ?? new ArrangeSpace();
  const rows = arrange(batches, hints, space);
  const inserted = lastInsert.then(async () => {
    const name = `batch_${id}`;
    const { connection } = writer();
    chdb._arrowRegisterColumns(connection, name, arrowColumns(rows));
    try {
      await writer().queryAsync(insertStatement(name, rows));
    } finally {
      chdb._arrowUnregister(connection, name);
      if (spaces.length < SPACES_KEPT_MAX) spaces.push(space);
      clearTimeout(shrinking);
      shrinking = setTimeout(shrink, SHRINK_AFTER_MS);
    }
    await watch?.check();
    return rows.touched;
  });
  lastInsert = inserted.catch(() => {});
  return inserted;
}

function shrink(): void {
  spaces.length = 0;
  reader.shrink();
  globalThis.gc?.();
}

async function query(sql: string): Promise<Uint8Array> {
  const session = sessions[2 + (readsAsked++ % READ_SESSIONS)];
  if (!session) throw new Error("the engine is not open");
  return (await session.queryAsync(sql, { format: "RowBinary" })).bytes();
}

/** Statements that write have a session of their own: neither inserts nor reads wait for them. */
async function execute(sql: string): Promise<null> {
  const session = sessions[1];
  if (!session) throw new Error("the engine is not open");
  await session.queryAsync(sql);
  await watch?.check();
  return null;
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
