import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { TooManyRequests } from "../domain/errors.ts";
import { settleTicks, VirtualClock } from "../domain/virtual-clock.ts";
import { DOUBLINGS_MAX, FAILURE_FORGOTTEN_AFTER_MS } from "./failure-counts.ts";
import { DEVICE_LIFETIME_MS, KnownDevices } from "./known-devices.ts";
import { KNOWN_ADDRESSES_MAX, type SignInOrigin, SignInThrottle, THROTTLE_LIMITS } from "./sign-in-throttle.ts";

const OWNER = "ada@example.org";
const HOME = "192.0.2.1";
const DAY_MS = 86_400_000;
/** What docs/operating.md states. */
const GUESSES_A_DAY_MAX = 127;

let clock: VirtualClock;
let devices: KnownDevices;
let throttle: SignInThrottle;
beforeEach(async () => {
  clock = new VirtualClock(undefined, settleTicks);
  devices = await KnownDevices.open({ getOrMake: (_name, make) => make() }, clock);
  throttle = new SignInThrottle(devices, clock);
});

/** Seconds that this attempt has to wait; 0 when it was taken, and then it fails. */
function fails(email: string, origin: SignInOrigin): number {
  try {
    throttle.beginPassword(email, origin);
    return 0;
  } catch (error) {
    if (error instanceof TooManyRequests) return error.retryAfterS;
    throw error;
  }
}

const failTimes = (times: number, email: string, origin: SignInOrigin) => {
  for (let n = 0; n < times; n++) expect(fails(email, origin)).toBe(0);
};

describe("wrong passwords", () => {
  test("of one account from one address are slowed down first", () => {
    failTimes(THROTTLE_LIMITS.pair.freeMax, OWNER, { address: HOME });
    expect(fails(OWNER, { address: HOME })).toBe(1);
    expect(fails("ADA@Example.org", { address: HOME })).toBe(1);
    expect(fails("bob@example.org", { address: HOME })).toBe(0);
    expect(fails(OWNER, { address: "192.0.2.2" })).toBe(0);
  });

  test("of many accounts from one address are slowed down", () => {
    for (let n = 0; n < THROTTLE_LIMITS.address.freeMax; n++) failTimes(1, `${n}@example.org`, { address: HOME });
    expect(fails(OWNER, { address: HOME })).toBe(1);
    expect(fails(OWNER, { address: "192.0.2.2" })).toBe(0);
  });

  test("of one account from many addresses are slowed down", () => {
    for (let n = 0; n < THROTTLE_LIMITS.account.freeMax; n++) failTimes(1, OWNER, { address: `198.51.100.${n}` });
    expect(fails(OWNER, { address: "192.0.2.2" })).toBe(1);
    expect(fails("bob@example.org", { address: "192.0.2.2" })).toBe(0);
  });

  test("from addresses of one IPv6 network are those of one client", () => {
    for (let n = 0; n < THROTTLE_LIMITS.pair.freeMax; n++) failTimes(1, OWNER, { address: `2001:db8::${n}` });
    expect(fails(OWNER, { address: "2001:db8::ffff" })).toBe(1);
    expect(fails(OWNER, { address: "2001:db8:0:1::1" })).toBe(0);
  });

  test("many at once are counted before the first is answered", () => {
    const attempts = Array.from({ length: THROTTLE_LIMITS.pair.freeMax }, () =>
      throttle.beginPassword(OWNER, { address: HOME }),
    );
    expect(fails(OWNER, { address: HOME })).toBe(1);
    attempts[0]?.takeBack();
    expect(fails(OWNER, { address: HOME })).toBe(1);
  });

  test("are cleared by a right one, but not for those who share the account or the address", () => {
    failTimes(THROTTLE_LIMITS.pair.freeMax - 1, OWNER, { address: HOME });
    throttle.beginPassword(OWNER, { address: HOME }).succeed();
    failTimes(THROTTLE_LIMITS.pair.freeMax, OWNER, { address: HOME });
    expect(fails(OWNER, { address: HOME })).toBe(1);
    const others = THROTTLE_LIMITS.account.freeMax - 2 * THROTTLE_LIMITS.pair.freeMax + 1;
    for (let n = 0; n < others; n++) failTimes(1, OWNER, { address: `198.51.100.${n}` });
    expect(fails(OWNER, { address: "192.0.2.2" })).toBe(1);
  });

  test("on a known device are slowed down by themselves", () => {
    const device = throttle.welcome(OWNER, { address: HOME });
    failTimes(THROTTLE_LIMITS.device.freeMax, OWNER, { address: HOME, device });
    expect(fails(OWNER, { address: HOME, device })).toBe(1);
    expect(fails(OWNER, { address: HOME, device: throttle.welcome(OWNER, { address: HOME }) })).toBe(0);
  });
});

