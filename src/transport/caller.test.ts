import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { Caller, type CallerOptions, RETRIES_MAX } from "./caller.ts";
import {
  VendorAuthRejected,
  type VendorError,
  VendorProtocolError,
  VendorRateLimited,
  VendorRefused,
  VendorTimeout,
  VendorUnavailable,
} from "./errors.ts";
import { RETRY_WAIT_MAX_MS } from "./gate.ts";
import { Limiter } from "./limiter.ts";
import { RETRY_TOKENS_MAX } from "./retry.ts";
import { type VendorAnswer, VirtualVendor, type VirtualVendorOptions } from "./virtual-vendor.ts";

const OK: VendorAnswer = { status: 200, body: '{"answer":42}' };
const DOWN: VendorAnswer = { status: 503, body: "down" };
const request = {
  method: "POST",
  path: "/things",
  json: { ask: 1 },
  schema: z.object({ answer: z.number() }),
} as const;

function setUp(answer: VirtualVendorOptions["answer"], options: Partial<CallerOptions> = {}) {
  const clock = new VirtualClock();
  const vendor = new VirtualVendor({ clock, answer });
  const events: string[] = [];
  const limiter = new Limiter({ budgets: [{ requests: 1, perMs: 1000 }], clock });
  const caller = new Caller({
    vendor: "Acme",
    baseUrl: "https://api.example.com",
    limiter,
    clock,
    random: () => 0,
    dispatcher: vendor,
    sign: ({ target, body, nowMs }) => ({ signature: `${target} ${body} ${nowMs}` }),
    events: {
      onAttempt: (attempt) => events.push(`attempt ${attempt}`),
      onAnswer: (status) => events.push(`answer ${status}`),
      onRetry: (error, delayMs) => events.push(`retry after ${error.name} in ${delayMs}`),
      onFailure: (error) => events.push(`failure ${error.name}`),
    },
    ...options,
  });
  return { clock, vendor, caller, events, limiter };
}

/** Runs a call that must fail and returns its error. */
async function failureOf(answer: VirtualVendorOptions["answer"], options: Partial<CallerOptions> = {}) {
  const { clock, vendor, caller, events } = setUp(answer, options);
  const error = await clock.run(
    caller.call(request).then(
      () => null,
      (thrown: unknown) => thrown as VendorError,
    ),
  );
  if (!error) throw new Error("the call has not failed");
  return { error, vendor, events, clock };
}

describe("an answer", () => {
  test("is checked and handed out with the time it came", async () => {
    const { clock, caller, events } = setUp(() => OK);
    const answer = await clock.run(caller.call(request));
    expect(answer).toMatchObject({ value: { answer: 42 }, status: 200, receivedAtMs: clock.nowMs() });
    expect(events).toEqual(["attempt 1", "answer 200"]);
  });

  test.each([
    ["https://api.example.com", "/things"],
    ["https://api.example.com/", "/things"],
    ["https://api.example.com/rt-api/api", "/rt-api/api/things"],
    ["https://api.example.com/rt-api/api//", "/rt-api/api/things"],
    ["https://api.example.com/with space", "/with%20space/things"],
  ])("of %s is asked for at %s, and that target is signed", async (baseUrl, target) => {
    const { clock, vendor, caller } = setUp(() => OK, { baseUrl });
    await clock.run(caller.call(request));
    const [seen] = vendor.seen;
    expect(seen).toMatchObject({ method: "POST", target, body: '{"ask":1}' });
    expect(seen?.headers).toMatchObject({
      "content-type": "application/json",
      signature: `${target} {"ask":1} ${clock.nowMs()}`,
    });
  });

  test.each([
    "",
    "not an address",
    "ftp://example.com",
    "https://me:hunter2@example.com",
    "https://example.com/?key=hunter2",
  ])("base URL %j is refused, without repeating it", (baseUrl) => {
    expect(() => setUp(() => OK, { baseUrl })).toThrow(/^baseUrl: (?!.*hunter2)/);
  });
});

