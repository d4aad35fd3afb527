import { request } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import type { Row } from "./answer.ts";
import type { Faults } from "./faults.ts";
import { type EnergyGridSimulator, startEnergyGridSimulator } from "./server.ts";

const NOON_IN_SEVILLA = Date.UTC(2026, 5, 21, 12, 26);
const TOKEN = "interview_token_123";

/** MD5 of `/device/real/query` + `interview_token_123` + `1770141992000`, by md5sum. */
const TIMESTAMP = "1770141992000";
const SIGNATURE = "02a29e420337e0eb9166399ad48edd37";

/** Time that moves only when told to, or by sleeping: a delay of the simulator takes no real time. */
class TestTime {
  atMs = 0;
  nowMs(): number {
    return NOON_IN_SEVILLA + this.atMs;
  }
  monotonicMs(): number {
    return this.atMs;
  }
  sleepUntil(untilMs: number): Promise<void> {
    this.atMs = Math.max(this.atMs, untilMs);
    return Promise.resolve();
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: { readonly data?: readonly Row[]; readonly error?: string };
}

const open: EnergyGridSimulator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

async function start(faults: Faults = {}, seed = 1): Promise<{ simulator: EnergyGridSimulator; time: TestTime }> {
  const time = new TestTime();
  const simulator = await startEnergyGridSimulator({ time, seed, faults });
  open.push(simulator);
  return { simulator, time };
}

interface Call {
  readonly body?: unknown;
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly path?: string;
  readonly method?: string;
}

function call(simulator: EnergyGridSimulator, { body, raw, headers = {}, path, method }: Call = {}): Promise<Answer> {
  const all: Record<string, string | undefined> = {
    authorization: TOKEN,
    timestamp: TIMESTAMP,
    signature: SIGNATURE,
    "content-type": "application/json",
    ...headers,
  };
  const given = Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path ?? "/device/real/query", simulator.url),
      { method: method ?? "POST", headers: given, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          let parsed: Answer["body"] = {};
          try {
            parsed = JSON.parse(text) as Answer["body"];
          } catch {}
          resolve({ status: answer.statusCode ?? 0, text, body: parsed });
        });
      },
    );
    sent.on("error", reject);
    sent.end(raw ?? JSON.stringify(body ?? { sn_list: ["SN-000"] }));
  });
}

const serials = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `SN-${String(i).padStart(3, "0")}`);

