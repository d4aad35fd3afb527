import { describe, expect, test } from "vitest";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { LIFETIME_FALLBACK_MS, TokenCache } from "./token-cache.ts";

const HOUR_MS = 3_600_000;

function cacheOf(options: { lifetimeMs?: number | null | undefined; refreshEarlyMs?: number; takesMs?: number } = {}) {
  const { refreshEarlyMs = 120_000, takesMs = 100 } = options;
  const lifetimeMs = "lifetimeMs" in options ? options.lifetimeMs : HOUR_MS;
  const clock = new VirtualClock();
  const vendor = { calls: 0, aborted: 0, failing: false };
  const cache = new TokenCache<string>({
    clock,
    refreshEarlyMs,
    fetch: async (signal) => {
      const token = `token ${++vendor.calls}`;
      signal.addEventListener("abort", () => vendor.aborted++);
      await clock.sleepUntil(clock.monotonicMs() + takesMs, signal);
      if (vendor.failing) throw new Error("no token today");
      return { token, lifetimeMs };
    },
  });
  return { clock, cache, vendor };
}

describe("one token for all", () => {
  test("1,000 who ask at once share one call", async () => {
    const { clock, cache, vendor } = cacheOf();
    const tokens = await clock.run(Promise.all(Array.from({ length: 1000 }, () => cache.get())));
    expect(new Set(tokens)).toEqual(new Set(["token 1"]));
    expect(vendor.calls).toBe(1);
  });

  test("is renewed early, and not before", async () => {
    const { clock, cache, vendor } = cacheOf();
    await clock.run(cache.get());
    await clock.advance(HOUR_MS - 120_000 - 101);
    expect(await clock.run(cache.get())).toBe("token 1");
    await clock.advance(1);
    expect(await clock.run(cache.get())).toBe("token 2");
    expect(vendor.calls).toBe(2);
  });

  test("that lives shorter than the early margin still serves half its life", async () => {
    const { clock, cache, vendor } = cacheOf({ lifetimeMs: 60_000 });
    await clock.run(cache.get());
    await clock.advance(29_000);
    await clock.run(cache.get());
    expect(vendor.calls).toBe(1);
    await clock.advance(1000);
    await clock.run(cache.get());
    expect(vendor.calls).toBe(2);
  });

  test.each([undefined, null, 0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "with a lifetime of %s counts as 5 minutes",
    async (lifetimeMs) => {
      const { clock, cache, vendor } = cacheOf({ lifetimeMs, refreshEarlyMs: 0 });
      await clock.run(cache.get());
      await clock.advance(LIFETIME_FALLBACK_MS - 101);
      await clock.run(cache.get());
      expect(vendor.calls).toBe(1);
      await clock.advance(1);
      await clock.run(cache.get());
      expect(vendor.calls).toBe(2);
    },
  );

  test("does not live longer because somebody set the wall clock back", async () => {
    const { clock, cache, vendor } = cacheOf();
    await clock.run(cache.get());
    clock.jumpWall(-10 * HOUR_MS);
    await clock.advance(HOUR_MS);
    await clock.run(cache.get());
    expect(vendor.calls).toBe(2);
  });
});

describe("when it goes wrong", () => {
  test("a failure is told to all who waited, and the next asks again", async () => {
    const { clock, cache, vendor } = cacheOf();
    vendor.failing = true;
    const outcomes = await clock.run(Promise.allSettled([cache.get(), cache.get()]));
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    vendor.failing = false;
    expect(await clock.run(cache.get())).toBe("token 2");
  });

  test("a refused token is dropped once, not its successor", async () => {
    const { clock, cache, vendor } = cacheOf();
    const first = await clock.run(cache.get());
    cache.drop(first);
    await clock.run(cache.get());
    cache.drop(first);
    expect(await clock.run(cache.get())).toBe("token 2");
    expect(vendor.calls).toBe(2);
  });

  test("who aborts leaves at once and disturbs nobody", async () => {
    const { clock, cache, vendor } = cacheOf();
    const stop = new AbortController();
    const leaver = cache.get(stop.signal);
    const stayer = cache.get();
    stop.abort(new Error("enough"));
    await expect(leaver).rejects.toThrow("enough");
    expect(await clock.run(stayer)).toBe("token 1");
    expect(vendor.aborted).toBe(0);
  });

  test("when all have left, the call is ended, and the next begins anew", async () => {
    const { clock, cache, vendor } = cacheOf();
    const stop = new AbortController();
    const leavers = Promise.allSettled([cache.get(stop.signal), cache.get(stop.signal)]);
    stop.abort(new Error("enough"));
    await leavers;
    expect(vendor.aborted).toBe(1);
    expect(await clock.run(cache.get())).toBe("token 2");
  });

  test("who comes while a call that all have left is being ended shares the new one with those behind", async () => {
    const { clock, cache, vendor } = cacheOf();
    const stop = new AbortController();
    const leaver = cache.get(stop.signal);
    stop.abort(new Error("enough"));
    const next = cache.get();
    await expect(leaver).rejects.toThrow("enough");
    await clock.advance(10);
    expect(await clock.run(Promise.all([next, cache.get()]))).toEqual(["token 2", "token 2"]);
    expect(vendor.calls).toBe(2);
  });
});
