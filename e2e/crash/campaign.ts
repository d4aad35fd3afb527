import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../free-port.ts";
import { OPERATOR_ENV, Operator } from "../operator.ts";
import { ServerProcess, temporaryFolder } from "../server-process.ts";
import { ArmedServer } from "./armed-server.ts";
import { Chance } from "./chance.ts";
import { Load } from "./load.ts";
import { checkPolled } from "./polled.ts";
import { Fates, type Kill, type Life, type Point } from "./shots.ts";
import { type Ask, askStored } from "./stored.ts";
import { FaultList } from "./verdict.ts";

const ENV = { ...OPERATOR_ENV, KILOWATCH_OPEN_DATA: "1" };
/** Between two reads of the load, ms: each makes the engine take what is journalled, in a part of its own that it must merge. */
const READ_PAUSE_MS = 25;
/** Of what a server printed, in a failure's message. */
const SHOWN_CHARS = 3_000;

export interface CampaignOptions {
  readonly seed: number;
  /** Ends with the life in which so many have been reached. */
  readonly kills: number;
  readonly points: readonly Point[];
  /** Where among them it begins. */
  readonly turn: number;
  /** `demo` polls simulated vendors beside. */
  readonly command: "serve" | "demo";
}

/** One data folder over many lives: the program is killed as the seed says, and the store is compared with the ledger after each death. */
export class Campaign {
  readonly kills: Kill[] = [];
  /** Of every start on a data folder that a killed server left, ms. */
  readonly readyMs: number[] = [];
  readonly faults = new FaultList();
  readonly load: Load;
  /** Answers over steps, by the rollup that they came from. */
  readonly plans = new Map<string, number>();
  /** Comparisons of the store with the ledger. */
  comparisons = 0;
  /** Readings that the store held at the last comparison, and their hash. */
  held = { readings: 0, hash: "" };
  readonly #options: CampaignOptions;
  readonly #chance: Chance;
  #apiKey: string | undefined;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed);
    this.load = new Load(this.#chance);
  }

  /** Resolves when it is over or something is wrong. @throws Error when a server cannot be started or asked */
  async run(): Promise<void> {
    using data = temporaryFolder();
    using orders = temporaryFolder();
    const mqttPort = await freePort();
    const env = this.#options.command === "serve" ? { ...ENV, KILOWATCH_MQTT_PORT: `${mqttPort}` } : ENV;
    const options = { command: this.#options.command, dataDir: data.path, env };
    const fates = new Fates(this.#chance, this.#options.points, this.#options.turn);
    for (let count = 0; this.kills.length < this.#options.kills && this.faults.isEmpty; count++) {
      // The first life makes the API key that the senders need.
      const drawn = fates.draw();
      const life = count === 0 ? { ...drawn, fromTheStart: false } : drawn;
      const server = await ArmedServer.start(options, life, orders.path);
      if (server instanceof ArmedServer) await this.#live(server, life, count === 0, `mqtt://127.0.0.1:${mqttPort}`);
      else this.kills.push(...server);
    }
    if (!this.faults.isEmpty) return;
    const server = await ServerProcess.start(options);
    try {
      this.readyMs.push(server.readyMs);
      await this.#compare(server.url);
      const ask = await this.#asker(server.url);
      if (this.#options.command === "demo") this.faults.addAll(await checkPolled(ask, this.#chance));
      const code = await server.stop();
      if (code !== 0) this.faults.add("cut", `the last server ended with ${code} when it was asked to stop`);
    } finally {
      if (server.isAlive) await server.kill("all");
    }
  }

  async #live(server: ArmedServer, life: Life, isFirst: boolean, mqttUrl: string): Promise<void> {
    const stopReading = new AbortController();
    try {
      if (!isFirst) this.readyMs.push(server.readyMs);
      // One that may be killed from its start on is compared in the next life.
      if (!isFirst && !life.fromTheStart) await this.#compare(server.url);
      if (!this.faults.isEmpty) return;
      if (isFirst && this.#options.command === "serve") this.#apiKey = await newApiKey(server.url);
      this.load.start({ url: server.url, apiKey: this.#apiKey, mqttUrl, lives: () => server.lives() });
      const reading = this.#readUntil(server.url, stopReading.signal);
      this.kills.push(...(await server.untilKilled()));
      await this.load.pause();
      stopReading.abort();
      await reading;
      this.faults.addAll(this.load.takeFaults());
    } catch (error) {
      throw new Error(`${(error as Error).message}\nThe server said:\n${server.output.slice(-SHOWN_CHARS)}`, {
        cause: error,
      });
    } finally {
      stopReading.abort();
      await server.end();
    }
  }

  async #compare(url: string): Promise<void> {
    const stored = await askStored(url, await this.#asker(url), this.#chance, (name) => this.load.owns(name));
    const comparison = this.load.ledger.compare(stored.readings);
    this.load.ledger.settle(stored.readings);
    this.faults.addAll(comparison.faults);
    this.faults.addAll(stored.faults);
    for (const [plan, count] of stored.plans) this.plans.set(plan, (this.plans.get(plan) ?? 0) + count);
    this.held = { readings: comparison.readings, hash: comparison.hash };
    this.comparisons++;
  }

  /** Reads of a little, one after the other. */
  async #readUntil(url: string, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const answer = await fetch(`${url}/data?from=2024-01-01T00:00:00Z&to=2024-01-01T00:00:10Z`).catch(() => null);
      await answer?.arrayBuffer().catch(() => {});
      if (answer && answer.status !== 200 && answer.status !== 503) {
        this.faults.add("cut", `GET /data answered ${answer.status}`);
      }
      await sleep(READ_PAUSE_MS);
    }
  }

  async #asker(url: string): Promise<Ask> {
    if (this.#options.command === "serve") {
      const operator = await Operator.signIn({ url });
      return (path) => operator.text(path);
    }
    return async (path) => {
      const answer = await fetch(`${url}/api/v1${path}`);
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}: ${text}`);
      return text;
    };
  }
}

async function newApiKey(url: string): Promise<string> {
  const operator = await Operator.signIn({ url });
  const { key } = await operator.post<{ key: string }>("/api-keys", { name: "crash laboratory", scopes: ["ingest"] });
  return key;
}
