import { getEventListeners } from "node:events";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "../domain/virtual-clock.ts";
import type { Budget } from "./budget.ts";
import { leastSpanMs } from "./budget.ts";
import { LANES, type Lane } from "./lanes.ts";
import { Limiter, type Permit } from "./limiter.ts";
import { mostInAnyWindow } from "./virtual-vendor.ts";

const ONE_A_SECOND: readonly Budget[] = [{ requests: 1, perMs: 1000 }];

function limiterOf(budgets: readonly Budget[] = ONE_A_SECOND, spentAtStart = false) {
  const clock = new VirtualClock();
  return { clock, limiter: new Limiter({ budgets, clock, spentAtStart }) };
}

/** Sends one call over a network with these delays; tells when the vendor saw it. */
async function send(clock: VirtualClock, limiter: Limiter, delays: Delays, lane?: Lane): Promise<number> {
  const permit = await limiter.acquire({ lane });
  await clock.sleepUntil(clock.monotonicMs() + delays.requestMs);
  const seenAtMs = clock.monotonicMs();
  await clock.sleepUntil(clock.monotonicMs() + delays.answerMs);
  permit.release();
  return seenAtMs;
}

interface Delays {
  readonly requestMs: number;
  readonly answerMs: number;
}

const budget = fc.record({ requests: fc.integer({ min: 1, max: 6 }), perMs: fc.constantFrom(50, 1000, 7000) });
const budgets = fc.array(budget, { minLength: 1, maxLength: 3 });
const delayMs = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 9000 }));
const delays = fc.record({ requestMs: delayMs, answerMs: delayMs });