describe("what is sent again", () => {
  test("every attempt is signed anew and waits for the budget", async () => {
    const { clock, vendor, caller, events } = setUp(({ index }) => (index < 3 ? DOWN : OK));
    await clock.run(caller.call(request));
    expect(vendor.seen.map(({ seenAtMs }) => seenAtMs)).toEqual([0, 1000, 2000, 3000]);
    expect(new Set(vendor.seen.map(({ headers }) => headers["signature"])).size).toBe(4);
    expect(events.filter((event) => event.startsWith("retry"))).toHaveLength(3);
  });

  test.each<[string, ReturnType<VirtualVendorOptions["answer"]>, new (...args: never[]) => VendorError]>([
    ["503", DOWN, VendorUnavailable],
    ["500", { status: 500, body: "{}" }, VendorUnavailable],
    ["408", { status: 408, body: "" }, VendorUnavailable],
    ["429", { status: 429, body: "{}" }, VendorRateLimited],
    ["a cut connection", "cut", VendorUnavailable],
    ["silence", "never", VendorTimeout],
    ["JSON that was cut short", { status: 200, body: '{"answer":4' }, VendorProtocolError],
    ["another shape", { status: 200, body: '{"answer":"42"}' }, VendorProtocolError],
    ["an empty body", { status: 200, body: "" }, VendorProtocolError],
    [
      "an answer that is too large",
      { status: 200, body: `{"answer":42,"pad":"${"x".repeat(2000)}"}` },
      VendorProtocolError,
    ],
  ])("%s: 3 retries, then a failure that says so", async (_name, answer, kind) => {
    const { error, vendor, events } = await failureOf(() => answer, { answerBytesMax: 1000 });
    expect(error).toBeInstanceOf(kind);
    expect(error.attempts).toBe(1 + RETRIES_MAX);
    expect(vendor.seen).toHaveLength(1 + RETRIES_MAX);
    expect(events.at(-1)).toBe(`failure ${kind.name}`);
  });

  test.each<[number, string, new (...args: never[]) => VendorError]>([
    [401, '{"error":"bad signature"}', VendorAuthRejected],
    [403, "", VendorAuthRejected],
    [400, '{"error":"too many"}', VendorRefused],
    [404, "", VendorRefused],
    [307, "", VendorRefused],
  ])("%d is final after one call", async (status, body, kind) => {
    const { error, vendor } = await failureOf(() => ({ status, body }));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ status, attempts: 1, body });
    expect(vendor.seen).toHaveLength(1);
  });

  test("an outage does not multiply calls: once the retry budget is spent, each is sent once", async () => {
    const { clock, vendor, caller } = setUp(() => DOWN);
    const calls = Array.from({ length: 100 }, () => caller.call(request));
    await clock.run(Promise.allSettled(calls));
    expect(vendor.seen).toHaveLength(100 + RETRY_TOKENS_MAX);
  });

  test("a call that failed in spite of its retries ends retrying until one succeeds", async () => {
    let down = true;
    const { clock, vendor, caller } = setUp(() => (down ? DOWN : OK));
    const attempts = async (): Promise<number> => {
      const before = vendor.seen.length;
      await clock.run(caller.call(request).catch(() => {}));
      return vendor.seen.length - before;
    };
    expect([await attempts(), await attempts(), await attempts()]).toEqual([1 + RETRIES_MAX, 1, 1]);
    down = false;
    expect([await attempts(), await attempts()]).toEqual([1, 1]);
    down = true;
    expect(await attempts()).toBe(2);
  });
});

test("the budget counts from the answer's head, however long its body takes", async () => {
  const { clock, vendor, caller } = setUp(() => ({ ...OK, bodyAfterMs: 700 }));
  await clock.run(Promise.all([caller.call(request), caller.call(request)]));
  expect(vendor.seen.map(({ seenAtMs }) => seenAtMs)).toEqual([0, 1000]);
});

test("after a call no timer is left that would keep the process alive", async () => {
  const { clock, caller } = setUp(() => OK);
  await clock.run(caller.call(request));
  await expect(clock.run(new Promise(() => {}))).rejects.toThrow("no sleeper left");
  expect(clock.monotonicMs()).toBe(0);
});

test("a signal that outlives its calls keeps nothing of them", async () => {
  const { clock, caller } = setUp(() => OK);
  const { signal } = new AbortController();
  await clock.run(Promise.all([caller.call(request, { signal }), caller.call(request, { signal })]));
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

describe("a pause that the vendor asks for", () => {
  test("holds every call of the account, and the error says until when", async () => {
    const limited: VendorAnswer = { status: 429, headers: { "retry-after": "7" }, body: "" };
    const { clock, vendor, caller } = setUp(({ index }) => (index === 0 ? limited : OK));
    await clock.run(Promise.all([caller.call(request), caller.call(request), caller.call(request)]));
    expect(vendor.seen.map(({ seenAtMs }) => seenAtMs)).toEqual([0, 7000, 8000, 9000]);
  });

  test("with a 503 too", async () => {
    const resting: VendorAnswer = { status: 503, headers: { "retry-after": "7" }, body: "" };
    const { clock, vendor, caller } = setUp(({ index }) => (index === 0 ? resting : OK));
    await clock.run(Promise.all([caller.call(request), caller.call(request)]));
    expect(vendor.seen.map(({ seenAtMs }) => seenAtMs)).toEqual([0, 7000, 8000]);
  });

  test("for hours ends the calls that wait, sends nothing more, and says when to come back", async () => {
    const hourMs = 3_600_000;
    const { clock, vendor, caller } = setUp(({ index }) =>
      index === 0 ? { status: 429, headers: { "retry-after": "3600" }, body: "" } : OK,
    );
    const retryAtMs = clock.nowMs() + hourMs;
    const outcomes = await clock.run(Promise.allSettled([caller.call(request), caller.call(request)]));
    const later = await clock.run(Promise.allSettled([caller.call(request)]));
    for (const outcome of [...outcomes, ...later]) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "VendorRateLimited", retryAtMs } });
    }
    expect(vendor.seen).toHaveLength(1);
    expect(clock.monotonicMs()).toBeLessThan(RETRY_WAIT_MAX_MS);
    await clock.advance(hourMs);
    await clock.run(caller.call(request));
    expect(vendor.seen).toHaveLength(2);
  });
});

