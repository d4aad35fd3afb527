import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { Caller } from "./caller.ts";
import { ERROR_BODY_CHARS_MAX, UnreadableAnswer, type VendorError } from "./errors.ts";
import { Limiter } from "./limiter.ts";
import type { CallRequest } from "./request.ts";
import { VirtualVendor, type VirtualVendorOptions } from "./virtual-vendor.ts";

function setUp(answer: VirtualVendorOptions["answer"]) {
  const clock = new VirtualClock();
  const vendor = new VirtualVendor({ clock, answer });
  const limiter = new Limiter({ budgets: [], clock });
  const caller = new Caller({ vendor: "Acme", baseUrl: "http://acme.example/", limiter, clock, dispatcher: vendor });
  const failure = async <T>(request: CallRequest<T>): Promise<VendorError> => {
    const outcome = await clock.run(caller.call(request).catch((error: unknown) => error as VendorError));
    if (outcome instanceof Error) return outcome;
    throw new Error("the call has not failed");
  };
  return { clock, vendor, caller, failure };
}

const GET = { method: "GET", path: "/things", schema: z.unknown() } as const;

describe("a request", () => {
  test("is sent as a form", async () => {
    const { clock, vendor, caller } = setUp(() => ({ status: 200, body: "1" }));
    await clock.run(caller.call({ ...GET, method: "POST", form: { client_id: "a b", secret: "ä&=" } }));
    expect(vendor.seen[0]).toMatchObject({
      body: "client_id=a+b&secret=%C3%A4%26%3D",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
  });

  test("carries headers of its own", async () => {
    const { clock, vendor, caller } = setUp(() => ({ status: 200, body: "1" }));
    await clock.run(caller.call({ ...GET, headers: { authorization: "Bearer t" } }));
    expect(vendor.seen[0]?.headers).toMatchObject({ authorization: "Bearer t", accept: "application/json" });
  });
});

describe("a status inside an answer", () => {
  const Envelope = z.object({ code: z.number() });
  const request = {
    ...GET,
    statusInside: (json: unknown) => {
      const { code } = Envelope.parse(json);
      return code === 200 ? null : code;
    },
  };
  const inside = (code: number): string => JSON.stringify({ code, message: "no such cabinet" });

  test.each([
    [401, "VendorAuthRejected", 1],
    [404, "VendorRefused", 1],
    [429, "VendorRateLimited", 4],
    [500, "VendorUnavailable", 4],
  ])("of %d is a %s", async (code, name, attempts) => {
    const { failure, vendor } = setUp(() => ({ status: 200, body: inside(code) }));
    expect(await failure(request)).toMatchObject({ name, status: 200, attempts, body: inside(code) });
    expect(vendor.seen).toHaveLength(attempts);
  });

  test("of 200 is none", async () => {
    const { clock, caller } = setUp(() => ({ status: 200, body: inside(200) }));
    expect((await clock.run(caller.call(request))).value).toEqual({ code: 200, message: "no such cabinet" });
  });

  test("says which code and words the vendor gave", async () => {
    const { failure } = setUp(() => ({ status: 200, body: inside(404) }));
    expect(await failure(request)).toMatchObject({ code: "404", detail: "no such cabinet" });
  });
});

describe("an answer that brings secrets", () => {
  test.each([
    ["of another shape", '{"tocen":"s3cr3t"}'],
    ["that is no JSON", "s3cr3t"],
  ])("%s shows in no error", async (_name, body) => {
    const { failure } = setUp(() => ({ status: 200, body }));
    const error = await failure({ ...GET, schema: z.object({ token: z.string() }), confidential: true });
    expect(error).toMatchObject({ name: "VendorProtocolError", body: null });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain("s3cr3t");
  });

  test("is quoted where it is a refusal, cleaned of what is known", async () => {
    const { failure, caller } = setUp(() => ({ status: 400, body: '{"detail":"bad s3cr3t"}' }));
    caller.keepSecret(["s3cr3t"]);
    expect(await failure({ ...GET, confidential: true })).toMatchObject({ detail: "bad [redacted]" });
  });
});

describe("a streamed answer", () => {
  const decoder = () => {
    let bytes = 0;
    return {
      write(chunk: Uint8Array): void {
        bytes += chunk.length;
        if (chunk.includes(0x21)) throw new UnreadableAnswer("it shouts");
      },
      end: (): number => bytes,
    };
  };
  const request = { method: "GET", path: "/points", decoder } as const;

  test("is decoded as it comes", async () => {
    const { clock, caller } = setUp(() => ({ status: 200, body: "1234567" }));
    expect((await clock.run(caller.call(request))).value).toBe(7);
  });

  test("begins anew with every attempt", async () => {
    const { clock, caller } = setUp(({ index }) => ({ status: 200, body: index < 2 ? "12!" : "12" }));
    expect((await clock.run(caller.call(request))).value).toBe(2);
  });

  test("that cannot be read is told with its start only", async () => {
    const { failure } = setUp(() => ({ status: 200, body: `!${"x".repeat(10 * ERROR_BODY_CHARS_MAX)}` }));
    const error = await failure(request);
    expect(error).toMatchObject({ name: "VendorProtocolError", attempts: 4, status: 200 });
    expect(error.message).toContain("it shouts");
    expect(error.body).toBe(`!${"x".repeat(ERROR_BODY_CHARS_MAX - 1)}`);
  });

  test("that cannot be read is told with what is known of it, and no secret shows", async () => {
    const { failure, caller } = setUp(() => ({ status: 200, headers: { "x-request-id": "r-1" }, body: "s3cr3t!" }));
    caller.keepSecret(["s3cr3t"]);
    expect(await failure(request)).toMatchObject({ status: 200, requestId: "r-1", body: "[redacted]!" });
    expect(await failure({ ...request, confidential: true })).toMatchObject({ status: 200, body: null });
  });

  test("of a refusal is read as a refusal", async () => {
    const { failure } = setUp(() => ({ status: 400, body: '{"code":"too_many","detail":"21 signals!"}' }));
    expect(await failure(request)).toMatchObject({ name: "VendorRefused", code: "too_many", detail: "21 signals!" });
  });

  test("has a limit of its own", async () => {
    const { failure } = setUp(() => ({ status: 200, body: "12345678" }));
    expect(await failure({ ...request, answerBytesMax: 7 })).toMatchObject({ name: "VendorProtocolError" });
    const { clock, caller } = setUp(() => ({ status: 200, body: "12345678" }));
    expect((await clock.run(caller.call({ ...request, answerBytesMax: 8 }))).value).toBe(8);
  });

  test("whose decoder has a fault of ours is no vendor's error", async () => {
    const { clock, caller } = setUp(() => ({ status: 200, body: "1" }));
    const broken = () => ({ write: () => {}, end: () => JSON.parse("") as number });
    await expect(clock.run(caller.call({ ...request, decoder: broken }))).rejects.toThrow(SyntaxError);
  });
});
