import type { Socket } from "node:net";
import { createServer, type Server } from "node:tls";
import { Aedes, type Client } from "aedes";
import { Port } from "../port.ts";
import type { Token } from "./tokens.ts";

/** What happened at the broker so far. */
export interface MqttCounters {
  connected: number;
  /** Connections, subscriptions and publications that were not allowed. */
  refused: number;
  subscribed: number;
  /** Messages, each duplicate too. */
  published: number;
  duplicated: number;
  /** Published after the next of their topic. */
  reordered: number;
  restarts: number;
}

/** Why a client is turned away; whether it could have known. */
export interface Refusal {
  readonly refused: string;
  readonly blame: boolean;
}

export interface BrokerRules {
  /** The token behind credentials, or why they are not good. */
  admit(clientId: string, username: string, password: string): Token | Refusal;
  /** Told of every refusal that the client is to blame for. */
  onBreach(detail: string): void;
}

export interface BrokerOptions {
  readonly rules: BrokerRules;
  readonly counters: MqttCounters;
  readonly key: string;
  readonly certificate: string;
  readonly port: number;
  readonly host: string;
}

/** CONNACK codes of MQTT 3.1.1. */
const BAD_CREDENTIALS = 4 as const;

/** The vendor's MQTT broker: TLS only, subscribers only. Sessions (clean session off) last until `close`, restarts included. */
export class Broker {
  readonly #aedes: Aedes;
  readonly #port: Port;

  private constructor(aedes: Aedes, port: Port) {
    this.#aedes = aedes;
    this.#port = port;
  }

  /** Rejects with the system's error when the port cannot be had. */
  static async start(options: BrokerOptions): Promise<Broker> {
    const aedes = await createAedes(options);
    const sockets = new Set<Socket>();
    const server: Server = createServer({ key: options.key, cert: options.certificate }, (socket) => {
      aedes.handle(socket);
    });
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
    const cutAll = (): void => {
      for (const socket of sockets) socket.destroy();
    };
    try {
      return new Broker(aedes, await Port.open(server, options.port, options.host, cutAll));
    } catch (error) {
      aedes.close();
      throw error;
    }
  }

  get port(): number {
    return this.#port.number;
  }

  /** `host:port`. */
  get address(): string {
    return this.#port.address;
  }

  get hasClients(): boolean {
    return this.#aedes.connectedClients > 0;
  }

  /** Resolves when the broker has the message: subscribers with a session get it, now or when they are back. QoS 1. */
  publish(topic: string, payload: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#aedes.publish(
        { cmd: "publish", topic, payload: Buffer.from(payload, "utf8"), qos: 1, retain: false, dup: false },
        (error) => (error ? reject(error) : resolve()),
      );
    });
  }

  /** Cuts every connection and listens no more. */
  pause(): Promise<void> {
    return this.#port.close();
  }

  resume(): Promise<void> {
    return this.#port.reopen();
  }

  async close(): Promise<void> {
    await this.#port.close();
    await new Promise<void>((resolve) => this.#aedes.close(resolve));
  }
}

async function createAedes({ rules, counters }: BrokerOptions): Promise<Aedes> {
  const tokens = new WeakMap<Client, Token>();
  const refuse = (detail: string, blame = true): Error => {
    counters.refused++;
    if (blame) rules.onBreach(detail);
    return new Error(detail);
  };
  const aedes = await Aedes.createBroker({
    authenticate(client, username, password, done) {
      const admitted = rules.admit(client.id, username ?? "", password?.toString("utf8") ?? "");
      if ("refused" in admitted) {
        const error = refuse(admitted.refused, admitted.blame);
        done(Object.assign(error, { returnCode: BAD_CREDENTIALS }), false);
        return;
      }
      counters.connected++;
      tokens.set(client, admitted);
      done(null, true);
    },
    authorizeSubscribe(client, subscription, done) {
      if (tokens.get(client)?.topics.has(subscription.topic)) {
        counters.subscribed++;
        done(null, subscription);
        return;
      }
      refuse("a subscription to a topic that was not asked for with this token");
      // Null is a refusal in the SUBACK (128); an error would end the connection.
      done(null, null);
    },
    authorizePublish(client, _packet, done) {
      done(client ? refuse("a client published") : null);
    },
  });
  // What a client does wrong to the protocol ends its connection, nothing more.
  aedes.on("clientError", () => {});
  aedes.on("connectionError", () => {});
  return aedes;
}
