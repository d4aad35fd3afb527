import { createServer as createPlainServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Aedes, type AedesPublishPacket, type AuthenticateError, type Client, type PublishPacket } from "aedes";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { ApiKey } from "../../domain/api-key.ts";
import type { Clock } from "../../domain/clock.ts";
import { InvalidInput } from "../../domain/errors.ts";
import { createKeyedColumnsBuilder } from "../../domain/keyed-columns.ts";
import type { Log } from "../../domain/log.ts";
import type { PushSources } from "../sources/push-sources.ts";
import { guardPackets } from "./frame-guard.ts";
import { decodePayload, MalformedPayload, PAYLOAD_BYTES_MAX, PAYLOAD_READINGS_MAX } from "./payload.ts";
import { MQTT_READINGS, mqttKey } from "./protocol.ts";
import { RefusalLog } from "./refusal-log.ts";
import { TOPIC_LEVELS_MAX, type TopicTemplate } from "./topic.ts";

/** Clients connected at once; more are cut off as they come. */
export const MQTT_CLIENTS_MAX = 10_000;
/** Bytes of one packet: the longest payload, its topic and what stands around them. */
export const MQTT_PACKET_BYTES_MAX = PAYLOAD_BYTES_MAX + 66_000;
/** A client must have signed in by then, ms. */
const CONNECT_MS_MAX = 10_000;
/** QoS 2 messages of one client that wait for its PUBREL. */
const QOS2_IN_FLIGHT_MAX = 1_000;
/** CONNACK codes of MQTT 3.1.1, table 3.1. */
const BAD_CREDENTIALS = 4 as const;

export interface MqttListenerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** PEM texts; null listens without TLS, which only a loopback address may. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  readonly topic: TopicTemplate;
  readonly apiKeys: Catalogue["apiKeys"];
  readonly sources: PushSources;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Takes readings by MQTT 3.1 and 3.1.1. A client's password is an API key with the scope `ingest`; its user name says nothing.
 * The PUBACK (PUBREC for QoS 2) goes out once the readings are on stable storage. What cannot be stored now ends the connection, so
 * that the client sends it again; what can never be stored stays without an answer, is logged and counted. Nobody may subscribe.
 */
export class MqttListener {
  readonly #options: MqttListenerOptions;
  readonly #refusals: RefusalLog;
  readonly #keys = new Map<Client, ApiKey>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #aedes: Aedes | null = null;
  #closing: Promise<void> | null = null;

  private constructor(options: MqttListenerOptions) {
    this.#options = options;
    this.#refusals = new RefusalLog(options.log, options.clock);
    const { tls } = options;
    const take = (socket: Socket): void => this.#take(socket);
    this.#server = tls
      ? createTlsServer({ cert: tls.certificate, key: tls.key, noDelay: true }, take)
      : createPlainServer({ noDelay: true }, take);
    this.#server.maxConnections = MQTT_CLIENTS_MAX;
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** Rejects with the system's error when the port cannot be had, or OpenSSL's when certificate and key cannot be used. */
  static async open(options: MqttListenerOptions): Promise<MqttListener> {
    const listener = new MqttListener(options);
    const aedes = await Aedes.createBroker({
      connectTimeout: CONNECT_MS_MAX,
      maxInflightInbound: QOS2_IN_FLIGHT_MAX,
      maxTopicLevels: TOPIC_LEVELS_MAX,
      authenticate: (client, _username, password, done) => listener.#authenticate(client, password, done),
      authorizePublish: (client, packet, done) => void listener.#store(client, packet).then(() => done(), done),
      authorizeSubscribe: (_client, _subscription, done) => done(new Error("nobody may subscribe")),
      authorizeForward: () => null,
    });
    listener.#aedes = aedes;
    aedes.on("clientDisconnect", (client) => listener.#keys.delete(client));
    options.apiKeys.onRevoked((keyId) => listener.#cut(keyId));
    try {
      await listening(listener.#server, options.port, options.host);
    } catch (error) {
      aedes.close();
      throw error;
    }
    return listener;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Clients that are signed in. */
  get clients(): number {
    return this.#keys.size;
  }

  /** Takes no more connections and cuts those there are: what was not acknowledged is sent again. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => this.#aedes?.close(() => resolve()));
      for (const socket of this.#sockets) socket.destroy();
    });
    return this.#closing;
  }

  #take(socket: Socket): void {
    const connection = guardPackets(socket, MQTT_PACKET_BYTES_MAX);
    // An end without a word, or a packet that is too large: the client is gone, and comes back by itself.
    connection.on("error", () => socket.destroy());
    this.#aedes?.handle(connection);
  }

  #authenticate(
    client: Client,
    password: Readonly<Buffer | undefined>,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): void {
    const key = this.#options.apiKeys.verify(password?.toString("utf8") ?? "");
    if (!key?.scopes.includes("ingest")) {
      const refused = new Error("the password is no API key with the scope ingest");
      done(Object.assign(refused, { returnCode: BAD_CREDENTIALS }), false);
      return;
    }
    this.#keys.set(client, key);
    done(null, true);
  }

  /** Resolves once the message is on stable storage, or is not to be acknowledged. Rejects to end the connection. */
  async #store(client: Client | null, packet: PublishPacket | AedesPublishPacket): Promise<void> {
    const key = client && this.#keys.get(client);
    if (!key) throw new Error("not signed in");
    try {
      await this.#accept(key, packet.topic, Buffer.from(packet.payload));
      // The broker would keep retained messages in memory, for subscribers that there are none of.
      packet.retain = false;
    } catch (error) {
      if (!(error instanceof MalformedPayload || error instanceof InvalidInput)) throw error;
      this.#options.sources.counts.refused(MQTT_READINGS.id);
      this.#refusals.note(key, packet.topic, error.message);
      // MQTT 3.1.1 has no word for "no": without one, the message counts as not delivered, and the others go on.
      packet.qos = 0;
      packet.retain = false;
    }
  }

  async #accept(key: ApiKey, topic: string, payload: Uint8Array): Promise<void> {
    const names = this.#options.topic.match(topic);
    if (!names) throw new MalformedPayload(`its topic does not read ${this.#options.topic.text}`);
    const readings = decodePayload(payload, names.has("metric"), this.#options.clock.nowMs());
    const intake = this.#options.sources.of(key).begin(MQTT_READINGS);
    const columns = createKeyedColumnsBuilder(readings.length, PAYLOAD_READINGS_MAX);
    for (const { metric, timeMs, value } of readings) {
      const index = intake.table.internText(mqttKey(names, metric));
      if (index === -1) throw new MalformedPayload("this key's series have too many names");
      columns.push(index, timeMs, value);
    }
    await intake.accept(columns.finish(), payload.byteLength);
  }

  #cut(keyId: string): void {
    for (const [client, key] of this.#keys) if (key.id === keyId) client.close();
  }
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
