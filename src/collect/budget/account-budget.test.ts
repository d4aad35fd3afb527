import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StorageUnavailable } from "../../domain/errors.ts";
import { silentLog } from "../../domain/log.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import type { Budget } from "../../transport/budget.ts";
import type { Limiter } from "../../transport/limiter.ts";
import { mostInAnyWindow } from "../../transport/virtual-vendor.ts";
import { MortalProcess } from "../mortal-process.fixture.ts";
import { AccountBudget, LEASE } from "./account-budget.ts";
import { MemoryBudgets } from "./memory-budgets.fixture.ts";

const ONE_A_SECOND: readonly Budget[] = [{ requests: 1, perMs: 1_000 }];

/** A vendor's account, and processes that all want to spend it. */
class Stage {
  readonly clock = new VirtualClock();
  readonly store = new MemoryBudgets();
  readonly sent: { atMs: number; by: string }[] = [];
  readonly processes: { process: MortalProcess; budget: AccountBudget }[] = [];
  readonly budgets: readonly Budget[];

  constructor(budgets: readonly Budget[] = ONE_A_SECOND) {
    this.budgets = budgets;
  }

  /** A process that sends as often as it may. @param answerMs how long each call takes */
  begin(
    name: string,
    options: { wallAheadMs?: number; isAlone?: boolean; answerMs?: () => number } = {},
  ): AccountBudget {
    const { wallAheadMs = 0, isAlone = false, answerMs = () => 0 } = options;
    const process = new MortalProcess(name, this.clock, wallAheadMs);
    let stop = new AbortController();
    const budget = new AccountBudget({
      account: "account",
      holder: name,
      budgets: this.budgets,
      store: process.sharing(this.store),
      isAlone,
      clock: process.clock,
      log: silentLog,
      onHeld: (limiter) => {
        stop = new AbortController();
        this.#spend(process, limiter, stop.signal, answerMs).catch(() => {});
      },
      onElsewhere: () => stop.abort(),
    });
    this.processes.push({ process, budget });
    budget.start();
    return budget;
  }

  kill(name: string): void {
    for (const { process } of this.processes) if (process.name === name) process.kill();
  }

  async #spend(process: MortalProcess, limiter: Limiter, signal: AbortSignal, answerMs: () => number): Promise<void> {
    for (;;) {
      const permit = await process.alive(limiter.acquire({ signal }));
      this.sent.push({ atMs: this.clock.monotonicMs(), by: process.name });
      await process.clock.sleepUntil(process.clock.monotonicMs() + answerMs());
      permit.release();
    }
  }
}

