import { beforeEach, expect, test } from "vitest";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { FAILURES_OF_VENDOR, VendorPatience } from "./vendor-patience.ts";

const MOST = 10;
let clock: VirtualClock;
let patience: VendorPatience;

beforeEach(() => {
  clock = new VirtualClock();
  patience = new VendorPatience(clock, () => 1);
});

const failTimes = (times: number): void => {
  for (let count = 0; count < times; count++) patience.failed();
};

test("a few failures are devices' matter, one more is the vendor's", async () => {
  failTimes(FAILURES_OF_VENDOR - 1);
  expect(patience.openMax(MOST)).toBe(MOST);
  failTimes(1);
  expect(patience.openMax(MOST)).toBe(0);
  await clock.advance(1_000);
  expect(patience.openMax(MOST)).toBe(1);
  patience.answered();
  expect(patience.openMax(MOST)).toBe(MOST);
});

test("failures between which something was answered do not add up", () => {
  for (let count = 0; count < 10; count++) {
    failTimes(FAILURES_OF_VENDOR - 1);
    patience.answered();
  }
  expect(patience.openMax(MOST)).toBe(MOST);
});

test("each pause is twice the one before, up to an hour", async () => {
  failTimes(FAILURES_OF_VENDOR - 1);
  const pausesMs: number[] = [];
  for (let count = 0; count < 15; count++) {
    patience.failed();
    pausesMs.push(patience.untilMs - clock.monotonicMs());
    await clock.advance(patience.untilMs - clock.monotonicMs());
  }
  expect(pausesMs.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
  expect(pausesMs.at(-1)).toBe(3_600_000);
});

test("a shorter wait does not end a longer one", () => {
  patience.waitFor(600_000);
  patience.waitFor(5_000);
  patience.barred();
  expect(patience.untilMs).toBe(clock.monotonicMs() + 600_000);
});