describe("the limit", () => {
  test("holds in every sliding window of the vendor's, whatever the network delays", async () => {
    const call = fc.record({ delays, lane: fc.constantFrom(...LANES), startMs: fc.integer({ min: 0, max: 5000 }) });
    await fc.assert(
      fc.asyncProperty(budgets, fc.array(call, { minLength: 1, maxLength: 40 }), async (limits, calls) => {
        const { clock, limiter } = limiterOf(limits);
        const work = calls.map(async ({ delays, lane, startMs }) => {
          await clock.sleepUntil(startMs);
          return send(clock, limiter, delays, lane);
        });
        const seenAtMs = await clock.run(Promise.all(work));
        for (const { requests, perMs } of limits) {
          expect(mostInAnyWindow(seenAtMs, perMs)).toBeLessThanOrEqual(requests);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("holds while waiters are aborted, permits cancelled and everything paused", async () => {
    const call = fc.record({
      delays,
      fate: fc.constantFrom("send", "abort", "cancel", "pause"),
      atMs: fc.integer({ min: 0, max: 4000 }),
    });
    await fc.assert(
      fc.asyncProperty(budgets, fc.array(call, { minLength: 1, maxLength: 30 }), async (limits, calls) => {
        const { clock, limiter } = limiterOf(limits);
        const seenAtMs: number[] = [];
        const pauses: { fromMs: number; untilMs: number }[] = [];
        const work = calls.map(async ({ delays, fate, atMs }) => {
          await clock.sleepUntil(atMs);
          if (fate === "send") {
            const sentAtMs = await send(clock, limiter, delays);
            seenAtMs.push(sentAtMs);
          } else if (fate === "cancel") {
            (await limiter.acquire()).cancel();
          } else if (fate === "pause") {
            const untilMs = clock.monotonicMs() + delays.answerMs;
            pauses.push({ fromMs: clock.monotonicMs(), untilMs });
            limiter.pauseUntil(untilMs);
          } else {
            const stop = new AbortController();
            const waiting = limiter.acquire({ signal: stop.signal }).then(
              (permit) => permit.cancel(),
              () => {},
            );
            await clock.sleepUntil(clock.monotonicMs() + delays.answerMs);
            stop.abort();
            await waiting;
          }
        });
        await clock.run(Promise.all(work));
        expect(seenAtMs).toHaveLength(calls.filter(({ fate }) => fate === "send").length);
        for (const { requests, perMs } of limits) {
          expect(mostInAnyWindow(seenAtMs, perMs)).toBeLessThanOrEqual(requests);
        }
        expect(limiter.waiting).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  test("is not wasted: with no delay, the last call goes out exactly when the budgets allow it", async () => {
    await fc.assert(
      fc.asyncProperty(budgets, fc.integer({ min: 1, max: 60 }), async (limits, calls) => {
        const { clock, limiter } = limiterOf(limits);
        const work = Array.from({ length: calls }, () => send(clock, limiter, { requestMs: 0, answerMs: 0 }));
        const seenAtMs = await clock.run(Promise.all(work));
        expect(Math.max(...seenAtMs)).toBe(leastSpanMs(calls, limits));
      }),
    );
  });

  test("50 calls at one a second: exactly a second apart", async () => {
    const { clock, limiter } = limiterOf();
    const work = Array.from({ length: 50 }, () => send(clock, limiter, { requestMs: 0, answerMs: 0 }));
    const seenAtMs = await clock.run(Promise.all(work));
    expect(seenAtMs).toEqual(Array.from({ length: 50 }, (_, second) => second * 1000));
  });

  test("counts from the end of a call, when the vendor is known to have seen it", async () => {
    const { clock, limiter } = limiterOf();
    const first = await limiter.acquire();
    const second = limiter.acquire().then(() => clock.monotonicMs());
    await clock.advance(400);
    first.release();
    first.release();
    expect(await clock.run(second)).toBe(1400);
  });

  test("counts the whole budget as spent at the start, when told so", async () => {
    const { clock, limiter } = limiterOf([{ requests: 3, perMs: 1000 }], true);
    const work = Array.from({ length: 3 }, () => send(clock, limiter, { requestMs: 0, answerMs: 0 }));
    expect(await clock.run(Promise.all(work))).toEqual([1000, 1000, 1000]);
  });

  test("none: everything goes out at once", async () => {
    const { limiter } = limiterOf([]);
    await Promise.all(Array.from({ length: 1000 }, () => limiter.acquire()));
    expect(limiter.waiting).toBe(0);
  });

  test.each([
    { requests: 0, perMs: 1000 },
    { requests: 1.5, perMs: 1000 },
    { requests: 1, perMs: 0 },
    { requests: 1, perMs: Number.NaN },
  ])("cannot be $requests requests in $perMs ms", (nonsense) => {
    expect(() => limiterOf([nonsense])).toThrow(RangeError);
  });
});

describe("the order", () => {
  test("live before repair before history, first come first served within each", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...LANES), { minLength: 1, maxLength: 50 }), async (lanes) => {
        const { clock, limiter } = limiterOf();
        const holder = await limiter.acquire();
        const served: string[] = [];
        const work = lanes.map(async (lane, index) => {
          const permit = await limiter.acquire({ lane });
          served.push(`${lane} ${index}`);
          permit.release();
        });
        holder.release();
        await clock.run(Promise.all(work));
        expect(served).toEqual(
          LANES.flatMap((wanted) => lanes.flatMap((lane, index) => (lane === wanted ? [`${lane} ${index}`] : []))),
        );
      }),
    );
  });

  test("a newcomer does not overtake those who wait, even at the moment a place comes free", async () => {
    const { clock, limiter } = limiterOf();
    (await limiter.acquire()).release();
    const served: string[] = [];
    const early = limiter.acquire().then((permit) => {
      served.push("early");
      permit.release();
    });
    const late = clock.sleepUntil(1000).then(async () => {
      const permit = await limiter.acquire();
      served.push("late");
      permit.release();
    });
    await clock.run(Promise.all([early, late]));
    expect(served).toEqual(["early", "late"]);
  });
});

describe("leaving", () => {
  test("an aborted waiter leaves at once with the signal's reason and spends nothing", async () => {
    const { clock, limiter } = limiterOf();
    (await limiter.acquire()).release();
    const stop = new AbortController();
    const leaver = limiter.acquire({ signal: stop.signal });
    const stayer = limiter.acquire().then(() => clock.monotonicMs());
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(leaver).rejects.toBe(reason);
    expect(limiter.waiting).toBe(1);
    expect(await clock.run(stayer)).toBe(1000);
  });

  test("a signal that is aborted already is refused", async () => {
    const { limiter } = limiterOf();
    const reason = new Error("too late");
    await expect(limiter.acquire({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("when the last waiter has left, nothing sleeps on and keeps the process alive", async () => {
    const { clock, limiter } = limiterOf();
    (await limiter.acquire()).release();
    const stop = new AbortController();
    const leaver = limiter.acquire({ signal: stop.signal });
    stop.abort();
    await expect(leaver).rejects.toThrow();
    await expect(clock.run(new Promise(() => {}))).rejects.toThrow("no sleeper left");
  });

  test("a signal that outlives its waiters keeps nothing of them", async () => {
    const { limiter } = limiterOf([]);
    const { signal } = new AbortController();
    await limiter.acquire({ signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("a cancelled permit costs nothing", async () => {
    const { limiter } = limiterOf();
    const permit = await limiter.acquire();
    const next = limiter.acquire();
    permit.cancel();
    permit.release();
    expect(await next).toBeDefined();
  });

  test("all waiters can be sent away with a reason each; later ones are served", async () => {
    const { clock, limiter } = limiterOf();
    (await limiter.acquire()).release();
    const waiting = Promise.allSettled([limiter.acquire(), limiter.acquire({ lane: "history" })]);
    limiter.rejectWaiting(() => new Error("closed"));
    expect((await waiting).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await clock.run(limiter.acquire().then(() => clock.monotonicMs()))).toBe(1000);
  });
});

describe("a pause", () => {
  test("holds everything until its end; a shorter one does not shorten it", async () => {
    const { clock, limiter } = limiterOf();
    limiter.pauseUntil(7000);
    limiter.pauseUntil(3000);
    const granted = limiter.acquire().then(() => clock.monotonicMs());
    expect(await clock.run(granted)).toBe(7000);
  });

  test("that begins while calls wait for their second holds them too", async () => {
    const { clock, limiter } = limiterOf();
    (await limiter.acquire()).release();
    const granted = limiter.acquire().then(() => clock.monotonicMs());
    await clock.advance(500);
    limiter.pauseUntil(2500);
    expect(await clock.run(granted)).toBe(2500);
  });
});

test("100,000 waiters on one signal queue, are served and leave in a time that grows with their number, not its square", async () => {
  const waiters = 100_000;
  const { limiter } = limiterOf([{ requests: 1, perMs: 1 }]);
  const stop = new AbortController();
  let holder: Permit | null = await limiter.acquire();
  let served = 0;
  const work = Array.from({ length: waiters }, () =>
    limiter.acquire({ signal: stop.signal }).then(
      (permit) => {
        served++;
        // A cancelled permit passes the place on at once, so no time has to pass.
        if (served < waiters / 2) permit.cancel();
        else stop.abort();
      },
      () => {},
    ),
  );
  const startMs = performance.now();
  holder.cancel();
  holder = null;
  await Promise.all(work);
  expect(served).toBe(waiters / 2);
  expect(limiter.waiting).toBe(0);
  // Walking the signal's listeners or the queue for each waiter would take minutes.
  expect(performance.now() - startMs).toBeLessThan(30_000);
});