describe("the budget of an account", () => {
  test("is one process's, and another's within 15 s when that is killed", async () => {
    const stage = new Stage();
    stage.begin("a");
    await stage.clock.advance(3_000);
    stage.begin("b", { wallAheadMs: 900_000 });
    await stage.clock.advance(57_000);
    expect(new Set(stage.sent.map(({ by }) => by))).toEqual(new Set(["a"]));
    const killedMs = stage.clock.monotonicMs();
    stage.kill("a");
    await stage.clock.advance(30_000);
    const next = stage.sent.find(({ by }) => by === "b");
    expect((next?.atMs ?? Number.POSITIVE_INFINITY) - killedMs).toBeLessThanOrEqual(15_000);
    expect(
      mostInAnyWindow(
        stage.sent.map(({ atMs }) => atMs),
        1_000,
      ),
    ).toBe(1);
  });

  test("that is given back is another's at its next look", async () => {
    const stage = new Stage();
    const first = stage.begin("a");
    await stage.clock.advance(10_000);
    stage.begin("b");
    await stage.clock.advance(5_000);
    await first.close();
    const givenMs = stage.clock.monotonicMs();
    await stage.clock.advance(5_000);
    const next = stage.sent.find(({ by }) => by === "b");
    expect((next?.atMs ?? Number.POSITIVE_INFINITY) - givenMs).toBeLessThanOrEqual(LEASE.lookMs + 1_000);
  });

  test("is there at once for a process that has the catalogue to itself", async () => {
    const stage = new Stage();
    stage.begin("a");
    await stage.clock.advance(10_500);
    stage.kill("a");
    stage.begin("again", { isAlone: true });
    await stage.clock.advance(1_500);
    expect(stage.sent.some(({ by }) => by === "again")).toBe(true);
    expect(
      mostInAnyWindow(
        stage.sent.map(({ atMs }) => atMs),
        1_000,
      ),
    ).toBe(1);
  });

  test("is spent by nobody whose sign of life was not taken in time, and goes on when storage is back", async () => {
    const stage = new Stage();
    stage.begin("a");
    await stage.clock.advance(5_000);
    stage.store.gate = () => Promise.reject(new StorageUnavailable("away", 5));
    const awayMs = stage.clock.monotonicMs();
    await stage.clock.advance(60_000);
    const late = stage.sent.filter(({ atMs }) => atMs > awayMs + LEASE.leaseMs);
    expect(late).toEqual([]);
    stage.store.gate = async () => {};
    await stage.clock.advance(LEASE.leaseMs + 2 * LEASE.beatMs);
    expect((stage.sent.at(-1)?.atMs ?? 0) > awayMs + 60_000).toBe(true);
  });

  test("of a day is spent once, however often the process that spends it is killed", async () => {
    const stage = new Stage([{ requests: 100, perMs: 86_400_000 }, ...ONE_A_SECOND]);
    for (let start = 0; start < 12; start++) {
      stage.begin(`p${start}`, { wallAheadMs: start % 2 === 0 ? 800_000 : -800_000 });
      await stage.clock.advance(25_000);
      stage.kill(`p${start}`);
    }
    stage.begin("last");
    await stage.clock.advance(600_000);
    expect(stage.sent.length).toBeLessThanOrEqual(100);
    // Each kill loses what was set aside, which is one call of a budget of a hundred.
    expect(stage.sent.length).toBeGreaterThanOrEqual(88);
    await stage.clock.advance(86_400_000);
    expect(
      mostInAnyWindow(
        stage.sent.map(({ atMs }) => atMs),
        86_400_000,
      ),
    ).toBeLessThanOrEqual(100);
    expect(stage.sent.length).toBeGreaterThan(180);
  });

  test("that is paused stays paused for whoever comes next", async () => {
    const stage = new Stage();
    const pausedMs = 3_600_000;
    let limiterOfA: Limiter | null = null;
    const process = new MortalProcess("a", stage.clock, 0);
    const budget = new AccountBudget({
      account: "account",
      holder: "a",
      budgets: ONE_A_SECOND,
      store: process.sharing(stage.store),
      isAlone: false,
      clock: process.clock,
      log: silentLog,
      onHeld: (limiter) => {
        limiterOfA = limiter;
      },
      onElsewhere: () => {},
    });
    budget.start();
    await stage.clock.advance(1_000);
    (limiterOfA as Limiter | null)?.pauseUntil(process.clock.monotonicMs() + pausedMs);
    await stage.clock.advance(0);
    process.kill();
    const saidMs = stage.clock.monotonicMs();
    stage.begin("b", { wallAheadMs: 900_000 });
    await stage.clock.advance(3 * pausedMs);
    const [first] = stage.sent;
    expect((first?.atMs ?? 0) - saidMs).toBeGreaterThanOrEqual(pausedMs);
    expect((first?.atMs ?? 0) - saidMs).toBeLessThanOrEqual(pausedMs + 15_000);
  });

  const limit = fc.record({
    requests: fc.integer({ min: 1, max: 20 }),
    perMs: fc.constantFrom(1_000, 30_000, 3_600_000),
  });
  const deed = fc.oneof(
    fc.record({ kind: fc.constant("begin" as const), wallAheadMs: fc.integer({ min: -900_000, max: 900_000 }) }),
    fc.record({ kind: fc.constant("kill" as const), which: fc.nat({ max: 7 }) }),
    fc.record({ kind: fc.constant("close" as const), which: fc.nat({ max: 7 }) }),
    fc.record({ kind: fc.constant("outage" as const), forMs: fc.integer({ min: 1, max: 40_000 }) }),
    fc.record({ kind: fc.constant("wait" as const), forMs: fc.integer({ min: 1, max: 90_000 }) }),
  );

  test("holds in every sliding window of the vendor's, whoever is killed, closed or cut off from storage when", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(limit, { minLength: 1, maxLength: 3 }),
        fc.array(deed, { minLength: 5, maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 7 }),
        async (budgets, deeds, answersMs) => {
          const stage = new Stage(budgets);
          let answers = 0;
          const answerMs = () => answersMs[answers++ % answersMs.length] ?? 0;
          stage.begin("p0", { answerMs });
          for (const what of deeds) {
            if (what.kind === "begin") {
              const { wallAheadMs } = what;
              stage.begin(`p${stage.processes.length}`, { wallAheadMs, answerMs });
            } else if (what.kind === "wait") await stage.clock.advance(what.forMs);
            else if (what.kind === "outage") {
              stage.store.gate = () => Promise.reject(new StorageUnavailable("away", 5));
              await stage.clock.advance(what.forMs);
              stage.store.gate = async () => {};
            } else {
              const chosen = stage.processes[what.which % stage.processes.length];
              if (what.kind === "kill") chosen?.process.kill();
              else if (chosen)
                await stage.clock.run(
                  Promise.race([chosen.budget.close(), stage.clock.sleepUntil(stage.clock.monotonicMs() + 1)]),
                );
            }
            await stage.clock.advance(1_000);
          }
          const seenMs = stage.sent.map(({ atMs }) => atMs);
          for (const { requests, perMs } of budgets)
            expect(mostInAnyWindow(seenMs, perMs)).toBeLessThanOrEqual(requests);
        },
      ),
      { numRuns: 120 },
    );
  });
});
