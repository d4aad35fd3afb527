import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { makeCertificate } from "../simulators/elecnova/certificate.ts";
import { freePort } from "./free-port.ts";

const START_MS_MAX = 30_000;

/** A user beside `default`, who needs no password. */
export const CLICKHOUSE_USER = { username: "kilowatch", password: "p@ss/w:rd?&ü" } as const;

/** Debian's ClickHouse with settings, ports and a folder of its own, run by whoever runs this. */
export class ClickHouseServer implements AsyncDisposable {
  /** `http://127.0.0.1:…`; the user `default` needs no password. */
  readonly url: string;
  /** The same with TLS. */
  readonly secureUrl: string;
  /** PEM. */
  readonly certificate: string;
  readonly #folder: string;
  #process: ChildProcess | null = null;
  #exited: Promise<unknown> = Promise.resolve();
  #back: Promise<void> = Promise.resolve();
  #isUp = false;

  private constructor(folder: string, port: number, securePort: number, certificate: string) {
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}`;
    this.secureUrl = `https://127.0.0.1:${securePort}`;
    this.certificate = certificate;
  }

  /** Starts a server with nothing in it and waits until it answers. */
  static async start(): Promise<ClickHouseServer> {
    const folder = mkdtempSync(join(tmpdir(), "kilowatch-clickhouse-"));
    const [port, securePort] = [await freePort(), await freePort()];
    const { key, certificate } = await makeCertificate("127.0.0.1");
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
    writeFileSync(join(folder, "certificate.pem"), certificate);
    writeFileSync(join(folder, "config.xml"), configuration(folder, port, securePort));
    writeFileSync(join(folder, "users.xml"), users());
    const server = new ClickHouseServer(folder, port, securePort, certificate);
    try {
      await server.run();
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  /** Starts it again, on the same folder and ports, and waits until it answers. */
  async run(): Promise<void> {
    const server = spawn("clickhouse-server", [`--config-file=${join(this.#folder, "config.xml")}`], {
      stdio: "ignore",
      env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` },
    });
    this.#process = server;
    this.#exited = once(server, "exit").catch(() => {});
    await once(server, "spawn");
    const untilMs = performance.now() + START_MS_MAX;
    while (!(await this.#answers())) {
      if (server.exitCode !== null || server.signalCode !== null || performance.now() > untilMs) {
        throw new Error(`clickhouse-server (Debian's package of this name) did not start: ${this.#complaints()}`);
      }
      await delay(20);
    }
    this.#isUp = true;
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    this.#isUp = false;
    this.#process?.kill("SIGKILL");
    await this.#exited;
    this.#process = null;
  }

  /** Ends it as `kill -9` does, and starts it again beside the caller. Nothing happens to one that is down. */
  crash(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#process?.kill("SIGKILL");
    this.#back = this.kill().then(() => this.run());
    this.#back.catch(() => {});
  }

  /** Resolves when it answers again after a crash. */
  async isBack(): Promise<void> {
    await this.#back;
  }

  /** As if its machine had lost its power before what a table was given lately reached the disk. */
  async lose(table: string): Promise<void> {
    await this.sql(`TRUNCATE TABLE ${table}`);
    // A machine is not back within the second in which its server tells its age.
    while (Number(await this.sql("SELECT uptime()")) < 3) await delay(100);
    await this.kill();
    await this.run();
  }

  /** Lets it hang, as a machine that swaps. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /** Runs one statement past Kilowatch; answers TabSeparated. */
  async sql(statement: string): Promise<string> {
    const answer = await fetch(this.url, { method: "POST", body: statement });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#back.catch(() => {});
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  async #answers(): Promise<boolean> {
    return fetch(`${this.url}/ping`, { signal: AbortSignal.timeout(1_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
  }

  #complaints(): string {
    try {
      return readFileSync(join(this.#folder, "error.log"), "utf8").slice(-1_000);
    } catch {
      return "it wrote no log";
    }
  }
}

function configuration(folder: string, port: number, securePort: number): string {
  return `<?xml version="1.0"?>
<yandex>
  <logger><level>warning</level><log>${folder}/server.log</log><errorlog>${folder}/error.log</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${port}</http_port>
  <https_port>${securePort}</https_port>
  <openSSL><server>
    <certificateFile>${folder}/certificate.pem</certificateFile>
    <privateKeyFile>${folder}/key.pem</privateKeyFile>
    <verificationMode>none</verificationMode>
  </server></openSSL>
  <path>${folder}/data/</path>
  <tmp_path>${folder}/data/tmp/</tmp_path>
  <users_config>users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <mark_cache_size>67108864</mark_cache_size>
  <timezone>UTC</timezone>
</yandex>
`;
}

function users(): string {
  const user = (name: string, password: string) => `
    <${name}>
      <password><![CDATA[${password}]]></password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </${name}>`;
  return `<?xml version="1.0"?>
<yandex>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
  <users>${user("default", "")}${user(CLICKHOUSE_USER.username, CLICKHOUSE_USER.password)}
  </users>
</yandex>
`;
}
