import { setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "./chance.ts";
import type { Ledger, SentBatch } from "./ledger.ts";
import { FaultList } from "./verdict.ts";
import type { Workload } from "./workload.ts";

/** What became of a batch that was sent: stored for certain, certainly not, or nobody knows. */
export type Outcome = "acked" | "refused" | "unanswered";

/** A connection that carries batches to a server. */
export interface Carrier extends AsyncDisposable {
  /** Whether a broken connection is how the server says that it cannot store now. */
  readonly isCutToRefuse?: boolean;
  send(batch: SentBatch): Promise<Outcome>;
  /** The stored value of a reading; undefined when the server cannot say now, null when it has none. */
  readBack?(name: string, timeMs: number): Promise<number | null | undefined>;
}

/** Where a server can be reached, and whether it lives. */
export interface Target {
  readonly url: string;
  /** Of senders that need one; those stay idle without it. */
  readonly apiKey?: string | undefined;
  readonly mqttUrl?: string | undefined;
  /** False once its process has ended, or is about to within this moment. */
  lives(): Promise<boolean>;
}

export interface SenderOptions {
  readonly chance: Chance;
  readonly ledger: Ledger;
  readonly workload: Workload;
  /** Null when this server does not listen for the sender's protocol. */
  readonly connect: (target: Target) => Carrier | null | Promise<Carrier | null>;
  /** Of the time between two batches, ms. */
  readonly pauseMsMax?: number;
}

const REFUSED_PAUSE_MS = 40;
const PAUSE_MS_MAX = 12;
/** Every so many unanswered batches one is given up instead of being sent again. */
const GIVEN_UP_ONCE_IN = 6;
const READ_BACK_ONCE_IN = 12;

/** Sends one batch after the other, each until it is acked, over the deaths of servers; what it knows goes into the ledger. */
export class Sender {
  readonly #options: SenderOptions;
  #faults = new FaultList();
  /** Sent without success; goes first when the server is back. */
  #owed: SentBatch | null = null;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Sends until `stop` aborts or the server dies; the request under way is awaited. Never rejects: what goes wrong is a fault. */
  async run(target: Target, stop: AbortSignal): Promise<void> {
    try {
      await this.#run(target, stop);
    } catch (error) {
      this.#faults.add("cut", (error as Error).message);
    }
  }

  async #run(target: Target, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await using carrier = await this.#options.connect(target);
      if (!carrier) return;
      if ((await this.#sendUntil(carrier, stop)) === "stopped" || !(await target.lives())) return;
      if (!carrier.isCutToRefuse) this.#faults.add("cut", "a living server did not answer a request");
      await sleep(REFUSED_PAUSE_MS);
    }
  }

  async #sendUntil(carrier: Carrier, stop: AbortSignal): Promise<"stopped" | "unanswered"> {
    const { chance, pauseMsMax = PAUSE_MS_MAX } = this.#options;
    while (!stop.aborted) {
      const outcome = await this.#sendOne(carrier);
      if (outcome === "unanswered") return outcome;
      if (outcome === "refused") await sleep(REFUSED_PAUSE_MS);
      else if (chance.onceIn(2)) await sleep(chance.next() * pauseMsMax);
    }
    return "stopped";
  }

  takeFaults(): FaultList {
    const faults = this.#faults;
    this.#faults = new FaultList();
    return faults;
  }

  async #sendOne(carrier: Carrier): Promise<Outcome> {
    const { chance, ledger, workload } = this.#options;
    const batch = this.#owed ?? workload.next();
    ledger.sending(batch);
    const outcome = await carrier.send(batch);
    switch (outcome) {
      case "acked":
        ledger.answeredAcked(batch);
        workload.remember(batch);
        this.#owed = null;
        if (chance.onceIn(READ_BACK_ONCE_IN)) await this.#readBack(carrier, batch);
        break;
      case "refused":
        ledger.answeredRefused(batch);
        this.#owed = batch;
        break;
      case "unanswered":
        ledger.unansweredFor(batch);
        this.#owed = chance.onceIn(GIVEN_UP_ONCE_IN) ? null : batch;
        break;
    }
    return outcome;
  }

  /** A read that begins after the ack must show it. */
  async #readBack(carrier: Carrier, batch: SentBatch): Promise<void> {
    const last = batch.at(-1);
    if (!carrier.readBack || !last) return;
    const expected = this.#options.ledger.certain(last.name, last.timeMs);
    const held = await carrier.readBack(last.name, last.timeMs);
    if (held === undefined || held === expected) return;
    this.#faults.add("misread", `${last.name} @ ${last.timeMs} was acked as ${expected} and then read as ${held}`);
  }
}

/** Several senders over one ledger, at work or paused together. */
export class Senders {
  readonly #senders: readonly Sender[];
  #running: { readonly stop: AbortController; readonly ended: Promise<unknown> } | null = null;

  constructor(senders: readonly Sender[]) {
    this.#senders = senders;
  }

  /** What they have seen go wrong since this was last asked. */
  takeFaults(): FaultList {
    const all = new FaultList();
    for (const sender of this.#senders) all.addAll(sender.takeFaults());
    return all;
  }

  start(target: Target): void {
    if (this.#running) throw new RangeError("the senders are at work already");
    const stop = new AbortController();
    this.#running = { stop, ended: Promise.all(this.#senders.map((sender) => sender.run(target, stop.signal))) };
  }

  /** Lets each finish the request under way. */
  async pause(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.ended;
    this.#running = null;
  }
}
