import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { EndedEarly, ServerProcess, type StartOptions } from "../server-process.ts";
import type { Target } from "./senders.ts";
import { isTimed, type Kill, type Life, type Orders, type Shot, type TimedShot } from "./shots.ts";

const PRELOAD = pathToFileURL(join(import.meta.dirname, "kill-at.ts")).href;
/** A life whose points do not come is ended then, so that the next one begins. */
const LOAD_MS_MAX = 4_000;
/** How long a process may take from breaking its connections to having ended. */
const DYING_MS_MAX = 1_000;

/** A server that will be killed as a life says. */
export class ArmedServer implements Target {
  readonly #server: ServerProcess;
  readonly #life: Life;
  readonly #orders: Orders;

  private constructor(server: ServerProcess, life: Life, orders: Orders) {
    this.#server = server;
    this.#life = life;
    this.#orders = orders;
  }

  /**
   * Starts the program with its orders in `ordersDir`, a folder that is no part of the program's own.
   * @returns the kills alone when it was killed before it was ready. @throws EndedEarly when it ended in any other way
   */
  static async start(options: StartOptions, life: Life, ordersDir: string): Promise<ArmedServer | readonly Kill[]> {
    const shots = [life.engineShot, life.lastShot].filter((shot): shot is Shot => shot !== null && !isTimed(shot));
    const orders: Orders = { shots, armedFile: join(ordersDir, "armed"), killsFile: join(ordersDir, "kills") };
    for (const file of [orders.armedFile, orders.killsFile]) rmSync(file, { force: true });
    if (life.fromTheStart) writeFileSync(orders.armedFile, "");
    const env = { ...options.env, NODE_OPTIONS: `--import=${PRELOAD}`, CRASH_ORDERS: JSON.stringify(orders) };
    try {
      return new ArmedServer(await ServerProcess.start({ ...options, env }), life, orders);
    } catch (error) {
      const kills = killsOf(orders);
      const wasOurs = error instanceof EndedEarly && error.signal === "SIGKILL" && kills.length > 0;
      if (!wasOurs) throw error;
      return kills;
    }
  }

  get url(): string {
    return this.#server.url;
  }

  get readyMs(): number {
    return this.#server.readyMs;
  }

  get output(): string {
    return this.#server.output;
  }

  async lives(): Promise<boolean> {
    await Promise.race([this.#server.ended, sleep(DYING_MS_MAX)]);
    return this.#server.isAlive;
  }

  /** Arms the shots, and resolves with the kills once the server is dead. */
  async untilKilled(): Promise<readonly Kill[]> {
    writeFileSync(this.#orders.armedFile, "");
    const { engineShot, lastShot } = this.#life;
    const kills: Kill[] = [];
    const timed = async (shot: TimedShot) => {
      await sleep(shot.afterMs);
      if (this.#server.isAlive && (await this.#kill(shot.victim)))
        kills.push({ point: "any time", victim: shot.victim });
    };
    const timers = [engineShot, lastShot]
      .filter((shot): shot is TimedShot => shot !== null && isTimed(shot))
      .map(timed);
    await Promise.race([this.#server.ended, sleep(LOAD_MS_MAX)]);
    if (this.#server.isAlive) {
      await this.#server.kill("all");
      kills.push({ point: "too late", victim: "all" });
    }
    await Promise.all(timers);
    return [...killsOf(this.#orders), ...kills];
  }

  /** SIGKILL, if anything of this server is still there. */
  async end(): Promise<void> {
    if (this.#server.isAlive) await this.#server.kill("all");
  }

  async #kill(victim: TimedShot["victim"]): Promise<boolean> {
    if (victim !== "engine") {
      await this.#server.kill(victim);
      return true;
    }
    try {
      process.kill(this.#server.enginePid, "SIGKILL");
      return true;
    } catch {
      // It is down already.
      return false;
    }
  }
}

function killsOf({ killsFile }: Orders): Kill[] {
  if (!existsSync(killsFile)) return [];
  const lines = readFileSync(killsFile, "utf8").trim().split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Kill);
}
