import { existsSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCatalogueDatabase } from "../../src/catalogue/database.ts";
import type { PostgresAddress } from "../../src/catalogue/postgres/address.ts";
import { IDLE_TRANSACTION_MS_MAX, LOCK_MS_MAX, STATEMENT_MS_MAX } from "../../src/catalogue/postgres/settings.ts";
import { StartupError } from "../../src/domain/errors.ts";
import { runToEnd, ServerProcess, temporaryFolder } from "../server-process.ts";
import { POSTGRES_USER, PostgresServer } from "./postgres-server.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const SECRET = encodeURIComponent(POSTGRES_USER.password);

describe("a catalogue on PostgreSQL that cannot be opened says why in one line, without its password:", () => {
  async function refusal(given: Partial<PostgresAddress>): Promise<string> {
    const address = server.addressOf(given);
    const error: unknown = await openCatalogueDatabase(address).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(StartupError);
    expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain(address.password);
    const { message } = error as StartupError;
    expect(message).not.toContain("\n");
    return message;
  }

  test("nobody answers", async () => {
    expect(await refusal({ port: 1 })).toMatch(
      /^The database "postgres" of the PostgreSQL server at 127\.0\.0\.1:1 does not answer \(ECONNREFUSED\): see that it runs/,
    );
  });

  test("there is no such host", async () => {
    expect(await refusal({ host: "nowhere.invalid" })).toMatch(/at nowhere\.invalid:\d+ does not answer \(\w+\)/);
  });

  test("there is no such database", async () => {
    expect(await refusal({ database: "nothing" })).toMatch(/^There is no database "nothing" of .*CREATE DATABASE/);
  });

  test("the password is another", async () => {
    expect(await refusal({ password: "hunter2" })).toMatch(
      /does not accept the user name or the password in KILOWATCH/,
    );
  });

  test("the user is not known", async () => {
    expect(await refusal({ username: "nobody" })).toMatch(/does not accept the user name or the password in KILOWATCH/);
  });

  test("the user may make no tables", async () => {
    const database = await server.makeDatabase("", "superuser");
    expect(await refusal({ database })).toMatch(/may not make tables in .*ALTER DATABASE/);
  });

  test("the database is not in UTF-8", async () => {
    const database = await server.makeDatabase("ENCODING 'LATIN1' LOCALE 'C'");
    expect(await refusal({ database })).toMatch(/is encoded in LATIN1: make one with/);
  });

  test("it takes no connection now", async () => {
    const database = await server.makeDatabase();
    await server.sql(`ALTER DATABASE ${database} CONNECTION LIMIT 0`);
    expect(await refusal({ database })).toMatch(/does not answer \(53300\)/);
  });

  test("nobody vouches for its certificate", async () => {
    expect(await refusal({ tls: "verify-full" })).toMatch(
      /does not answer \((?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED\w*)\)/,
    );
  });
});

describe("the connections to PostgreSQL", () => {
  test("are encrypted when the URL says so, and have our limits", async () => {
    const address = server.addressOf({ database: await server.makeDatabase() });
    for (const [tls, isEncrypted] of [
      ["require", true],
      ["disable", false],
    ] as const) {
      const database = await openCatalogueDatabase({ ...address, tls });
      await database.selectFrom("site").selectAll().execute();
      const sessions = await server.sql(
        `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
          WHERE datname = '${address.database}' AND application_name = 'kilowatch'`,
      );
      expect(sessions).toEqual([{ ssl: isEncrypted }]);
      await database.destroy();
    }
    const database = await openCatalogueDatabase(address);
    const { rows } = await sql<Record<string, string>>`select
      current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
      current_setting('idle_in_transaction_session_timeout') as idle`.execute(database);
    expect(rows).toEqual([
      {
        statement: `${STATEMENT_MS_MAX / 1_000}s`,
        lock: `${LOCK_MS_MAX / 1_000}s`,
        idle: `${IDLE_TRANSACTION_MS_MAX / 60_000}min`,
      },
    ]);
    await database.destroy();
  });

  test("may go over a Unix socket", async () => {
    const database = await openCatalogueDatabase(
      server.addressOf({ host: server.socketFolder, database: await server.makeDatabase(), password: "" }),
    );
    expect(await database.selectFrom("site").selectAll().execute()).toEqual([]);
    await database.destroy();
  });
});

