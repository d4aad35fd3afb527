import type { Broker, MqttCounters } from "./broker.ts";
import type { FaultDice } from "./faults.ts";
import type { Cabinet } from "./plant.ts";
import { pointsOf } from "./points.ts";
import { readTopic } from "./topics.ts";

interface FeedOptions {
  readonly seed: number;
  readonly plant: ReadonlyMap<string, Cabinet>;
  readonly dice: FaultDice;
  readonly counters: MqttCounters;
}

/** Rounds of live messages, one for each topic that anyone has asked for and whose cabinet is connected. */
export class Feed {
  readonly #options: FeedOptions;
  /** Messages that wait until the next of their topic has gone. */
  readonly #held = new Map<string, string>();
  #messages = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  async publish(broker: Broker, topics: Iterable<string>, timeMs: number): Promise<void> {
    const { dice, counters } = this.#options;
    for (const topic of topics) {
      const payload = this.#payload(topic, timeMs);
      if (payload === null) continue;
      const number = ++this.#messages;
      const held = this.#held.get(topic);
      if (held === undefined && dice.strikes("mqtt-out-of-order", number)) {
        this.#held.set(topic, payload);
        continue;
      }
      this.#held.delete(topic);
      const twice = dice.strikes("mqtt-duplicate", number);
      for (const message of [payload, ...(twice ? [payload] : []), ...(held === undefined ? [] : [held])]) {
        await broker.publish(topic, message);
        counters.published++;
      }
      if (twice) counters.duplicated++;
      if (held !== undefined) counters.reordered++;
    }
  }

  #payload(topic: string, timeMs: number): string | null {
    const { plant, seed } = this.#options;
    const { sn, locationCode } = readTopic(topic) ?? { sn: "", locationCode: null };
    const cabinet = plant.get(sn);
    if (!cabinet?.connectionAt(timeMs).online) return null;
    const components = cabinet.components.filter((one) => locationCode === null || one.locationCode === locationCode);
    const points = components.map((one) => [one.locationCode, pointsOf(seed, cabinet, one, timeMs)] as const);
    return JSON.stringify({ sn, time: timeMs, points: Object.fromEntries(points) });
  }
}
