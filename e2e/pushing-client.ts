import { setTimeout as sleep } from "node:timers/promises";

/** A reading that the client sent: its place in `/data` is (second, name). */
interface SentReading {
  readonly second: number;
  readonly name: string;
  readonly value: number;
}

const READINGS_PER_REQUEST = 20;
const NAMES = 10;
const BEGIN_SECOND = Date.UTC(2024, 0, 1) / 1_000;
/** Every so many requests a client corrects the readings of its last one: the later value must win, whatever is replayed. */
const CORRECT_EVERY = 4;
const REFUSED_PAUSE_MS = 50;

/** Pushes readings as quickly as they are acked, and keeps a ledger of what was acked and what may or may not have arrived. */
export class PushingClient {
  /** Statuses of answers other than 200. */
  readonly refusals: number[] = [];
  /** By place: the value acked last, and those sent after it to which no answer came. */
  readonly #ledger = new Map<string, { acked: number | null; readonly unanswered: Set<number> }>();
  #next = 0;
  #ackedReadings = 0;
  #unansweredReadings = 0;

  /** Readings acked, corrections included. */
  get acked(): number {
    return this.#ackedReadings;
  }

  /** Readings to which no answer came: stored or not, both are right. */
  get unanswered(): number {
    return this.#unansweredReadings;
  }

  /** Pushes until `signal` aborts or the connection breaks. */
  async push(url: string, signal: AbortSignal): Promise<void> {
    let last: readonly SentReading[] = [];
    for (let request = 1; !signal.aborted; request++) {
      const isCorrection = request % CORRECT_EVERY === 0 && last.length > 0;
      const batch = isCorrection ? last.map((reading) => ({ ...reading, value: reading.value + 0.5 })) : this.#make();
      const status = await this.#send(url, batch);
      if (status === null) return;
      if (status === 200) last = batch;
      else await sleep(REFUSED_PAUSE_MS);
    }
  }

  /** Compares what the server holds with the ledger; every entry of the answer is a fault. */
  async faults(url: string): Promise<string[]> {
    const answer = await fetch(`${url}/data?from=2024-01-01&to=2024-12-31`);
    const held = (await answer.json()) as { time: string; name: string; value: number }[];
    const faults: string[] = [];
    const seen = new Set<string>();
    for (const { time, name, value } of held) {
      const place = placeOf(Date.parse(time) / 1_000, name);
      const entry = this.#ledger.get(place);
      if (seen.has(place)) faults.push(`doubled: ${place}`);
      seen.add(place);
      if (!entry) faults.push(`invented: ${place}`);
      else if (value !== entry.acked && !entry.unanswered.has(value)) {
        faults.push(`wrong: ${place} is ${value}, acked was ${entry.acked}`);
      }
    }
    for (const [place, { acked }] of this.#ledger)
      if (acked !== null && !seen.has(place)) faults.push(`lost: ${place}`);
    return faults;
  }

  /** The answer's status; null when none came. */
  async #send(url: string, batch: readonly SentReading[]): Promise<number | null> {
    const body = batch.map(({ second, name, value }) => `${second} ${name} ${value}\n`).join("");
    const headers = { "content-type": "text/plain" };
    const answer = await fetch(`${url}/data`, { method: "POST", body, headers }).catch(() => null);
    const text = await answer?.text().catch(() => null);
    if (answer?.status === 200 && text === '{"success":true}') {
      for (const { second, name, value } of batch) {
        this.#ledger.set(placeOf(second, name), { acked: value, unanswered: new Set() });
      }
      this.#ackedReadings += batch.length;
      return 200;
    }
    if (answer && text && answer.status !== 200) {
      this.refusals.push(answer.status);
      return answer.status;
    }
    for (const { second, name, value } of batch) {
      const place = placeOf(second, name);
      const entry = this.#ledger.get(place) ?? { acked: null, unanswered: new Set<number>() };
      entry.unanswered.add(value);
      this.#ledger.set(place, entry);
    }
    this.#unansweredReadings += batch.length;
    return null;
  }

  #make(): SentReading[] {
    return Array.from({ length: READINGS_PER_REQUEST }, () => {
      const index = this.#next++;
      const second = BEGIN_SECOND + Math.floor(index / NAMES);
      return { second, name: `sensor-${index % NAMES}`, value: (index * 7_919) % 100_003 };
    });
  }
}

function placeOf(second: number, name: string): string {
  return `${second} ${name}`;
}