describe("kilowatch serve with KILOWATCH_CATALOGUE_URL", () => {
  const urlOf = (database: string, secret = SECRET) =>
    `postgres://${POSTGRES_USER.username}:${secret}@127.0.0.1:${server.port}/${database}?sslmode=verify-full`;

  test("keeps its catalogue there over a restart of either, and its password to itself", async () => {
    using folder = temporaryFolder();
    const env = {
      KILOWATCH_CATALOGUE_URL: urlOf(await server.makeDatabase()),
      NODE_EXTRA_CA_CERTS: server.certificatePath,
      KILOWATCH_OPEN_DATA: "1",
      KILOWATCH_LOG_LEVEL: "debug",
    };
    const push = (url: string, body: string) =>
      fetch(`${url}/data`, { method: "POST", headers: { "content-type": "text/plain" }, body });
    const first = await ServerProcess.start({ command: "serve", dataDir: folder.path, env });
    expect((await push(first.url, "1649941817 Voltage 1.34\n")).status).toBe(200);
    await server.stop("SIGINT");
    // What is known is still taken; what is not would have to be written down.
    expect((await push(first.url, "1649941818 Voltage 1.35\n")).status).toBe(200);
    const refused = await push(first.url, "1649941818 Current 12.0\n");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await refused.text()).not.toContain(POSTGRES_USER.password);
    await server.run();
    expect((await push(first.url, "1649941818 Current 12.0\n")).status).toBe(200);
    expect(await first.stop()).toBe(0);
    const second = await ServerProcess.start({ command: "serve", dataDir: folder.path, env });
    // Power is what the other two make.
    const answer = await fetch(`${second.url}/data?from=2022-04-14&to=2022-04-15`);
    const names = ((await answer.json()) as { name: string }[]).map((each) => each.name);
    expect(names.filter((each) => each !== "Power").sort()).toEqual(["Current", "Voltage", "Voltage"]);
    await server.stop("SIGQUIT");
    expect(await second.stop()).toBe(0);
    await server.run();
    expect(existsSync(join(folder.path, "catalogue.db"))).toBe(false);
    for (const program of [first, second]) {
      for (const written of [POSTGRES_USER.password, SECRET]) expect(program.output).not.toContain(written);
    }
  });

  test("a wrong password stops it with one line", async () => {
    using folder = temporaryFolder();
    const env = {
      KILOWATCH_CATALOGUE_URL: urlOf(await server.makeDatabase(), "hunter2"),
      NODE_EXTRA_CA_CERTS: server.certificatePath,
    };
    const { code, output } = await runToEnd({ command: "serve", dataDir: folder.path, env });
    expect(code, output).toBe(1);
    expect(output.trim()).toMatch(
      /^[^\n]*does not accept the user name or the password in KILOWATCH_CATALOGUE_URL[^\n]*$/,
    );
    expect(output).not.toContain("hunter2");
  });

  test("a certificate of another host stops it with one line", async () => {
    using folder = temporaryFolder();
    const env = {
      KILOWATCH_CATALOGUE_URL: urlOf(await server.makeDatabase()).replace("127.0.0.1", "127.0.0.2"),
      NODE_EXTRA_CA_CERTS: server.certificatePath,
    };
    const { code, output } = await runToEnd({ command: "serve", dataDir: folder.path, env });
    expect(code, output).toBe(1);
    expect(output.trim()).toMatch(/^[^\n]*does not answer \(ERR_TLS_CERT_ALTNAME_INVALID\)[^\n]*$/);
  });

  test("a folder with a catalogue of its own stops it with one line", async () => {
    using folder = temporaryFolder();
    const own = await ServerProcess.start({ command: "serve", dataDir: folder.path });
    expect(await own.stop()).toBe(0);
    const env = { KILOWATCH_CATALOGUE_URL: urlOf(await server.makeDatabase()) };
    const { code, output } = await runToEnd({ command: "serve", dataDir: folder.path, env });
    expect(code, output).toBe(1);
    expect(output.trim()).toMatch(/^[^\n]*has a catalogue of its own[^\n]*unset KILOWATCH_CATALOGUE_URL\.$/);
  });
});
