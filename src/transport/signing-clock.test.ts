import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { Caller } from "./caller.ts";
import { VendorAuthRejected } from "./errors.ts";
import { Limiter } from "./limiter.ts";
import { SigningClock, SKEW_MS_LEAST, SKEW_MS_MAX } from "./signing-clock.ts";
import { VirtualVendor } from "./virtual-vendor.ts";

const dated = (vendorMs: number) => ({ status: 401, headers: { date: new Date(vendorMs).toUTCString() } });

const nowMs = (signing: SigningClock): number => signing.timeMs(signing.offset);

/** A refusal of what was signed just now by a vendor whose clock is ahead, after a round trip. */
function refuse(signing: SigningClock, clock: VirtualClock, aheadMs: number, roundTripMs = 0): boolean {
  const sentAtMs = clock.nowMs();
  const answeredAtMs = sentAtMs + roundTripMs / 2;
  const exchange = { signedAtMs: nowMs(signing), sentAtMs, receivedAtMs: sentAtMs + roundTripMs };
  return signing.learn(dated(answeredAtMs + aheadMs), exchange) !== null;
}

test("a vendor's clock is learned to within a second and the round trip, however far it is off", () => {
  const ahead = fc.integer({ min: SKEW_MS_LEAST + 10_000, max: SKEW_MS_MAX - 10_000 });
  fc.assert(
    fc.property(ahead, fc.boolean(), fc.nat(4_000), fc.nat(999), (offMs, behind, roundTripMs, startMs) => {
      const aheadMs = behind ? -offMs : offMs;
      const clock = new VirtualClock(Date.UTC(2026, 5, 1) + startMs);
      const signing = new SigningClock(clock);
      expect(refuse(signing, clock, aheadMs, roundTripMs)).toBe(true);
      expect(Math.abs(nowMs(signing) - (clock.nowMs() + aheadMs))).toBeLessThanOrEqual(501);
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
      expect(nowMs(signing)).toBe(clock.nowMs());
    },
  );

  test.each([undefined, "", "soon", "2026-11-21T00:00:00Z"])("from a Date of %j", (date) => {
    const clock = new VirtualClock();
    const signing = new SigningClock(clock);
    const now = clock.nowMs();
    const exchange = { signedAtMs: now, sentAtMs: now, receivedAtMs: now };
    expect(signing.learn({ status: 401, headers: { date } }, exchange)).toBeNull();
  });
});

test("a call that was signed before another learned the time may be signed anew too", () => {
  const clock = new VirtualClock();
  const signing = new SigningClock(clock);
  const signedAtMs = nowMs(signing);
  const exchange = { signedAtMs, sentAtMs: clock.nowMs(), receivedAtMs: clock.nowMs() };
  expect(signing.learn(dated(clock.nowMs() + 900_000), exchange)).not.toBeNull();
  expect(signing.learn(dated(clock.nowMs() + 900_000), exchange)).not.toBeNull();
});

test("what was learned is kept once it is accepted, and dropped when it does not help", () => {
  const clock = new VirtualClock();
  const signing = new SigningClock(clock);
  refuse(signing, clock, 900_000);
  signing.refused(signing.offset);
  expect(signing.offset.offsetMs).toBe(0);
  refuse(signing, clock, 900_000);
  signing.accepted(signing.offset);
  refuse(signing, clock, -900_000);
  signing.refused(signing.offset);
  expect(Math.abs(signing.offset.offsetMs - 900_000)).toBeLessThan(1_000);
});

test("a refusal or a success that comes late judges what it was signed with, and nothing that was learned since", () => {
  const clock = new VirtualClock();
  const signing = new SigningClock(clock);
  const own = signing.offset;
  refuse(signing, clock, 900_000);
  const first = signing.offset;
  refuse(signing, clock, -900_000);
  const second = signing.offset;
  signing.refused(first);
  expect(signing.offset).toBe(second);
  signing.accepted(second);
  signing.accepted(own);
  expect(signing.offset).toBe(second);
  refuse(signing, clock, 300_000);
  signing.refused(signing.offset);
  expect(signing.offset).toBe(second);
});

test("what is accepted after all counts, though another call's refusal had dropped it", () => {
  const clock = new VirtualClock();
  const signing = new SigningClock(clock);
  refuse(signing, clock, 900_000);
  const learned = signing.offset;
  signing.refused(learned);
  signing.accepted(learned);
  expect(signing.offset).toBe(learned);
});

test("a call is signed anew with what it learned itself, whatever another one finds while it waits for the limit", async () => {
  const clock = new VirtualClock();
  const aheadMs = 900_000;
  const answersMs = [0, 500];
  const vendor = new VirtualVendor({
    clock,
    delays: () => ({ requestMs: 0, answerMs: answersMs.shift() ?? 0 }),
    answer: ({ target, wallMs, headers }) => {
      const inTime = Math.abs(Number(headers["x-time"]) - wallMs - aheadMs) < 10_000;
      const date = new Date(wallMs + aheadMs).toUTCString();
      return { status: inTime && target === "/mine" ? 200 : 401, body: "1", headers: { date } };
    },
  });
  const limiter = new Limiter({ budgets: [{ requests: 2, perMs: 1_000 }], clock });
  const sign = ({ nowMs }: { readonly nowMs: number }) => ({ "x-time": String(nowMs) });
  const account = { vendor: "Acme", baseUrl: "http://acme.example", limiter, sign, clock, dispatcher: vendor };
  const caller = new Caller(account);
  const get = { method: "GET", schema: z.number() } as const;
  const mine = caller.call({ ...get, path: "/mine" }, { lane: "history" });
  const other = caller.call({ ...get, path: "/other" }).catch((error: unknown) => error);
  const [answer, refusal] = await clock.run(Promise.all([mine, other]));
  expect(answer.value).toBe(1);
  expect(refusal).toBeInstanceOf(VendorAuthRejected);
  expect(vendor.seen.map(({ target }) => target)).toEqual(["/mine", "/other", "/other", "/mine"]);
});
