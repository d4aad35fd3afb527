import { expect, test } from "vitest";
import { StartupError } from "../../domain/errors.ts";
import { silentLog } from "../../domain/log.ts";
import { ReadingColumnsBuilder } from "../../domain/reading.ts";
import { settleImmediates, VirtualClock } from "../../domain/virtual-clock.ts";
import { EngineRefused, EngineUnavailable } from "../engine.ts";
import { encodeBatch } from "../journal/batch-codec.ts";
import type { EncodedBatch } from "../sql/connection.ts";
import { TABLE_SETTINGS } from "../sql/readings-table.ts";
import { ANSWER_MS_MAX, ClusterConnection, type ClusterConnectionOptions } from "./connection.ts";
import { type FakeAnswer, FakeClickHouse } from "./fake-clickhouse.fixture.ts";

const PASSWORD = "hunter2 ü:/@";
const CURRENT = [...Object.keys(TABLE_SETTINGS).map((name) => `table.${name}`), "mutations_sync"];
const exception = (code: number, words = "words"): FakeAnswer => ({
  status: 500,
  body: `Code: ${code}, e.displayText() = DB::Exception: ${words}, e.what() = DB::Exception\n`,
});

async function connected(server: FakeClickHouse, given: Partial<ClusterConnectionOptions> = {}) {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const note = (facts: object, message: string) => void lines.push(`${JSON.stringify(facts)} ${message}`);
  const connection = new ClusterConnection({
    address: { origin: server.origin, database: "kilowatch", username: "üser", password: PASSWORD },
    clock,
    log: { ...silentLog, info: note, warn: note, error: note },
    ...given,
  });
  return { connection, clock, lines, [Symbol.asyncDispose]: () => connection.close() };
}

/** Moves time until it is so; every step lets sockets do their work. */
async function until(clock: VirtualClock, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await clock.advance(100);
    await settleImmediates();
  }
}

function batch(seq: number): EncodedBatch {
  const builder = new ReadingColumnsBuilder();
  builder.push(1, 86_400_000 * 3, seq, 0);
  return { seq, receivedAtMs: 0, rows: 1, encoded: encodeBatch(builder.finish()) };
}

test("prepares a server that has nothing, and asks it with the settings it knows", async () => {
  await using server = await FakeClickHouse.start();
  server.databases = ["default"];
  server.known = ["max_query_size", "max_execution_time"];
  await using opened = await connected(server);
  const { connection } = opened;
  await connection.opened();
  expect(connection.state()).toStrictEqual({ ready: true, detail: "" });
  expect(
    server.asked.map(({ sql }) => /CREATE \w+ (?:IF NOT EXISTS )?(.*)/.exec(sql)?.[1]).filter(Boolean),
  ).toStrictEqual(["kilowatch", "readings_2 (", "rollup_1d (", "rollup_1h (", "rollup_15m ("]);
  server.answer = () => ({ body: Uint8Array.of(1, 2, 255) });
  expect([...(await connection.query("SELECT 1"))]).toStrictEqual([1, 2, 255]);
  const { headers, parameters } = server.heard("SELECT 1")[0] ?? {};
  expect(Object.fromEntries(parameters ?? [])).toStrictEqual({
    database: "kilowatch",
    default_format: "RowBinary",
    max_query_size: "16777216",
    max_execution_time: "60",
    wait_end_of_query: "1",
  });
  expect(Buffer.from(String(headers?.["x-clickhouse-key"]), "latin1").toString()).toBe(PASSWORD);
  expect(Buffer.from(String(headers?.["x-clickhouse-user"]), "latin1").toString()).toBe("üser");
});

test("an insert holds rows as bytes and answers the days it touched", async () => {
  await using server = await FakeClickHouse.start();
  await using opened = await connected(server);
  expect(await opened.connection.insert([batch(5)])).toMatchObject({ length: 1, days: Int32Array.of(3) });
  const [insert] = server.heard("INSERT");
  expect(insert?.sql).toBe("INSERT INTO readings_2 (series, ts, mantissa, scale, quality, version) FORMAT Native");
  expect(insert?.rows.byteLength).toBe(Number(insert?.headers["content-length"]));
});

