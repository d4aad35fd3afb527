import { inspect } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { Caller } from "./caller.ts";
import type { VendorError } from "./errors.ts";
import { Limiter } from "./limiter.ts";
import { Session } from "./session.ts";
import { type SeenRequest, type VendorAnswer, VirtualVendor } from "./virtual-vendor.ts";

const HOUR_MS = 3_600_000;

/** A vendor whose logins give token-1, token-2, …; the newest is taken. */
function setUp(answer: (request: SeenRequest, newest: string) => VendorAnswer | undefined = () => undefined) {
  const clock = new VirtualClock();
  let logins = 0;
  const vendor = new VirtualVendor({
    clock,
    answer: (request) => {
      if (request.target === "/login") return { status: 200, body: JSON.stringify({ token: `token-${++logins}` }) };
      const right = request.headers["authorization"] === `token-${logins}`;
      const given = answer(request, `token-${logins}`);
      return given ?? (right ? { status: 200, body: "1" } : { status: 401, body: "" });
    },
  });
  const limiter = new Limiter({ budgets: [{ requests: 100, perMs: 1_000 }], clock });
  const caller = new Caller({ vendor: "Acme", baseUrl: "http://acme.example", limiter, clock, dispatcher: vendor });
  const session = new Session<string>({
    caller,
    clock,
    refreshEarlyMs: 60_000,
    headers: (token) => ({ authorization: token }),
    secretsOf: (token) => [token],
    login: async (signal) => {
      const Login = z.object({ token: z.string() });
      const answer = await caller.call({ method: "POST", path: "/login", schema: Login }, { signal });
      return { token: answer.value.token, lifetimeMs: HOUR_MS };
    },
  });
  const get = { method: "GET", path: "/things", schema: z.number() } as const;
  return { clock, vendor, session, call: () => session.call(get), logins: () => logins };
}

test("a token that was refused elsewhere is replaced", async () => {
  const { clock, session, call, logins } = setUp();
  await clock.run(call());
  session.drop(await session.token());
  await clock.run(call());
  expect(logins()).toBe(2);
});

test("a token that is refused costs one login and one more try, and the answer is whole", async () => {
  let refusals = 1;
  const { clock, vendor, call, logins } = setUp(() => (refusals-- > 0 ? { status: 401, body: "" } : undefined));
  expect((await clock.run(call())).value).toBe(1);
  expect(logins()).toBe(2);
  expect(vendor.seen.map(({ target }) => target)).toEqual(["/login", "/things", "/login", "/things"]);
});

test("an account that may not do this is told at once: another token would not help", async () => {
  const { clock, call, logins } = setUp(() => ({ status: 403, body: "" }));
  await expect(clock.run(call())).rejects.toMatchObject({ name: "VendorAuthRejected", status: 403, attempts: 1 });
  expect(logins()).toBe(1);
});

test("tokens show in no error, neither the newest nor the one before", async () => {
  const { clock, call } = setUp((request, newest) => {
    const before = newest.replace(/\d+$/, (number) => String(Number(number) - 1));
    return newest === "token-1"
      ? { status: 401, body: "" }
      : { status: 400, body: JSON.stringify({ detail: `${newest} and ${before}`, headers: request.headers }) };
  });
  const error = await clock.run(call().catch((thrown: unknown) => thrown as VendorError));
  expect(error).toMatchObject({ name: "VendorRefused", detail: "[redacted] and [redacted]" });
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain("token-");
});