describe("an abort", () => {
  const reason = new Error("enough");

  test.each<[string, VirtualVendorOptions["answer"], number]>([
    ["while the vendor is silent", () => "never", 1],
    ["between two attempts", () => ({ status: 503, headers: { "retry-after": "60" }, body: "" }), 1],
  ])("%s ends the call at once with the signal's reason", async (_name, answer, sent) => {
    const { clock, vendor, caller } = setUp(answer);
    const stop = new AbortController();
    const call = caller.call(request, { signal: stop.signal });
    await clock.advance(500);
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(vendor.seen).toHaveLength(sent);
    expect(clock.monotonicMs()).toBe(500);
  });

  test("in the queue leaves the other calls in their place", async () => {
    const { clock, vendor, caller } = setUp(() => OK);
    const stop = new AbortController();
    const calls = [undefined, stop.signal, undefined].map((signal) => caller.call(request, { signal }));
    const settled = Promise.allSettled(calls);
    await clock.advance(500);
    stop.abort(reason);
    await clock.run(settled);
    expect(vendor.seen.map(({ seenAtMs }) => seenAtMs)).toEqual([0, 1000]);
  });

  test("of a request that was sent does not give its budget back: the vendor may have seen it", async () => {
    const { clock, vendor, caller } = setUp(({ index }) => (index === 0 ? "never" : OK));
    const stop = new AbortController();
    const settled = Promise.allSettled([caller.call(request, { signal: stop.signal }), caller.call(request)]);
    await clock.advance(300);
    stop.abort(reason);
    await clock.run(settled);
    expect(vendor.seen.map(({ seenAtMs }) => seenAtMs)).toEqual([0, 1300]);
  });

  test("of a signal that is aborted already sends nothing", async () => {
    const { vendor, caller } = setUp(() => OK);
    await expect(caller.call(request, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(vendor.seen).toHaveLength(0);
  });

  test("closing ends open and waiting calls, and refuses new ones", async () => {
    const { clock, vendor, caller } = setUp(() => "never");
    const settled = Promise.allSettled([caller.call(request), caller.call(request)]);
    await clock.advance(1);
    await caller.close();
    await caller.close();
    for (const outcome of [...(await settled), ...(await Promise.allSettled([caller.call(request)]))]) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "AbortError" } });
    }
    expect(vendor.aborted).toBe(1);
  });
});

test("what the vendor says of a refusal is kept: code, words, request id", async () => {
  const { error } = await failureOf(() => ({
    status: 422,
    headers: { "x-request-id": "abc-1" },
    body: '{"type":"about:blank","code":"too_wide","detail":"At most 3 h."}',
  }));
  expect(error).toMatchObject({ requestId: "abc-1", code: "too_wide", detail: "At most 3 h." });
  expect(error.message).toBe("Acme refused the call (HTTP 422): too_wide: At most 3 h.");
});

describe("the limits that an answer tells of", () => {
  const policy: VendorAnswer = { ...OK, headers: { "ratelimit-policy": '"day";q=3;w=3600' } };

  test("hold from then on, and count what was sent before", async () => {
    const { clock, vendor, caller } = setUp(() => policy);
    await clock.run(Promise.all(Array.from({ length: 4 }, () => caller.call(request))));
    const sentAtMs = vendor.seen.map(({ seenAtMs }) => seenAtMs);
    expect(sentAtMs.slice(0, 3)).toEqual([0, 1_000, 2_000]);
    expect(sentAtMs[3]).toBe(3_600_000);
  });

  test("keep everything back while nothing is left", async () => {
    const { clock, vendor, caller } = setUp((call) =>
      call.index === 0 ? { ...OK, headers: { ratelimit: '"minute";r=0;t=30' } } : OK,
    );
    await clock.run(Promise.all([caller.call(request), caller.call(request)]));
    const sentAtMs = vendor.seen.map(({ seenAtMs }) => seenAtMs);
    expect((sentAtMs[1] ?? 0) - (sentAtMs[0] ?? 0)).toBeGreaterThanOrEqual(30_000);
  });
});
