import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { SigningClock, SKEW_MS_LEAST, SKEW_MS_MAX } from "./signing-clock.ts";

const dated = (vendorMs: number) => ({ status: 401, headers: { date: new Date(vendorMs).toUTCString() } });

/** A refusal of what was signed just now by a vendor whose clock is ahead, after a round trip. */
function refuse(signing: SigningClock, clock: VirtualClock, aheadMs: number, roundTripMs = 0): boolean {
  const sentAtMs = clock.nowMs();
  const answeredAtMs = sentAtMs + roundTripMs / 2;
  const exchange = { signedAtMs: signing.nowMs(), sentAtMs, receivedAtMs: sentAtMs + roundTripMs };
  return signing.learn(dated(answeredAtMs + aheadMs), exchange);
}

test("a vendor's clock is learned to within a second and the round trip, however far it is off", () => {
  const ahead = fc.integer({ min: SKEW_MS_LEAST + 10_000, max: SKEW_MS_MAX - 10_000 });
  fc.assert(
    fc.property(ahead, fc.boolean(), fc.nat(4_000), fc.nat(999), (offMs, behind, roundTripMs, startMs) => {
      const aheadMs = behind ? -offMs : offMs;
      const clock = new VirtualClock(Date.UTC(2026, 5, 1) + startMs);
      const signing = new SigningClock(clock);
      expect(refuse(signing, clock, aheadMs, roundTripMs)).toBe(true);
      expect(Math.abs(signing.nowMs() - (clock.nowMs() + aheadMs))).toBeLessThanOrEqual(501);
      expect(refuse(signing, clock, aheadMs, roundTripMs)).toBe(false);
    }),
  );
});

describe("nothing is learned", () => {
  test.each([0, SKEW_MS_LEAST - 1_000, 1_000 - SKEW_MS_LEAST, SKEW_MS_MAX + 1_000])(
    "from a clock that is %d ms ahead",
    (aheadMs) => {
      const clock = new VirtualClock();
      const signing = new SigningClock(clock);
      expect(refuse(signing, clock, aheadMs)).toBe(false);
      expect(signing.nowMs()).toBe(clock.nowMs());
    },
  );

  test.each([undefined, "", "soon", "2026-11-21T00:00:00Z"])("from a Date of %j", (date) => {
    const clock = new VirtualClock();
    const signing = new SigningClock(clock);
    const now = clock.nowMs();
    const exchange = { signedAtMs: now, sentAtMs: now, receivedAtMs: now };
    expect(signing.learn({ status: 401, headers: { date } }, exchange)).toBe(false);
  });
});

test("a call that was signed before another learned the time may be signed anew too", () => {
  const clock = new VirtualClock();
  const signing = new SigningClock(clock);
  const signedAtMs = signing.nowMs();
  const exchange = { signedAtMs, sentAtMs: clock.nowMs(), receivedAtMs: clock.nowMs() };
  expect(signing.learn(dated(clock.nowMs() + 900_000), exchange)).toBe(true);
  expect(signing.learn(dated(clock.nowMs() + 900_000), exchange)).toBe(true);
});

test("what was learned is kept once it is accepted, and dropped when it does not help", () => {
  const clock = new VirtualClock();
  const signing = new SigningClock(clock);
  refuse(signing, clock, 900_000);
  signing.refused();
  expect(signing.offsetMs).toBe(0);
  refuse(signing, clock, 900_000);
  signing.accepted();
  refuse(signing, clock, -900_000);
  signing.refused();
  expect(Math.abs(signing.offsetMs - 900_000)).toBeLessThan(1_000);
});