describe("what the contract allows", () => {
  test("ten serials are answered, in order, in the vendor's form", async () => {
    const { simulator } = await start();
    const answer = await call(simulator, { body: { sn_list: serials(10) } });
    expect(answer.status).toBe(200);
    expect(answer.body.data?.map((row) => row.sn)).toEqual(serials(10));
    for (const row of answer.body.data ?? []) {
      expect(row.power).toMatch(/^(\d+\.\d\d kW|\d+ W)$/);
      expect(row.status).toMatch(/^(Online|Offline)$/);
      expect(row.last_updated).toMatch(/^2026-06-21T\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
    expect(simulator.violations.count).toBe(0);
  });

  test("an empty list is answered with nothing; a serial that the vendor does not know is left out", async () => {
    const { simulator, time } = await start();
    expect((await call(simulator, { body: { sn_list: [] } })).text).toBe('{"data":[]}');
    time.atMs = 1_000;
    const answer = await call(simulator, { body: { sn_list: ["SN-001", "SN-999", "X"] } });
    expect(answer.body.data?.map((row) => row.sn)).toEqual(["SN-001"]);
  });
});

describe("what the contract refuses", () => {
  test.each<[string, number, string, Call]>([
    ["eleven serials", 400, "batch", { body: { sn_list: serials(11) } }],
    ["no array", 400, "body", { body: { sn_list: "SN-000" } }],
    ["no sn_list", 400, "body", { body: {} }],
    ["null", 400, "body", { raw: "null" }],
    ["numbers for serials", 400, "body", { body: { sn_list: [1] } }],
    ["no JSON", 400, "body", { raw: '{"sn_list":["SN-000"' }],
    ["no content type", 400, "body", { headers: { "content-type": undefined } }],
    ["a body beyond all measure", 413, "body", { raw: JSON.stringify({ sn_list: ["x".repeat(100_000)] }) }],
    ["another path", 404, "path", { path: "/device/real" }],
    ["a query on the path", 404, "path", { path: "/device/real/query?a=1" }],
    ["another method", 405, "method", { method: "PUT" }],
    ["no token", 401, "signature", { headers: { authorization: undefined } }],
    ["another token", 401, "signature", { headers: { authorization: "guess" } }],
    ["no timestamp", 401, "signature", { headers: { timestamp: undefined } }],
    ["another timestamp than was signed", 401, "signature", { headers: { timestamp: "1770141992001" } }],
    ["a timestamp that is a date", 401, "signature", { headers: { timestamp: "2026-02-03T18:06:32Z" } }],
    ["no signature", 401, "signature", { headers: { signature: undefined } }],
    ["a signature in capitals", 401, "signature", { headers: { signature: SIGNATURE.toUpperCase() } }],
  ])("%s: %i, noted, and the second is spent", async (_name, status, kind, wrong) => {
    const { simulator, time } = await start();
    const answer = await call(simulator, wrong);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toEqual(expect.any(String));
    expect([...simulator.violations].map((violation) => violation.kind)).toEqual([kind]);
    expect(answer.text).not.toContain(TOKEN);
    expect(answer.text).not.toContain(SIGNATURE);

    // Each token has its own second.
    if (wrong.headers && "authorization" in wrong.headers) return;
    time.atMs = 999.9;
    expect((await call(simulator)).status).toBe(429);
    time.atMs = 1_000;
    expect((await call(simulator)).status).toBe(200);
  });

  test("a request that comes early gets 429 without Retry-After, and is noted with what it lacked", async () => {
    const { simulator, time } = await start();
    await call(simulator);
    time.atMs = 999.5;
    const early = await call(simulator);
    expect(early.status).toBe(429);
    expect([...simulator.violations]).toMatchObject([{ kind: "rate", request: 2, monotonicMs: 999.5 }]);
    expect(early.body.error).toContain("0.500 ms too early");
    expect(simulator.counters).toEqual({ seen: 2, answered: 1, refused: 1, unauthorised: 0, malformed: 0, struck: 0 });
  });
});

describe("faults", () => {
  const ask = { body: { sn_list: serials(10) } };

  test("a storm refuses, and does not take the second", async () => {
    const { simulator } = await start({ storm: { next: 2 } });
    expect([(await call(simulator)).status, (await call(simulator)).status, (await call(simulator)).status]).toEqual([
      429, 429, 200,
    ]);
    expect(simulator.violations.count).toBe(0);
  });

  test("server errors are 5xx with a body", async () => {
    const { simulator, time } = await start({ "server-error": 1 });
    const statuses = new Set<number>();
    for (let i = 0; i < 12; i++, time.atMs += 1_000) statuses.add((await call(simulator)).status);
    expect([...statuses].every((status) => status >= 500 && status <= 504)).toBe(true);
    expect(statuses.size).toBeGreaterThan(1);
  });

  test.each([["reset"], ["cut"]] as const)("%s ends the connection before the answer is whole", async (fault) => {
    const { simulator, time } = await start({ [fault]: { next: 1 } });
    await expect(call(simulator, ask)).rejects.toThrow(/reset|hang up|aborted/i);
    time.atMs = 1_000;
    expect((await call(simulator, ask)).status).toBe(200);
  });

  test("a slow answer takes its time", async () => {
    const { simulator, time } = await start({ slow: { next: 1 }, "slow-ms": 7_000 });
    await call(simulator, ask);
    expect(time.atMs).toBe(7_000);
  });

  test("truncated JSON is a whole answer that cannot be read", async () => {
    const { simulator } = await start({ truncated: 1 });
    const answer = await call(simulator, ask);
    expect(answer.status).toBe(200);
    expect(() => JSON.parse(answer.text) as unknown).toThrow(SyntaxError);
  });

  test.each([
    ["missing", (sns: readonly string[]) => sns.length === 9 && new Set(sns).size === 9],
    ["repeated", (sns: readonly string[]) => sns.length === 11 && new Set(sns).size === 10],
    ["extra", (sns: readonly string[]) => sns.length === 11 && !serials(10).includes(sns[10] ?? "")],
  ] as const)("%s serials", async (fault, holds) => {
    const { simulator } = await start({ [fault]: 1 });
    const answer = await call(simulator, ask);
    expect(answer.body.data?.map((row) => row.sn)).toSatisfy(holds);
  });

  test("one unreadable power", async () => {
    const { simulator } = await start({ unreadable: 1 });
    const { data = [] } = (await call(simulator, ask)).body;
    expect(data.filter((row) => !/^(\d+\.\d\d kW|\d+ W)$/.test(row.power))).toHaveLength(1);
  });

  test("a skewed clock shows in last_updated alone", async () => {
    const { simulator } = await start({ "skew-ms": -86_400_000 });
    const { data = [] } = (await call(simulator, ask)).body;
    for (const row of data) expect(row.last_updated).toMatch(/^2026-06-20T/);
  });

  test("jitter delays requests before they are seen, and answers after", async () => {
    const { simulator, time } = await start({ "jitter-ms": 30, "answer-jitter-ms": 10 });
    await call(simulator);
    const { requestDelayMs, answerDelayMs } = simulator.timings;
    expect(requestDelayMs).toBeGreaterThan(0);
    expect(requestDelayMs).toBeLessThan(30);
    expect(answerDelayMs).toBeGreaterThan(0);
    expect(answerDelayMs).toBeLessThan(10);
    expect(time.atMs).toBeCloseTo(requestDelayMs + answerDelayMs, 6);
    // The second counts from when the first was seen, which was after its delay.
    await simulator.setFaults({});
    time.atMs = requestDelayMs + 999.9;
    expect((await call(simulator)).status).toBe(429);
    time.atMs = requestDelayMs + 1_000;
    expect((await call(simulator)).status).toBe(200);
    expect(simulator.timings.spanMs).toBeCloseTo(1_000, 6);
  });

  test("an outage refuses connections until it ends, on the same port", async () => {
    const { simulator } = await start();
    await simulator.setFaults({ outage: true });
    await expect(call(simulator)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await simulator.setFaults({});
    expect((await call(simulator)).status).toBe(200);
    await simulator.setFaults({ outage: true });
    await simulator.close();
  });
});

test("a port that is taken is the system's error", async () => {
  const { simulator } = await start();
  await expect(startEnergyGridSimulator({ port: simulator.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});
