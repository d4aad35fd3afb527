import mqtt, { type IPublishPacket, type MqttClient } from "mqtt";
import type { Clock } from "../../domain/clock.ts";
import { onAbort } from "../../transport/abort.ts";
import { chunks } from "../sweep.ts";
import { brokerFailure, brokerTimeout, noTopics } from "./broker-failure.ts";
import type { LiveMemory } from "./live-memory.ts";
import type { Login } from "./wire.ts";

/** A broker that is silent for so long, and half as long again, is taken for gone. */
const KEEPALIVE_S = 30;
/** What a broker answers for a topic that it does not give (MQTT 3.1.1, 3.9.3). */
const NOT_GRANTED = 128;
/** Topics that one subscription names: some brokers take no more. */
const TOPICS_PER_PACKET_MAX = 50;

export interface BrokerOptions {
  /** mqtts, or mqtt in tests. */
  readonly url: string;
  readonly ca: string | undefined;
  readonly login: Login;
  readonly topics: readonly string[];
  readonly memory: LiveMemory;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  /** For errors: how many times the connection was tried. */
  readonly attempts: number;
  readonly signal: AbortSignal;
  readonly onTopicRefused: ((topic: string) => void) | undefined;
}

/** A message that the broker waits to see acknowledged. */
export interface BrokerMessage {
  readonly packet: IPublishPacket;
  /** Acknowledges it, where that is still possible. */
  readonly done: () => void;
}

/**
 * One connection to the vendor's broker, up to its loss. It holds one message at a time: until that is done nothing more is read,
 * so that the broker, not this process, keeps what a slow consumer has not taken.
 */
export class BrokerConnection {
  readonly #client: MqttClient;
  readonly #options: BrokerOptions;
  readonly #leaveSignal: () => void;
  readonly #timer = new AbortController();
  readonly #waiting: BrokerMessage[] = [];
  #failure: Error | null = null;
  #wake: () => void = () => {};

  /** Resolves once the broker has taken the credentials. @throws VendorError, or the signal's reason */
  static async open(options: BrokerOptions): Promise<{ connection: BrokerConnection; sessionKept: boolean }> {
    options.signal.throwIfAborted();
    const connection = new BrokerConnection(options);
    try {
      const sessionKept = await connection.#greeted();
      connection.#subscribe();
      return { connection, sessionKept };
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private constructor(options: BrokerOptions) {
    this.#options = options;
    const { url, ca, login, memory, signal, connectTimeoutMs } = options;
    memory.reconnect();
    this.#client = mqtt.connect(url, {
      clientId: login.id,
      username: login.username,
      password: login.password,
      clean: false,
      protocolVersion: 4,
      keepalive: KEEPALIVE_S,
      // Each connection wants fresh credentials, so this object makes one and no more.
      reconnectPeriod: 0,
      resubscribe: false,
      // The timer that counts is the clock's.
      connectTimeout: 2 * connectTimeoutMs,
      incomingStore: memory.arrived,
      ...(ca === undefined ? {} : { ca }),
    });
    this.#client.handleMessage = (packet, done) => this.#take(packet, () => done());
    this.#client.on("error", (error) => this.#fail(brokerFailure(error, options.attempts)));
    this.#client.on("close", () => this.#fail(brokerFailure(null, options.attempts)));
    this.#leaveSignal = onAbort(signal, (reason) => {
      this.#fail(reason);
      // A consumer that is still busy with a message need not come back for the socket to be closed.
      this.#client.end(true);
    });
  }

  /** The next message; the one before must be done. @throws VendorError when the connection is lost, or the signal's reason */
  async next(): Promise<BrokerMessage> {
    const { signal } = this.#options;
    for (let looked = false; ; ) {
      signal.throwIfAborted();
      const message = this.#nextThatCame();
      if (message) return message;
      if (!this.#failure) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else if (looked) throw this.#failure;
      else {
        looked = true;
        // What was read before the loss may still be on its way from the parser.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  /** Idempotent. The broker keeps the session. */
  async close(): Promise<void> {
    this.#leaveSignal();
    this.#timer.abort();
    this.#fail(brokerFailure(null, this.#options.attempts));
    await new Promise<void>((resolve) => {
      this.#client.end(true, () => resolve());
    });
  }

  async #greeted(): Promise<boolean> {
    const { clock, connectTimeoutMs, attempts, memory } = this.#options;
    clock.sleepUntil(clock.monotonicMs() + connectTimeoutMs, this.#timer.signal).then(
      () => this.#fail(brokerTimeout(connectTimeoutMs, attempts)),
      () => {},
    );
    const greeting = { sessionKept: null as boolean | null };
    this.#client.once("connect", ({ sessionPresent }) => {
      greeting.sessionKept = sessionPresent;
      this.#wake();
    });
    while (greeting.sessionKept === null) {
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#timer.abort();
    if (!greeting.sessionKept) await memory.releaseArrived();
    return greeting.sessionKept;
  }

  /** Does not wait for the answers: they may stand behind messages that nobody takes before this returns. */
  #subscribe(): void {
    const { topics, attempts, onTopicRefused } = this.#options;
    let refused = 0;
    for (const some of chunks(topics, TOPICS_PER_PACKET_MAX)) {
      this.#client.subscribe([...some], { qos: 2 }, (error, _wanted, answer) => {
        if (this.#failure) return;
        // An answer beside an error says which topics it is about.
        if (!answer) {
          if (error) this.#fail(brokerFailure(error, attempts));
          return;
        }
        const notGranted = some.filter((_, index) => answer.granted[index] === NOT_GRANTED);
        for (const topic of notGranted) onTopicRefused?.(topic);
        refused += notGranted.length;
        if (refused === topics.length) this.#fail(noTopics(attempts, "it gives none of the topics"));
      });
    }
  }

  #nextThatCame(): BrokerMessage | undefined {
    const { memory } = this.#options;
    for (;;) {
      const left = memory.takeLeft();
      const message = left ? { packet: left, done: () => {} } : this.#waiting.shift();
      // Only now is it told: a message that nobody takes before the end must come again.
      if (!message || !memory.isRepeated(message.packet)) return message;
      message.done();
    }
  }

  #take(packet: IPublishPacket, done: () => void): void {
    this.#waiting.push({ packet, done });
    this.#wake();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }
}
