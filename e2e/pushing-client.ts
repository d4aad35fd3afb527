import { setTimeout as sleep } from "node:timers/promises";

/** A reading that the client sent: its place in `/data` is (second, name). */
export interface SentReading {
  readonly second: number;
  readonly name: string;
  readonly value: number;
}

const READINGS_PER_REQUEST = 20;
const NAMES = 10;
const BEGIN_SECOND = Date.UTC(2024, 0, 1) / 1_000;

/** Pushes readings as quickly as they are acked, and keeps a ledger of what was acked and what may or may not have arrived. */
export class PushingClient {
  readonly acked: SentReading[] = [];
  /** Sent, and no answer came: stored or not, both are right. */
  readonly unknown: SentReading[] = [];
  readonly refusals: number[] = [];
  #next = 0;

  /** Pushes until `signal` aborts or the connection breaks. */
  async push(url: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const batch = Array.from({ length: READINGS_PER_REQUEST }, () => this.#make());
      const body = batch.map(({ second, name, value }) => `${second} ${name} ${value}\n`).join("");
      const answer = await fetch(`${url}/data`, {
        method: "POST",
        body,
        headers: { "content-type": "text/plain" },
      }).catch(() => null);
      const text = await answer?.text().catch(() => null);
      if (answer?.status === 200 && text === '{"success":true}') this.acked.push(...batch);
      else if (answer && text && answer.status !== 200) {
        this.refusals.push(answer.status);
        await sleep(50);
      } else {
        this.unknown.push(...batch);
        return;
      }
    }
  }

  /** Compares what the server holds with the ledger; every entry of the answer is a fault. */
  async faults(url: string): Promise<string[]> {
    const answer = await fetch(`${url}/data?from=2024-01-01&to=2024-12-31`);
    const held = (await answer.json()) as { time: string; name: string; value: number }[];
    const byKey = new Map<string, number>();
    const faults: string[] = [];
    for (const { time, name, value } of held) {
      const key = `${Date.parse(time) / 1_000} ${name}`;
      if (byKey.has(key)) faults.push(`doubled: ${key}`);
      byKey.set(key, value);
    }
    for (const { second, name, value } of this.acked) {
      const found = byKey.get(`${second} ${name}`);
      if (found === undefined) faults.push(`lost: ${second} ${name}`);
      else if (found !== value) faults.push(`changed: ${second} ${name} from ${value} to ${found}`);
    }
    const sent = new Set([...this.acked, ...this.unknown].map(({ second, name }) => `${second} ${name}`));
    for (const key of byKey.keys()) if (!sent.has(key)) faults.push(`invented: ${key}`);
    return faults;
  }

  #make(): SentReading {
    const index = this.#next++;
    return {
      second: BEGIN_SECOND + Math.floor(index / NAMES),
      name: `sensor-${index % NAMES}`,
      value: (index * 7919) % 100_003,
    };
  }
}
