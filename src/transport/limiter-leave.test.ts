import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "../domain/virtual-clock.ts";
import type { Budget } from "./budget.ts";
import type { Lane } from "./lanes.ts";
import { Limiter, type LimiterOptions } from "./limiter.ts";
import { mostInAnyWindow } from "./virtual-vendor.ts";

const ONE_A_SECOND: readonly Budget[] = [{ requests: 1, perMs: 1000 }];

function limiterOf(options: Partial<LimiterOptions> = {}) {
  const clock = new VirtualClock();
  return { clock, limiter: new Limiter({ budgets: ONE_A_SECOND, clock, ...options }) };
}

/** When each of so many calls of a lane is sent, as long as time lasts. */
async function sentAtMs(clock: VirtualClock, limiter: Limiter, lanes: readonly Lane[], untilMs: number) {
  const sent: { lane: Lane; atMs: number }[] = [];
  const stop = new AbortController();
  const senders = lanes.map(async (lane) => {
    for (;;) {
      const permit = await limiter.acquire({ lane, signal: stop.signal });
      sent.push({ lane, atMs: clock.monotonicMs() });
      permit.release();
    }
  });
  const ended = Promise.allSettled(senders);
  await clock.advance(untilMs);
  stop.abort();
  await ended;
  return sent;
}

describe("leave to send", () => {
  test("is needed where another process may hold the budget, and lasts until its end", async () => {
    const { clock, limiter } = limiterOf({ needsLeave: true });
    const sending = sentAtMs(clock, limiter, ["live"], 30_000);
    await Promise.resolve();
    limiter.allow({ untilMonotonicMs: 3_500, calls: Number.POSITIVE_INFINITY });
    const sent = await sending;
    expect(sent.map(({ atMs }) => atMs)).toEqual([0, 1000, 2000, 3000]);
  });

  test("is for so many calls, and says when they are spent", async () => {
    let spent = 0;
    const { clock, limiter } = limiterOf({ needsLeave: true, onLeaveSpent: () => spent++ });
    const sending = sentAtMs(clock, limiter, ["live"], 30_000);
    await Promise.resolve();
    limiter.allow({ untilMonotonicMs: Number.POSITIVE_INFINITY, calls: 2 });
    expect((await sending).map(({ atMs }) => atMs)).toEqual([0, 1000]);
    expect(spent).toBe(1);
  });

  test("that is taken back lets nothing more through", async () => {
    const { clock, limiter } = limiterOf();
    limiter.forbid();
    expect(await sentAtMs(clock, limiter, ["live", "history"], 10_000)).toEqual([]);
  });
});

describe("a lane's share", () => {
  test.each([
    [1, 1, 60],
    [1, 0.5, 30],
    [10, 0.25, 150],
    [3, 0.5, 90],
  ])("of %d a second is %d of it, also when nobody else waits", async (requests, history, expected) => {
    const { clock, limiter } = limiterOf({ budgets: [{ requests, perMs: 1000 }], laneShares: { history } });
    const sent = await sentAtMs(clock, limiter, ["history"], 59_999);
    expect(Math.abs(sent.length - expected)).toBeLessThanOrEqual(1);
  });

  test("leaves the rest to others, and live goes first", async () => {
    const { clock, limiter } = limiterOf({ laneShares: { repair: 0.4, history: 0.2 } });
    const sent = await sentAtMs(clock, limiter, ["history", "repair"], 99_999);
    const of = (lane: Lane) => sent.filter((call) => call.lane === lane).length;
    expect(of("repair")).toBe(40);
    expect(of("history")).toBe(20);
    const live = await sentAtMs(clock, limiter, ["history", "live"], 99_999);
    expect(live.filter(({ lane }) => lane === "history")).toEqual([]);
  });
});

describe("calls under way at once", () => {
  test("are at most so many", async () => {
    const { clock, limiter } = limiterOf({ budgets: [{ requests: 100, perMs: 1000 }], concurrentMax: 3 });
    let underWay = 0;
    let most = 0;
    const work = Array.from({ length: 20 }, async () => {
      const permit = await limiter.acquire();
      most = Math.max(most, ++underWay);
      await clock.sleepUntil(clock.monotonicMs() + 70);
      underWay--;
      permit.release();
    });
    await clock.run(Promise.all(work));
    expect(most).toBe(3);
  });
});

describe("a budget that the vendor told of", () => {
  test("holds beside those that were known, from now on", async () => {
    const { clock, limiter } = limiterOf();
    limiter.learn({ requests: 5, perMs: 60_000 }, 5);
    const sent = await sentAtMs(clock, limiter, ["live"], 179_999);
    expect(
      mostInAnyWindow(
        sent.map(({ atMs }) => atMs),
        60_000,
      ),
    ).toBe(5);
    expect(sent[0]?.atMs).toBe(60_000);
  });

  test("changes nothing when it is no stricter", async () => {
    const { clock, limiter } = limiterOf();
    limiter.learn({ requests: 2, perMs: 1000 });
    limiter.learn({ requests: 1, perMs: 500 });
    expect(limiter.spent(8)).toHaveLength(1);
    expect(await sentAtMs(clock, limiter, ["live"], 9_999)).toHaveLength(10);
  });
});

describe("what an earlier process spent", () => {
  const budget = fc.record({ requests: fc.integer({ min: 1, max: 40 }), perMs: fc.constantFrom(1_000, 60_000) });

  test("counts on in the next one, however coarsely it was kept", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(budget, { minLength: 1, maxLength: 2 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 90_000 }),
        fc.integer({ min: 0, max: 5_000 }),
        async (budgets, portionsMax, firstMs, pauseMs) => {
          const { clock, limiter } = limiterOf({ budgets });
          const first = await sentAtMs(clock, limiter, ["live"], firstMs);
          const spent = limiter.spent(portionsMax);
          for (const { portions } of spent) expect(portions.length).toBeLessThanOrEqual(portionsMax);
          await clock.advance(pauseMs);
          const next = new Limiter({ budgets, clock });
          // The next process does not know how long the pause was: nothing is taken off the ages.
          next.restore(spent);
          const second = await sentAtMs(clock, next, ["live"], 90_000);
          const all = [...first, ...second].map(({ atMs }) => atMs);
          for (const { requests, perMs } of budgets) expect(mostInAnyWindow(all, perMs)).toBeLessThanOrEqual(requests);
        },
      ),
      { numRuns: 60 },
    );
  });
});