test("inserts are carried out one after another, in the order of the calls", async () => {
  await using server = await FakeClickHouse.start();
  await using opened = await connected(server);
  let underway = 0;
  server.answer = ({ sql }, response) => {
    if (!sql.startsWith("INSERT")) return undefined;
    expect(++underway).toBe(1);
    setImmediate(() => {
      underway--;
      response.end();
    });
    return "hang";
  };
  const seqs = [1, 2, 3, 4];
  await Promise.all(seqs.map((seq) => opened.connection.insert([batch(seq)])));
  expect(server.heard("INSERT").map(({ rows }) => rows.at(-8))).toStrictEqual(seqs);
});

test.each([
  ["a query that is wrong", exception(62), EngineRefused],
  ["a query that needs too much memory", exception(241), EngineRefused],
  ["a server with too many parts", exception(252), EngineUnavailable],
  ["a server that shuts down", exception(236), EngineUnavailable],
  ["a gateway without its server", { status: 502, body: "<html>" }, EngineUnavailable],
  ["an exception that ends a 200", { ...exception(241), status: 200 }, EngineRefused],
  ["an answer that is cut", "cut", EngineUnavailable],
] as const)("%s", async (_case, answer, error) => {
  await using server = await FakeClickHouse.start();
  server.known = CURRENT;
  await using opened = await connected(server);
  await opened.connection.opened();
  server.answer = ({ sql }) => (sql === "SELECT 1" ? answer : undefined);
  await expect(opened.connection.query("SELECT 1")).rejects.toBeInstanceOf(error);
  // It goes on.
  expect(await opened.connection.query("SELECT 2")).toHaveLength(0);
});

test("a server that hangs is given up after the stated time", async () => {
  await using server = await FakeClickHouse.start();
  await using opened = await connected(server);
  const { connection, clock } = opened;
  await connection.opened();
  server.answer = ({ sql }) => (sql === "SELECT 1" ? "hang" : undefined);
  const asked = connection.query("SELECT 1").catch((error: unknown) => error);
  await server.hears("SELECT 1");
  await clock.advance(ANSWER_MS_MAX - 1);
  expect(await Promise.race([asked, Promise.resolve("waits")])).toBe("waits");
  await clock.advance(1);
  expect(await asked).toBeInstanceOf(EngineUnavailable);
});

test("more requests than the bound are refused at once", async () => {
  await using server = await FakeClickHouse.start();
  const opened = await connected(server);
  const { connection, clock } = opened;
  await connection.opened();
  server.answer = ({ sql }) => (sql === "SELECT 1" ? "hang" : undefined);
  const held = Array.from({ length: 32 }, () => connection.query("SELECT 1").catch((error: unknown) => error));
  await expect(connection.query("SELECT 1")).rejects.toThrow("overloaded");
  server.cutAll();
  await clock.run(opened[Symbol.asyncDispose]());
  for (const error of await Promise.all(held)) expect(error).toBeInstanceOf(EngineUnavailable);
});

test("a server that is away at first is no reason not to start; it is used once it is there", async () => {
  await using server = await FakeClickHouse.start();
  server.answer = () => ({ status: 503 });
  await using opened = await connected(server);
  const { connection, clock, lines } = opened;
  await connection.opened();
  expect(connection.state()).toStrictEqual({
    ready: false,
    detail: `The ClickHouse server at ${server.origin} is not available (HTTP 503).`,
  });
  await expect(connection.insert([batch(1)])).rejects.toBeInstanceOf(EngineUnavailable);
  await until(clock, () => server.asked.length > 4);
  expect(lines).toHaveLength(1);
  server.answer = () => undefined;
  await until(clock, () => connection.state().ready);
  expect(lines.map((line) => line.replace(/^\S+ /, ""))).toStrictEqual([
    `The ClickHouse server at ${server.origin} is not available (HTTP 503).`,
    "The ClickHouse server answers again.",
  ]);
});

test.each([
  ["an unknown user", exception(192), /does not accept the user name or the password in KILOWATCH_TELEMETRY_URL/],
  ["a wrong password", { ...exception(516), status: 403 }, /does not accept/],
  ["something else that speaks HTTP", { body: "<html>Hello</html>" }, /does not answer as a ClickHouse server does/],
  ["something else that knows nothing", { status: 404, body: "no" }, /does not answer as a ClickHouse server does/],
] as const)("%s stops the start with one line and no secret", async (_case, answer, line) => {
  await using server = await FakeClickHouse.start();
  server.answer = () => answer;
  await using opened = await connected(server);
  const error: unknown = await opened.connection.opened().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StartupError);
  expect((error as Error).message).toMatch(line);
  expect((error as Error).message).not.toMatch(/\n/);
  expect(`${String(error)} ${opened.lines.join()} ${opened.connection.state().detail}`).not.toContain("hunter2");
});

