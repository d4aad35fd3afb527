import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { Aedes, type AedesOptions, type AuthenticateError } from "aedes";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { type SeenRequest, type VendorAnswer, VirtualVendor } from "../../transport/virtual-vendor.ts";
import { ElecnovaClient } from "./client.ts";
import type { LiveBatch, LiveEvents } from "./live-batch.ts";
import type { ElecnovaOptions } from "./options.ts";

export const SECRET = "the-secret-of-the-live-tests";
export const TOPIC = "ems/ESS-1/data";
/** Waiting for a real socket ends here, so that a test that hangs says where. */
const WAIT_MS_MAX = 4_000;

/** A plain broker on loopback, with the account's HTTP side played beside it in virtual time. */
export class LiveStage implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly logins: string[] = [];
  /** Topic calls so far. */
  topicCalls = 0;
  readonly greeted: { username: string; password: string; clean: boolean | undefined }[] = [];
  readonly events: Required<LiveEvents> & { readonly told: string[] };
  /** Answers instead of the vendor. */
  answer: (request: SeenRequest) => VendorAnswer | "cut" | undefined = () => undefined;
  /** Passwords that the broker refuses. */
  readonly refused = new Set<string>();
  readonly network: VirtualVendor;
  #broker: Aedes;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #clients: ElecnovaClient[] = [];

  static async open(options: { readonly tls?: TlsOptions; readonly broker?: AedesOptions } = {}): Promise<LiveStage> {
    const stage = new LiveStage(options.tls, await Aedes.createBroker(options.broker));
    stage.#server.listen(0, "127.0.0.1");
    await once(stage.#server, "listening");
    return stage;
  }

  private constructor(tls: TlsOptions | undefined, broker: Aedes) {
    this.#broker = this.#made(broker);
    const handle = (socket: Socket): void => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket)).on("error", () => {});
      this.#broker.handle(socket);
    };
    this.#server = tls ? createTlsServer(tls, handle) : createServer(handle);
    if (tls) this.#server.on("connection", (socket: Socket) => socket.on("error", () => {}));
    const told: string[] = [];
    this.events = {
      told,
      onConnected: ({ sessionKept }) => told.push(sessionKept ? "connected again" : "connected"),
      onLost: (error) => told.push(error.name),
      onCabinetRefused: (sn) => told.push(`refused ${sn}`),
      onTopicRefused: (topic) => told.push(`refused ${topic}`),
    };
    this.network = new VirtualVendor({ clock: this.clock, answer: (request) => this.#answer(request) });
  }

  get broker(): Aedes {
    return this.#broker;
  }

  /** As a broker that is started anew and has kept nothing. */
  async forget(): Promise<void> {
    this.#broker = this.#made(await Aedes.createBroker());
    this.cut();
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  client(options: Partial<ElecnovaOptions> = {}): ElecnovaClient {
    const client = new ElecnovaClient({
      clientId: "client",
      clientSecret: SECRET,
      baseUrl: "http://vendor.example",
      mqttUrl: `mqtt://127.0.0.1:${this.port}`,
      clock: this.clock,
      // No jitter: the backoff takes no time.
      random: () => 0,
      dispatcher: this.network,
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  publish(value: number, qos: 0 | 1 | 2 = 2, { retain = false } = {}): Promise<void> {
    const payload = JSON.stringify({ sn: "ESS-1", time: this.clock.nowMs(), points: { BMS1: { soc: value } } });
    return new Promise((resolve, reject) => {
      const packet = { cmd: "publish", topic: TOPIC, payload, qos, retain, dup: false } as const;
      this.broker.publish(packet, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Cuts every connection, as a network does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves when the broker next takes a subscription. */
  async subscribed(): Promise<void> {
    await once(this.broker, "subscribe", { signal: AbortSignal.timeout(WAIT_MS_MAX) });
  }

  /** Resolves when the broker next sees a message acknowledged for good. */
  async acknowledged(): Promise<void> {
    await once(this.broker, "ack", { signal: AbortSignal.timeout(WAIT_MS_MAX) });
  }

  /** Resolves when the broker next sees a client go. */
  async disconnected(): Promise<void> {
    await once(this.broker, "clientDisconnect", { signal: AbortSignal.timeout(WAIT_MS_MAX) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close();
    this.cut();
    await new Promise<void>((resolve) => this.broker.close(resolve));
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #made(broker: Aedes): Aedes {
    broker.authenticate = (client, username, password, done) => {
      this.greeted.push({ username: username ?? "", password: password?.toString() ?? "", clean: client.clean });
      if (!this.refused.has(password?.toString() ?? "")) return done(null, true);
      const refusal: AuthenticateError = Object.assign(new Error("refused"), { returnCode: 4 });
      return done(refusal, false);
    };
    return broker.on("clientError", () => {}).on("connectionError", () => {});
  }

  #answer(request: SeenRequest): VendorAnswer | "cut" {
    const given = this.answer(request);
    if (given) return given;
    if (request.target.endsWith("/comm/client")) {
      const login = `login-${this.logins.length}`;
      this.logins.push(login);
      const body = { id: "mqtt-id", username: `user of ${login}`, password: `password of ${login}`, token: login };
      return { status: 200, body: JSON.stringify(body) };
    }
    this.topicCalls++;
    return { status: 200, body: JSON.stringify([{ topic: TOPIC }]) };
  }
}

/** The value of a batch with one reading. */
export function socOf(batch: LiveBatch | undefined): number | undefined {
  return batch?.readings[0]?.value;
}
