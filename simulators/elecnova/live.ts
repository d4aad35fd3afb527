import type { SimulatorTime } from "../time.ts";
import type { ViolationLog } from "../violations.ts";
import type { ViolationKind } from "./access.ts";
import { Broker, type MqttCounters, type Refusal } from "./broker.ts";
import { makeCertificate } from "./certificate.ts";
import type { FaultDice } from "./faults.ts";
import { Feed } from "./feed.ts";
import type { Cabinet } from "./plant.ts";
import { type MqttUser, standingOf, type Token, type Tokens } from "./tokens.ts";

/**
 * Rounds that are still published when nobody has been connected since: the broker keeps them for sessions in memory, so
 * a client that never comes back must not fill it. An hour's worth at the usual pace.
 */
export const UNHEARD_ROUNDS_MAX = 720;

export interface LiveOptions {
  readonly seed: number;
  readonly plant: ReadonlyMap<string, Cabinet>;
  readonly tokens: Tokens;
  readonly mqttUser: MqttUser;
  readonly dice: FaultDice;
  readonly violations: ViolationLog<ViolationKind>;
  readonly time: SimulatorTime;
  readonly port: number;
  readonly host: string;
}

/** The vendor's live side: the broker, who may use it, and the rounds of messages. */
export class Live {
  readonly certificate: string;
  readonly counters: Readonly<MqttCounters>;
  readonly #counters: MqttCounters;
  readonly #broker: Broker;
  readonly #feed: Feed;
  readonly #options: LiveOptions;
  #ticks = 0;
  #unheard = 0;
  #outage = false;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();

  private constructor(options: LiveOptions, broker: Broker, certificate: string, counters: MqttCounters) {
    const { seed, plant, dice } = options;
    this.#options = options;
    this.#broker = broker;
    this.#feed = new Feed({ seed, plant, dice, counters });
    this.#counters = counters;
    this.counters = counters;
    this.certificate = certificate;
  }

  static async start(options: LiveOptions): Promise<Live> {
    const { violations, time, port, host } = options;
    const counters = {
      connected: 0,
      refused: 0,
      subscribed: 0,
      published: 0,
      duplicated: 0,
      reordered: 0,
      restarts: 0,
    };
    const { key, certificate } = await makeCertificate(host);
    const broker = await Broker.start({
      rules: {
        admit: (id, username, password) => admit(options, { id, username }, password),
        onBreach: (detail) =>
          violations.add({ kind: "mqtt", request: 0, atMs: time.nowMs(), monotonicMs: time.monotonicMs(), detail }),
      },
      counters,
      key,
      certificate,
      port,
      host,
    });
    return new Live(options, broker, certificate, counters);
  }

  get port(): number {
    return this.#broker.port;
  }

  get url(): string {
    return `mqtts://${this.#broker.address}`;
  }

  /** A round of messages of the simulator's time; resolves when the broker has them all. */
  async tick(): Promise<void> {
    const { dice, tokens, time } = this.#options;
    if (dice.strikes("broker-restart", ++this.#ticks)) await this.restart();
    this.#unheard = this.#broker.hasClients ? 0 : this.#unheard + 1;
    if (this.#unheard > UNHEARD_ROUNDS_MAX) return;
    await this.#feed.publish(this.#broker, tokens.askedTopics, time.nowMs());
  }

  /** Rounds by the machine's own clock, until `close`; one that is still under way is not overtaken. */
  tickEvery(intervalMs: number): void {
    let ticking = false;
    this.#timer = setInterval(() => {
      if (ticking) return;
      ticking = true;
      this.#round = this.tick().finally(() => {
        ticking = false;
      });
    }, intervalMs);
  }

  /** Cuts all connections; sessions are kept. */
  async restart(): Promise<void> {
    this.#counters.restarts++;
    await this.#broker.pause();
    if (!this.#outage) await this.#broker.resume();
  }

  async setOutage(outage: boolean): Promise<void> {
    this.#outage = outage;
    await (outage ? this.#broker.pause() : this.#broker.resume());
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#round;
    await this.#broker.close();
  }
}

/** Good are the credentials of a good token, once topics were asked for with it. */
function admit({ tokens, mqttUser, time, dice }: LiveOptions, user: MqttUser, password: string): Token | Refusal {
  const token = tokens.findByPassword(password);
  if (!token || user.id !== mqttUser.id || user.username !== mqttUser.username) {
    return { refused: "MQTT credentials are unknown", blame: true };
  }
  const standing = standingOf(token, time.nowMs() + dice.settingMs("clock-skew-ms"));
  if (standing !== "good") {
    return { refused: `the token of the MQTT credentials is ${standing}`, blame: standing === "expired" };
  }
  if (token.topics.size > 0) return token;
  return { refused: "connected before topics were asked for with this token", blame: true };
}
