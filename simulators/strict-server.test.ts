import { Agent, request } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { FaultDice, type Faults } from "./faults.ts";
import { REQUEST_BODY_BYTES_MAX } from "./request-body.ts";
import { type Reply, type SeenRequest, type StrictServer, startStrictServer, type TooEarly } from "./strict-server.ts";
import { TestTime } from "./test-time.ts";
import { ViolationLog } from "./violations.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 5);

interface Stub {
  respond?: (seen: SeenRequest) => Reply<"rule"> | Promise<Reply<"rule">>;
  early?: TooEarly;
  stormRetryAfter?: string;
}

const open: StrictServer<never, never>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function start({ respond, early, stormRetryAfter }: Stub, faults: Faults = {}) {
  const time = new TestTime(NOW_MS);
  const violations = new ViolationLog<"rule" | "rate">();
  const server = await startStrictServer<"rule", never, never>({
    vendor: {
      rate: () => early ?? null,
      respond: respond ?? (() => ({ status: 200, body: "[1,2,3]" })),
      errorBody: (status, detail) => JSON.stringify({ status, detail }),
      stormRetryAfter: () => stormRetryAfter,
    },
    dice: new FaultDice(1),
    violations,
    faults,
    time,
  });
  open.push(server);
  return { server, violations, time };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

function call(url: string, body = "", agent: Agent | false = false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, timeout: 5_000 }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const { statusCode: status = 0, headers } = answer;
        resolve({ status, headers, text: Buffer.concat(chunks).toString() });
      });
    });
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error("no answer")));
    sent.end(body);
  });
}