describe("whatever strangers do", () => {
  const stranger = fc.record({
    email: fc.constantFrom(OWNER, "Ada@EXAMPLE.org", "bob@example.org", "", "x".repeat(320)),
    address: fc.constantFrom(...Array.from({ length: 30 }, (_, n) => `198.51.100.${n}`), "2001:db8::1", "nonsense"),
    device: fc.constantFrom(undefined, "", "a.1.b", `${"A".repeat(22)}.9999999999999.${"A".repeat(43)}`, "bob's"),
    times: fc.integer({ min: 1, max: 40 }),
    pauseMs: fc.constantFrom(0, 0, 1, 1_000, 60_000, 900_000),
  });

  test("the owner's browser, and the owner's address, get in", () =>
    fc.assert(
      fc.asyncProperty(fc.array(stranger, { maxLength: 60 }), async (attacks) => {
        throttle = new SignInThrottle(devices, clock);
        const device = throttle.welcome(OWNER, { address: HOME });
        const bobs = throttle.welcome("bob@example.org", { address: "198.51.100.1" });
        for (const { email, address, device: forged, times, pauseMs } of attacks) {
          for (let n = 0; n < times; n++) fails(email, { address, device: forged === "bob's" ? bobs : forged });
          await clock.advance(pauseMs);
          // The browser from an address of the strangers, a program at home without a cookie.
          for (const origin of [{ address, device }, { address: HOME }]) {
            const attempt = throttle.beginPassword(OWNER, origin);
            expect(attempt.isKnown).toBe(true);
            attempt.succeed();
          }
        }
      }),
      { numRuns: 60 },
    ));

  test("an account they do not own takes no more of their guesses in a day than is stated, however many their addresses", async () => {
    expect(THROTTLE_LIMITS.account.freeMax + DOUBLINGS_MAX + DAY_MS / FAILURE_FORGOTTEN_AFTER_MS + 1).toBe(
      GUESSES_A_DAY_MAX,
    );
    const pause = fc.constantFrom(0, 0, 0, 5_000, 900_000, 7_200_000);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 200 }),
        fc.array(pause, { minLength: 1, maxLength: 20 }),
        async (n, pauses) => {
          throttle = new SignInThrottle(devices, clock);
          const beginsMs = clock.monotonicMs();
          const guesses = await guessesOf(n, pauses, beginsMs + DAY_MS);
          expect(guesses).toBeGreaterThan(0);
          expect(guesses).toBeLessThanOrEqual(GUESSES_A_DAY_MAX);
        },
      ),
      { numRuns: 25 },
    );
  });

  test("that many are possible, and no fewer: the stated number is what is to be feared", async () => {
    const guesses = await guessesOf(200, [0], clock.monotonicMs() + DAY_MS);
    expect(guesses).toBeGreaterThanOrEqual(GUESSES_A_DAY_MAX - 5);
  });

  /** Guesses as soon as any of `n` addresses may, with pauses of its own in between. */
  async function guessesOf(n: number, pauses: readonly number[], untilMs: number): Promise<number> {
    let guesses = 0;
    for (let turn = 0; clock.monotonicMs() < untilMs; turn++) {
      const waits: number[] = [];
      for (let client = 0; client < n; client++) {
        const waitS = fails(OWNER, { address: `198.51.${client >> 8}.${client & 255}` });
        if (waitS === 0) guesses++;
        else waits.push(waitS);
        // The account's own wait holds for all: nobody else needs to try.
        if (waits.length >= 2) break;
      }
      await clock.advance(Math.max(Math.min(...waits, 900) * 1_000, pauses[turn % pauses.length] ?? 0));
    }
    return guesses;
  }
});

describe("what is remembered", () => {
  test("is bounded", () => {
    const { pair, address, account } = THROTTLE_LIMITS;
    const longest = Math.max(pair.keysMax, address.keysMax, account.keysMax);
    for (let n = 0; n < longest + 10; n++)
      fails(`${n}@example.org`, { address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` });
    expect(throttle.size).toBe(pair.keysMax + address.keysMax + account.keysMax);
  });

  test("of addresses that have signed in, too: the one that did so least recently is forgotten", () => {
    const at = (n: number) => ({ address: `10.0.${n >> 8}.${n & 255}` });
    for (let n = 0; n < KNOWN_ADDRESSES_MAX; n++) throttle.welcome(OWNER, at(n));
    throttle.welcome(OWNER, at(0));
    throttle.welcome(OWNER, { address: HOME });
    expect(throttle.size).toBe(KNOWN_ADDRESSES_MAX);
    expect([0, 1, 2].map((n) => throttle.beginPassword(OWNER, at(n)).isKnown)).toEqual([true, false, true]);
  });
});

describe("a device's token", () => {
  test("is one account's, for a year, and no other's", async () => {
    const token = throttle.welcome(OWNER, { address: HOME });
    const isKnown = (email: string, device: string) =>
      throttle.beginPassword(email, { address: "198.51.100.1", device }).isKnown;
    expect(isKnown(OWNER, token)).toBe(true);
    expect(isKnown("bob@example.org", token)).toBe(false);
    const [id = "", ends = "", signature = ""] = token.split(".");
    expect(isKnown(OWNER, `${id}.${Number(ends) + 1}.${signature}`)).toBe(false);
    expect(isKnown(OWNER, `${"A".repeat(id.length)}.${ends}.${signature}`)).toBe(false);
    const elsewhere = await KnownDevices.open({ getOrMake: (_name, make) => make() }, clock);
    expect(isKnown(OWNER, new SignInThrottle(elsewhere, clock).welcome(OWNER, { address: HOME }))).toBe(false);
    clock.jumpWall(DEVICE_LIFETIME_MS - 1);
    expect(isKnown(OWNER, token)).toBe(true);
    clock.jumpWall(1);
    expect(isKnown(OWNER, token)).toBe(false);
  });

  test("says nothing of the account", () => {
    expect(throttle.welcome(OWNER, { address: HOME })).toMatch(/^[\w-]{22}\.\d+\.[\w-]{43}$/);
  });
});

test("wrong codes are counted by address alone, and apart from passwords", () => {
  const tryCode = (address: string) => () => throttle.beginCode({ address });
  for (let n = 0; n < THROTTLE_LIMITS.code.freeMax; n++) tryCode(HOME)();
  expect(tryCode(HOME)).toThrow(TooManyRequests);
  expect(tryCode("192.0.2.2")).not.toThrow();
  expect(fails(OWNER, { address: HOME })).toBe(0);
});
