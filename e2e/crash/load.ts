import type { ServerProcess } from "../server-process.ts";
import { Chance } from "./chance.ts";
import { influxCarrier } from "./influx-carrier.ts";
import { Ledger } from "./ledger.ts";
import { mqttCarrier } from "./mqtt-carrier.ts";
import { plaintextCarrier } from "./plaintext-carrier.ts";
import { Sender, type SenderOptions, Senders, type Target } from "./senders.ts";
import { readData } from "./stored.ts";
import { Workload } from "./workload.ts";

/** All names that the laboratory sends begin with it. */
const NAMES = "crash-";
/** Of each protocol. HTTP: the first sends with gzip, the last makes a connection for each request. */
const PLAINTEXT_SENDERS = 4;
const INFLUX_SENDERS = 2;
const MQTT_SENDERS = 3;

export interface LoadOptions {
  /** False leaves each sender at the series that it begins with. */
  readonly growsSeries?: boolean;
}

/** Senders of every protocol over one ledger; those that need an API key or MQTT are idle where a server gives none. */
export class Load {
  readonly ledger = new Ledger();
  readonly #senders: Senders;

  /** What is sent follows from `chance`. */
  constructor(chance: Chance, { growsSeries = true }: LoadOptions = {}) {
    const sender = (name: string, workload: { timeStepMs: number; rowsMax?: number }, connect: Connect) => {
      const own = new Chance(Math.floor(chance.next() * 2 ** 32));
      const options = { chance: own, name: `${NAMES}${name}`, growsSeries, ...workload };
      return new Sender({ chance: own, ledger: this.ledger, workload: new Workload(options), connect });
    };
    this.#senders = new Senders([
      ...upTo(PLAINTEXT_SENDERS).map((index) =>
        sender(`http${index}`, { timeStepMs: 1_000 }, (target) =>
          plaintextCarrier(target, { isPacked: index === 0, keepsAlive: index < PLAINTEXT_SENDERS - 1 }),
        ),
      ),
      ...upTo(INFLUX_SENDERS).map((index) => sender(`influx${index}`, { timeStepMs: 137 }, influxCarrier)),
      ...upTo(MQTT_SENDERS).map((index) => sender(`mqtt${index}`, { timeStepMs: 250, rowsMax: 1 }, connectMqtt)),
    ]);
  }

  /** Whether a series is one of the senders'. */
  owns(name: string): boolean {
    return name.startsWith(NAMES);
  }

  /** Starts sending; goes on until `pause`, or until the server dies. */
  start(target: Target): void {
    this.#senders.start(target);
  }

  /** Lets each sender finish the request under way. */
  async pause(): Promise<void> {
    await this.#senders.pause();
  }

  /** What the senders have seen go wrong since this was last asked. */
  takeFaults() {
    return this.#senders.takeFaults();
  }

  /** Everything that is wrong: what the senders saw, and where the store differs from the ledger. Only while they pause. */
  async faults(url: string): Promise<string[]> {
    const faults = this.takeFaults();
    const held = (await readData(url)).filter(({ name }) => this.owns(name));
    faults.addAll(this.ledger.compare(held).faults);
    return faults.lines();
  }
}

type Connect = SenderOptions["connect"];

/** As the server's own topic template says (`kilowatch/{site}/{device}/{metric}`). */
function connectMqtt({ mqttUrl, apiKey }: Target): ReturnType<Connect> {
  if (mqttUrl === undefined || apiKey === undefined) return null;
  return mqttCarrier({
    url: mqttUrl,
    password: apiKey,
    topicOf: ({ name }) => `kilowatch/crash-site/crash-mqtt/${name}`,
    payloadOf: ({ timeMs, value }) => JSON.stringify({ value, time: timeMs }),
  });
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A server as the senders see it. */
export function targetOf(server: ServerProcess): Target {
  return { url: server.url, lives: async () => server.isAlive };
}