describe("what a vendor sees and answers", () => {
  test("the request as it was sent, numbered, at the vendor's own time", async () => {
    const seen: SeenRequest[] = [];
    const { server, time } = await start(
      {
        respond: async (asked) => {
          seen.push(asked);
          return { status: 200, body: (await asked.body()) ?? "too large" };
        },
      },
      { "clock-skew-ms": -60_000 },
    );
    time.atMs = 5;
    expect((await call(`${server.url}/a%20b?c=%2F`, "[]")).text).toBe("[]");
    expect((await call(`${server.url}/d`, "[]")).text).toBe("[]");
    expect(seen).toMatchObject([
      { number: 1, method: "POST", target: "/a%20b?c=%2F", seenAtMonotonicMs: 5, seenAtMs: NOW_MS + 5 - 60_000 },
      { number: 2, target: "/d" },
    ]);
  });

  test.each([
    [REQUEST_BODY_BYTES_MAX, "read"],
    [REQUEST_BODY_BYTES_MAX + 1, "too large"],
  ])("a body of %i bytes is %s", async (bytes, said) => {
    const { server } = await start({
      respond: async ({ body }) => ({ status: 200, body: (await body()) === null ? "too large" : "read" }),
    });
    expect((await call(server.url, "x".repeat(bytes))).text).toBe(said);
  });

  test("a body that is far too large leaves its connection to the next request", async () => {
    const { server } = await start({
      respond: async ({ body }) => ({ status: 200, body: (await body()) === null ? "too large" : "read" }),
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      expect((await call(server.url, "x".repeat(50 * REQUEST_BODY_BYTES_MAX), agent)).text).toBe("too large");
      expect((await call(server.url, "x", agent)).text).toBe("read");
    } finally {
      agent.destroy();
    }
  });

  test.each([0, 900_000, -900_000])("its clock, %i ms ahead, shows in Date", async (skewMs) => {
    const { server } = await start({}, { "clock-skew-ms": skewMs });
    const { headers } = await call(server.url);
    expect(headers["date"]).toBe(new Date(NOW_MS + skewMs).toUTCString());
  });

  test.each([
    [200, "answered"],
    [204, "answered"],
    [400, "malformed"],
    [401, "unauthorised"],
    [403, "unauthorised"],
    [405, "malformed"],
    [429, "refused"],
    [503, "struck"],
  ] as const)("status %i counts as %s", async (status, counter) => {
    const { server, violations } = await start({
      respond: () => ({ status, body: "", violation: { kind: "rule", detail: "why" } }),
    });
    expect((await call(server.url)).status).toBe(status);
    expect(server.counters).toEqual({
      seen: 1,
      answered: 0,
      refused: 0,
      unauthorised: 0,
      malformed: 0,
      struck: 0,
      [counter]: 1,
    });
    expect([...violations]).toMatchObject([{ kind: "rule", request: 1, atMs: NOW_MS, detail: "why" }]);
  });

  test("what came too early gets 429, with Retry-After where the vendor gives it, and is a violation", async () => {
    const { server, violations } = await start({ early: { byMs: 12.5, retryAfter: "1" } });
    const answer = await call(server.url);
    expect(answer).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
    expect(JSON.parse(answer.text)).toEqual({ status: 429, detail: "Too many requests: 12.500 ms too early" });
    expect(violations.countOf("rate")).toBe(1);
    const silent = await start({ early: { byMs: 1 } });
    expect((await call(silent.server.url)).headers).not.toHaveProperty("retry-after");
  });

  test("a storm is no violation, and says when to come back where the vendor does", async () => {
    const { server, violations } = await start({ stormRetryAfter: "7" }, { storm: { next: 1 } });
    expect(await call(server.url)).toMatchObject({ status: 429, headers: { "retry-after": "7" } });
    expect((await call(server.url)).status).toBe(200);
    expect([server.counters.struck, violations.count]).toEqual([1, 0]);
  });

  test("a vendor that breaks ends the connection, not the server", async () => {
    let broken = true;
    const { server } = await start({
      respond: () => {
        if (broken) throw new Error("a bug");
        return { status: 200, body: "" };
      },
    });
    await expect(call(server.url)).rejects.toThrow(/hang up|reset/);
    broken = false;
    expect((await call(server.url)).status).toBe(200);
  });
});

describe("a body in pieces", () => {
  const pieces = (): Iterable<string> => ["[1", "", ",2", ",345", "]"];

  test("comes whole", async () => {
    const { server } = await start({ respond: () => ({ status: 200, body: pieces() }) });
    expect((await call(server.url)).text).toBe("[1,2,345]");
  });

  test("is truncated without its end, however short the last piece", async () => {
    const { server } = await start({ respond: () => ({ status: 200, body: pieces() }) }, { truncated: 1 });
    const { text, status } = await call(server.url);
    expect([status, text]).toEqual([200, "[1,2,345"]);
  });

  test("is cut within its first piece", async () => {
    const { server } = await start({ respond: () => ({ status: 200, body: pieces() }) }, { cut: 1 });
    await expect(call(server.url)).rejects.toThrow(/aborted|reset|hang up/);
  });

  test("is made no faster than it is read, and no more when the client is gone", async () => {
    let made = 0;
    let stopped = (): void => {};
    const end = new Promise<void>((resolve) => (stopped = resolve));
    const endless = function* (): Generator<string> {
      try {
        for (;;) {
          made++;
          yield "x".repeat(65_536);
        }
      } finally {
        stopped();
      }
    };
    const { server } = await start({ respond: () => ({ status: 200, body: endless() }) });
    const sent = request(server.url, { agent: false });
    const firstByte = new Promise<void>((resolve, reject) => {
      sent.on("error", reject);
      sent.on("response", (answer) => {
        answer.on("error", () => {});
        answer.once("data", () => {
          answer.pause();
          resolve();
        });
      });
    });
    sent.end();
    await firstByte;
    sent.destroy();
    await end;
    // What the sockets of both sides hold is a few MB at most.
    expect(made).toBeLessThan(400);
  });

  test("is not made when the answer is struck down", async () => {
    let made = 0;
    const body = (): string => {
      made++;
      return "[]";
    };
    const { server } = await start({ respond: () => ({ status: 200, body }) }, { "server-error": { next: 1 } });
    expect((await call(server.url)).status).toBeGreaterThanOrEqual(500);
    expect(made).toBe(0);
    expect((await call(server.url)).text).toBe("[]");
    expect(made).toBe(1);
  });
});
