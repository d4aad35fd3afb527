import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { makeCertificate } from "../simulators/elecnova/certificate.ts";
import { freePort } from "./free-port.ts";

export interface BrokerAccount {
  readonly username: string;
  readonly password: string;
}

/** Debian's Mosquitto with TLS, a password file and sessions that survive its restart, on ports and in a folder of its own. */
export class MosquittoBroker implements AsyncDisposable {
  /** The broker itself. */
  readonly url: string;
  /** A way to it that `cut` cuts. */
  readonly fragileUrl: string;
  /** PEM. */
  readonly certificate: string;
  readonly #folder: string;
  readonly #proxy: CuttingProxy;
  #process: ChildProcess | null = null;

  private constructor(folder: string, port: number, certificate: string, proxy: CuttingProxy) {
    this.#folder = folder;
    this.#proxy = proxy;
    this.url = `mqtts://127.0.0.1:${port}`;
    this.fragileUrl = `mqtts://127.0.0.1:${proxy.port}`;
    this.certificate = certificate;
  }

  static async start(folder: string, accounts: readonly BrokerAccount[]): Promise<MosquittoBroker> {
    const port = await freePort();
    const { key, certificate } = await makeCertificate("127.0.0.1");
    mkdirSync(join(folder, "sessions"), { recursive: true });
    writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
    writeFileSync(join(folder, "certificate.pem"), certificate);
    const settings = [
      ...(process.getuid?.() === 0 ? ["user root"] : []),
      `listener ${port} 127.0.0.1`,
      `certfile ${join(folder, "certificate.pem")}`,
      `keyfile ${join(folder, "key.pem")}`,
      "allow_anonymous false",
      `password_file ${join(folder, "passwords")}`,
      "persistence true",
      `persistence_location ${join(folder, "sessions")}/`,
      "max_queued_messages 0",
      "max_inflight_messages 0",
    ];
    writeFileSync(join(folder, "mosquitto.conf"), `${settings.join("\n")}\n`);
    const broker = new MosquittoBroker(folder, port, certificate, await CuttingProxy.start(port));
    broker.setAccounts(accounts);
    await broker.run();
    return broker;
  }

  /** Replaces who may connect; holds from the next start. */
  setAccounts(accounts: readonly BrokerAccount[]): void {
    const path = join(this.#folder, "passwords");
    writeFileSync(path, accounts.map(({ username, password }) => `${username}:${password}\n`).join(""), {
      mode: 0o600,
    });
    const hashed = spawnSync("mosquitto_passwd", ["-U", path], { encoding: "utf8" });
    if (hashed.status !== 0) throw new Error(`mosquitto_passwd (Debian's package mosquitto) failed: ${hashed.stderr}`);
  }

  async run(): Promise<void> {
    const broker = spawn("mosquitto", ["-c", join(this.#folder, "mosquitto.conf")], {
      stdio: "ignore",
      env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` },
    });
    this.#process = broker;
    await once(broker, "spawn");
    const port = Number(new URL(this.url).port);
    while (!(await isOpen(port))) {
      if (broker.exitCode !== null) throw new Error(`mosquitto ended at once with code ${broker.exitCode}`);
      await delay(10);
    }
  }

  /** As an operator stops it: sessions and their queued messages are written. */
  async stop(): Promise<void> {
    const broker = this.#process;
    if (!broker || broker.exitCode !== null) return;
    broker.kill("SIGTERM");
    await once(broker, "exit");
  }

  /** Breaks every connection that goes the fragile way. */
  cut(): void {
    this.#proxy.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#proxy.close();
    await this.stop();
  }
}

/** Hands bytes on between two sockets until it is told to break them. */
class CuttingProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number, targetPort: number) {
    this.#server = server;
    this.port = port;
    server.on("connection", (socket) => this.#forward(socket, connect(targetPort, "127.0.0.1")));
  }

  static async start(targetPort: number): Promise<CuttingProxy> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new CuttingProxy(server, portOf(server), targetPort);
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #forward(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket
        .on("error", () => {})
        .on("close", () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    near.pipe(far).pipe(near);
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("there is no port");
  return address.port;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, "127.0.0.1", () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
}
