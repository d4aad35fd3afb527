import { beforeEach, describe, expect, test } from "vitest";
import type { ApiKey } from "../domain/api-key.ts";
import { settleTicks, VirtualClock } from "../domain/virtual-clock.ts";
import { type Actor, NOBODY, VISITOR } from "./actor.ts";
import { ACTORS_MAX, NOBODY_POLICY, RequestLimits, SIGNED_IN_POLICY } from "./request-limits.ts";

const HERE = { ip: "192.0.2.1" };
const ELSEWHERE = { ip: "192.0.2.2" };

const user = (id: string): Actor => ({
  kind: "user",
  user: { id, email: "ada@example.org", name: "Ada", isAdmin: true },
  sites: new Map(),
  sessionId: "session",
  untilMs: Infinity,
});
const key = (id: string): Actor => ({ kind: "key", key: { id } as ApiKey });

let clock: VirtualClock;
let limits: RequestLimits;
beforeEach(() => {
  clock = new VirtualClock(undefined, settleTicks);
  limits = new RequestLimits(clock);
});

const take = (times: number, actor: Actor, from = HERE) => {
  for (let n = 1; n < times; n++) limits.take(actor, from);
  return limits.take(actor, from);
};

describe("an actor's requests", () => {
  test("are granted up to the limit, refused past it, and granted in the next window", async () => {
    const { requestsMax, windowMs } = SIGNED_IN_POLICY;
    expect(take(1, user("a"))).toEqual({
      policy: SIGNED_IN_POLICY,
      isGranted: true,
      remaining: requestsMax - 1,
      resetS: 60,
    });
    await clock.advance(17_500);
    expect(take(requestsMax - 1, user("a"))).toMatchObject({ isGranted: true, remaining: 0, resetS: 43 });
    expect(take(2, user("a"))).toMatchObject({ isGranted: false, remaining: 0 });
    await clock.advance(windowMs - 17_501);
    expect(take(1, user("a"))).toMatchObject({ isGranted: false, resetS: 1 });
    await clock.advance(1);
    expect(take(1, user("a"))).toMatchObject({ isGranted: true, remaining: requestsMax - 1, resetS: 60 });
  });

  test("are counted by user and by key, wherever they come from", () => {
    take(10, user("a"));
    take(10, key("b"));
    const left = (requests: number) => SIGNED_IN_POLICY.requestsMax - requests;
    expect(take(1, user("a"), ELSEWHERE).remaining).toBe(left(11));
    expect(take(1, key("b"), ELSEWHERE).remaining).toBe(left(11));
    expect(take(1, user("c")).remaining).toBe(left(1));
    expect(take(1, VISITOR).remaining).toBe(left(1));
  });

  test("of nobody are counted by their address", () => {
    expect(take(NOBODY_POLICY.requestsMax + 1, NOBODY).isGranted).toBe(false);
    expect(take(1, NOBODY, ELSEWHERE)).toMatchObject({ policy: NOBODY_POLICY, isGranted: true });
    expect(take(1, VISITOR).isGranted).toBe(true);
  });

  test("are remembered of so many; of the rest the window that began first is forgotten", async () => {
    take(5, user("first"));
    await clock.advance(SIGNED_IN_POLICY.windowMs);
    take(5, user("second"));
    take(5, user("first"));
    for (let n = 2; n <= ACTORS_MAX; n++) take(1, key(String(n)));
    expect(limits.size).toBe(ACTORS_MAX);
    expect(take(1, user("first")).remaining).toBe(SIGNED_IN_POLICY.requestsMax - 6);
    expect(take(1, user("second")).remaining).toBe(SIGNED_IN_POLICY.requestsMax - 1);
  });
});