test("a user who may not make the database is told what to do", async () => {
  await using server = await FakeClickHouse.start();
  server.databases = [];
  server.answer = ({ sql }) => (sql.startsWith("CREATE") ? exception(497, "Not enough privileges") : undefined);
  await using opened = await connected(server);
  await expect(opened.connection.opened()).rejects.toThrow(/may not use the database kilowatch .*: make the database/);
});

test("tables that somebody dropped are made again", async () => {
  await using server = await FakeClickHouse.start();
  await using opened = await connected(server);
  await opened.connection.opened();
  let isThere = false;
  server.answer = ({ sql }) => {
    if (sql.includes("CREATE TABLE")) isThere = true;
    return sql.startsWith("INSERT") && !isThere ? { ...exception(60), status: 404 } : undefined;
  };
  await expect(opened.connection.insert([batch(1)])).rejects.toBeInstanceOf(EngineUnavailable);
  await opened.connection.insert([batch(1)]);
  expect(server.heard("TABLE IF NOT EXISTS readings_2")).toHaveLength(2);
});

test("a deletion is waited for where the server does not wait itself", async () => {
  await using server = await FakeClickHouse.start();
  await using opened = await connected(server);
  const { connection, clock } = opened;
  await connection.opened();
  let left = 3;
  server.answer = ({ sql }) => (sql.includes("system.mutations") ? { body: `${left--}\n` } : undefined);
  let isDone = false;
  const done = connection.execute("ALTER TABLE readings_2 DELETE WHERE 0").then(() => (isDone = true));
  await until(clock, () => isDone);
  await done;
  expect(server.heard("system.mutations").map(({ sql }) => /table = '(\w+)'/.exec(sql)?.[1])).toStrictEqual(
    new Array(4).fill("readings_2"),
  );
  server.known = CURRENT;
});

test("what a restarted server may have lost is inserted again before anything is read", async () => {
  await using server = await FakeClickHouse.start();
  const order: string[] = [];
  await using opened = await connected(server, {
    held: async (afterSeq) => [batch(3), batch(4)].filter(({ seq }) => seq > afterSeq).slice(0, 1),
    onRewritten: () => order.push("rewritten"),
  });
  await opened.connection.insert([batch(4)]);
  server.answer = ({ sql, rows }) => {
    if (sql.startsWith("INSERT")) order.push(`insert ${rows.at(-8)}`);
    if (sql === "SELECT 1") order.push("read");
    return undefined;
  };
  server.uptimeS = 1;
  server.cutAll();
  await opened.clock.advance(0);
  await opened.connection.confirm();
  await opened.connection.query("SELECT 1");
  expect(order).toStrictEqual(["insert 3", "insert 4", "rewritten", "read"]);
  // The same start again: nothing more.
  await opened.connection.confirm();
  expect(order).toHaveLength(4);
});

test("a server that puts rows on stable storage is not given anything again", async () => {
  await using server = await FakeClickHouse.start();
  server.known = CURRENT;
  await using opened = await connected(server, { held: () => Promise.reject(new Error("not asked")) });
  await opened.connection.opened();
  expect(opened.connection.capabilities?.syncs).toBe(true);
  server.uptimeS = 1;
  await opened.connection.confirm();
  await opened.connection.query("SELECT 1");
  expect(server.heard("TABLE IF NOT EXISTS readings_2")).toHaveLength(2);
});

test("closing lets what is under way end, and refuses what comes", async () => {
  await using server = await FakeClickHouse.start();
  const { connection } = await connected(server);
  await connection.opened();
  const answered = connection.query("SELECT 1");
  const closed = Promise.all([connection.close(), connection.close()]);
  await expect(connection.query("SELECT 2")).rejects.toBeInstanceOf(EngineUnavailable);
  expect(await answered).toHaveLength(0);
  await closed;
  expect(connection.state().ready).toBe(false);
});
