import { expect, test } from "vitest";
import { Campaign } from "./campaign.ts";
import { seedOf } from "./chance.ts";
import type { Kill, Point } from "./shots.ts";

/*
 * CRASH_KILLS: kills in all. CRASH_SEED: decides all of them. CRASH_CAMPAIGN: runs this campaign alone, as a failure's last line says.
 * A seed decides what is sent, which point kills whom, when and how late; processes still race as they like within that.
 */
const KILLS = Number(process.env["CRASH_KILLS"] ?? 100);
const SEED = Number(process.env["CRASH_SEED"] ?? 20_261_121);
const ONLY = process.env["CRASH_CAMPAIGN"];
const KILLS_PER_CAMPAIGN = 10;
/** Points by which each campaign begins later than the one before; has no divisor in common with the numbers of points (6 and 7). */
const POINTS_FURTHER = 5;
/** Fewer kills need not meet every point. */
const ALL_POINTS_KILLS_MIN = 100;
/** A campaign in so many runs beside a demo that polls. */
const DEMO_EVERY = 10;
const READY_P99_MS_MAX = 3_000;
/** Fewer starts say nothing about a hundredth of them. */
const READY_P99_STARTS_MIN = 300;
/** Far above what is measured: a start that takes longer is stuck, not slow. */
const READY_MS_MAX = 15_000;
/** Never reached: what waits in it has limits of its own. Vitest would leave the servers of a test that it cuts off running. */
const CAMPAIGN_MS_MAX = 900_000;

const POINTS = [
  "journal.append",
  "journal.commit",
  "journal.committed",
  "projection.sent",
  "projection.inserted",
  "latest.saved",
  "checkpoint.done",
  "rollup.begin",
  "rollup.written",
] as const satisfies readonly Point[];

const campaigns = Array.from({ length: Math.ceil(KILLS / KILLS_PER_CAMPAIGN) }, (_, index) => index);
const chosen = campaigns.filter((index) => ONLY === undefined || index === Number(ONLY));

test(`${chosen.length * KILLS_PER_CAMPAIGN} × kill -9 at seeded points: nothing acked is lost, doubled or changed`, {
  // A lost reading is a fault even when it is not lost the second time.
  retry: 0,
  timeout: chosen.length * CAMPAIGN_MS_MAX,
}, async () => {
  const total = new Total();
  for (const index of chosen) {
    const campaign = new Campaign({
      seed: seedOf(SEED, index),
      kills: KILLS_PER_CAMPAIGN,
      points: POINTS,
      turn: index * POINTS_FURTHER,
      command: index % DEMO_EVERY === DEMO_EVERY - 1 ? "demo" : "serve",
    });
    const again = `\nAgain: CRASH_SEED=${SEED} CRASH_CAMPAIGN=${index} CRASH_KILLS=${KILLS} npm run test:crash`;
    try {
      await campaign.run();
    } catch (error) {
      throw new Error(`${(error as Error).message}${again}`, { cause: error });
    }
    expect(campaign.faults.lines(), again).toEqual([]);
    total.add(campaign);
  }
  console.log(total.report());
  expect(total.kills.length).toBeGreaterThanOrEqual(chosen.length * KILLS_PER_CAMPAIGN);
  if (ONLY === undefined) {
    expect(total.readyMs(1)).toBeLessThan(READY_MS_MAX);
    if (total.starts >= READY_P99_STARTS_MIN) expect(total.readyMs(0.99)).toBeLessThan(READY_P99_MS_MAX);
    if (KILLS < ALL_POINTS_KILLS_MIN) return;
    expect(POINTS.filter((point) => !total.kills.some((kill) => kill.point === point))).toEqual([]);
  }
});

/** What all campaigns came to. */
class Total {
  readonly kills: Kill[] = [];
  readonly #readyMs: number[] = [];
  readonly #plans = new Map<string, number>();
  #comparisons = 0;
  #acked = 0;
  #refused = 0;
  #unanswered = 0;
  #held = 0;

  add({ kills, readyMs, plans, comparisons, load, held }: Campaign): void {
    this.kills.push(...kills);
    this.#readyMs.push(...readyMs);
    for (const [plan, count] of plans) this.#plans.set(plan, (this.#plans.get(plan) ?? 0) + count);
    this.#comparisons += comparisons;
    this.#acked += load.ledger.acked;
    this.#refused += load.ledger.refused;
    this.#unanswered += load.ledger.unanswered;
    this.#held += held.readings;
  }

  get starts(): number {
    return this.#readyMs.length;
  }

  /** The time within which this share of the starts was ready, ms. */
  readyMs(share: number): number {
    const sorted = this.#readyMs.toSorted((a, b) => a - b);
    return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  }

  report(): string {
    const byPoint = Object.entries(Object.groupBy(this.kills, ({ point }) => point)).map(
      ([point, kills]) =>
        `  ${point}: ${VICTIMS.map((one) => `${one} ${kills.filter((kill) => kill.victim === one).length}`).join(", ")}`,
    );
    return [
      `${this.kills.length} kills, seed ${SEED}:`,
      ...byPoint.toSorted(),
      `${this.#comparisons} comparisons without a fault; ${this.#acked} readings acked, ${this.#refused} refused, ${this.#unanswered} unanswered; ${this.#held} held at the ends`,
      `steps answered from: ${[...this.#plans].map(([plan, count]) => `${plan} ${count}`).join(", ")}`,
      `ready after ${this.readyMs(0.5)} ms (p50), ${this.readyMs(0.99)} ms (p99), ${this.readyMs(1)} ms (slowest of ${this.#readyMs.length})`,
    ].join("\n");
  }
}

const VICTIMS = ["server", "engine", "all"] as const;
