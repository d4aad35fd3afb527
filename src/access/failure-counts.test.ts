import { beforeEach, describe, expect, test } from "vitest";
import { settleTicks, VirtualClock } from "../domain/virtual-clock.ts";
import { DOUBLINGS_MAX, FAILURE_FORGOTTEN_AFTER_MS, FailureCounts, WAIT_MS_MAX } from "./failure-counts.ts";

const FREE_MAX = 3;
const KEYS_MAX = 4;

let clock: VirtualClock;
let counts: FailureCounts;
beforeEach(() => {
  clock = new VirtualClock(0, settleTicks);
  counts = new FailureCounts({ freeMax: FREE_MAX, keysMax: KEYS_MAX }, clock);
});

const fail = (times: number, key = "a") => {
  for (let n = 0; n < times; n++) counts.add(key);
};

/** Fails as soon as it may, so often, and returns the waits. */
async function waitsOf(attempts: number): Promise<number[]> {
  const waits: number[] = [];
  for (let n = 0; n < attempts; n++) {
    counts.add("a");
    waits.push(counts.waitMs("a"));
    await clock.advance(counts.waitMs("a"));
  }
  return waits;
}

describe("waits", () => {
  test("begin after the free failures, double, and stop at the longest", async () => {
    expect(await waitsOf(FREE_MAX + 11)).toEqual([
      ...[0, 0],
      ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((seconds) => seconds * 1_000),
      // A failure has been forgotten by now.
      512_000,
      WAIT_MS_MAX,
    ]);
  });

  test("end to the millisecond, and are each key's own", async () => {
    fail(FREE_MAX);
    expect(counts.waitMs("b")).toBe(0);
    await clock.advance(999);
    expect(counts.waitMs("a")).toBe(1);
    await clock.advance(1);
    expect(counts.waitMs("a")).toBe(0);
  });

  test("a clock that is set changes nothing", () => {
    fail(FREE_MAX);
    clock.jumpWall(86_400_000);
    expect(counts.waitMs("a")).toBe(1_000);
  });
});

describe("failures", () => {
  test("are forgotten one by one", async () => {
    fail(FREE_MAX);
    await clock.advance(FAILURE_FORGOTTEN_AFTER_MS - 1);
    fail(1);
    expect(counts.waitMs("a")).toBe(2_000);
    await clock.advance(1);
    fail(1);
    expect(counts.waitMs("a")).toBe(2_000);
  });

  test("do not pile up past the longest wait: after it the way down is as long as the way up", async () => {
    fail(1_000);
    await clock.advance((FREE_MAX + DOUBLINGS_MAX) * FAILURE_FORGOTTEN_AFTER_MS);
    fail(FREE_MAX - 1);
    expect(counts.waitMs("a")).toBe(0);
  });

  test("that were none are taken back, once", () => {
    fail(FREE_MAX - 1);
    const takeBack = counts.add("a");
    takeBack();
    takeBack();
    expect(counts.waitMs("a")).toBe(0);
    fail(1);
    expect(counts.waitMs("a")).toBe(1_000);
  });

  test("taking one back leaves the wait of a later one", async () => {
    fail(FREE_MAX - 1);
    const takeBack = counts.add("a");
    await clock.advance(1_000);
    fail(1);
    takeBack();
    expect(counts.waitMs("a")).toBe(2_000);
  });

  test("of the key that failed least recently are forgotten when there are too many keys", () => {
    for (const key of ["a", "b", "c", "d"]) fail(FREE_MAX, key);
    fail(1, "a");
    expect(counts.size).toBe(KEYS_MAX);
    fail(1, "e");
    expect(counts.size).toBe(KEYS_MAX);
    expect(["a", "b", "c"].map((key) => counts.waitMs(key))).toEqual([2_000, 0, 1_000]);
  });
});
