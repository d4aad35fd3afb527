import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { makeCertificate } from "../../simulators/elecnova/certificate.ts";
import type { PostgresAddress } from "../../src/catalogue/postgres/address.ts";
import { freePort } from "../free-port.ts";
import { childrenOf } from "../server-process.ts";

const START_MS_MAX = 30_000;
const PACKAGE = "/usr/lib/postgresql";
/** The user that Debian's package makes; PostgreSQL refuses to run as root. */
const SYSTEM_USER = "postgres";

/** Who owns the databases that Kilowatch is given. */
export const POSTGRES_USER = { username: "kilowatch", password: "p@ss/w:rd?&ü%" } as const;

/** Debian's PostgreSQL with settings, a port and a folder of its own. */
export class PostgresServer implements AsyncDisposable {
  readonly port: number;
  /** PEM of an authority that vouches for `127.0.0.1` and `localhost`. */
  readonly certificatePath: string;
  readonly #folder: string;
  readonly #identity: { readonly uid?: number; readonly gid?: number };
  #process: ChildProcess | null = null;
  #databases = 0;

  private constructor(folder: string, port: number, identity: { uid?: number; gid?: number }) {
    this.#folder = folder;
    this.#identity = identity;
    this.port = port;
    this.certificatePath = join(folder, "certificate.pem");
  }

  /** Starts a server with nothing in it and waits until it answers. */
  static async start(): Promise<PostgresServer> {
    const identity = identityOf();
    const folder = mkdtempSync(join(tmpdir(), "kilowatch-postgres-"));
    chmodSync(folder, 0o755);
    const server = new PostgresServer(folder, await freePort(), identity);
    try {
      const { key, certificate } = await makeCertificate("127.0.0.1");
      server.#own(folder);
      writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
      server.#own(join(folder, "key.pem"));
      writeFileSync(server.certificatePath, certificate);
      execFileSync(program("initdb"), initArguments(server.#data), { ...identity, cwd: folder, stdio: "pipe" });
      appendFileSync(join(server.#data, "postgresql.conf"), configuration(folder, server.port));
      writeFileSync(join(server.#data, "pg_hba.conf"), "local all all trust\nhost all all 127.0.0.0/8 scram-sha-256\n");
      await server.run();
      const { username, password } = POSTGRES_USER;
      await server.sql(`CREATE ROLE ${username} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  /** Starts it, on the same folder and port, and waits until it answers. */
  async run(): Promise<void> {
    const server = spawn(program("postgres"), ["-D", this.#data], {
      ...this.#identity,
      cwd: this.#folder,
      stdio: "ignore",
    });
    this.#process = server;
    await once(server, "spawn");
    const untilMs = performance.now() + START_MS_MAX;
    while (
      !(await this.sql("SELECT 1").then(
        () => true,
        () => false,
      ))
    ) {
      if (server.exitCode !== null || server.signalCode !== null || performance.now() > untilMs) {
        throw new Error(`PostgreSQL (Debian's package postgresql) did not start: ${this.#complaints()}`);
      }
      await delay(20);
    }
  }

  /** Ends it: `SIGINT` cuts the connections and closes well, `SIGQUIT` is as good as a crash. */
  async stop(how: "SIGINT" | "SIGQUIT"): Promise<void> {
    const server = this.#process;
    this.#process = null;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    server.kill(how);
    await exited;
  }

  async restart(how: "SIGINT" | "SIGQUIT"): Promise<void> {
    await this.stop(how);
    await this.run();
  }

  /** Lets it hang with all its connections, as a machine that swaps. */
  pause(): void {
    this.#signalAll("SIGSTOP");
  }

  resume(): void {
    this.#signalAll("SIGCONT");
  }

  /** Lets the connections to a database hang that there are now; those that come are served. Call what it gives to end that. */
  async freezeConnections(database: string): Promise<() => void> {
    const rows = await this.sql(`SELECT pid FROM pg_stat_activity WHERE datname = '${database}'`);
    const pids = rows.map(({ pid }) => Number(pid));
    signalEach(pids, "SIGSTOP");
    return () => signalEach(pids, "SIGCONT");
  }

  /** A database of its own, which sorts text as people in the United States do and not by bytes. */
  async makeDatabase(
    options = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
    owner: string = POSTGRES_USER.username,
  ): Promise<string> {
    const name = `test_${++this.#databases}`;
    await this.sql(`CREATE DATABASE ${name} OWNER ${owner} TEMPLATE template0 ${options}`);
    return name;
  }

  async dropDatabase(name: string): Promise<void> {
    await this.sql(`DROP DATABASE ${name} WITH (FORCE)`);
  }

  addressOf(given: Partial<PostgresAddress>): PostgresAddress {
    return { host: "127.0.0.1", port: this.port, database: "postgres", ...POSTGRES_USER, tls: "disable", ...given };
  }

  /** Runs one statement as superuser, past Kilowatch. */
  async sql(statement: string, database = "postgres"): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ host: this.#folder, port: this.port, user: "superuser", database });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  /** Of its Unix socket, where nobody is asked for a password. */
  get socketFolder(): string {
    return this.#folder;
  }

  /** Gives a folder to the user that the server runs as. */
  own(path: string): void {
    this.#own(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    await this.stop("SIGQUIT");
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  get #data(): string {
    return join(this.#folder, "data");
  }

  #own(path: string): void {
    const { uid, gid } = this.#identity;
    if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  }

  #signalAll(signal: NodeJS.Signals): void {
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    signalEach([...childrenOf(pid), pid], signal);
  }

  #complaints(): string {
    try {
      return readFileSync(join(this.#folder, "server.log"), "utf8").slice(-1_000);
    } catch {
      return "it wrote no log";
    }
  }
}

/** Some may have ended by themselves, as workers of the server do. */
function signalEach(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}

function program(name: string): string {
  const versions = readdirSync(PACKAGE).sort((a, b) => Number(b) - Number(a));
  return join(PACKAGE, versions[0] ?? "", "bin", name);
}

/** Root gives it to the package's user; anybody else runs it as himself. */
function identityOf(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (kind: "-u" | "-g") => Number(execFileSync("id", [kind, SYSTEM_USER], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

function initArguments(data: string): string[] {
  return ["-D", data, "-U", "superuser", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "--no-sync"];
}

function configuration(folder: string, port: number): string {
  return `
listen_addresses = '127.0.0.1, 127.0.0.2'
port = ${port}
unix_socket_directories = '${folder}'
max_connections = 100
shared_buffers = 32MB
password_encryption = 'scram-sha-256'
ssl = on
ssl_cert_file = '${folder}/certificate.pem'
ssl_key_file = '${folder}/key.pem'
logging_collector = on
log_directory = '${folder}'
log_filename = 'server.log'
timezone = 'Asia/Kathmandu'
`;
}
