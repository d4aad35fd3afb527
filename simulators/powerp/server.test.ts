import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { TestTime } from "../test-time.ts";
import {
  addChecksums,
  HYDRO_DATABASE_ID,
  type PowerPSimulator,
  type PowerPSimulatorOptions,
  parseFaults,
  pointChecksum,
  SOLAR_DATABASE_ID,
  startPowerPSimulator,
} from "./index.ts";
import { UNTOLD_LIFETIME_MS } from "./sign-in.ts";

const NOW = Date.UTC(2026, 10, 20, 12);
const SECOND_MS = 1_000;

const open: PowerPSimulator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

/** Of tokens, measurements and problem documents. */
interface Json {
  readonly accessToken?: string;
  readonly access_token?: string;
  readonly expiresIn?: number;
  readonly code?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What was sent as JSON; an empty object when it was none. */
  readonly json: Json;
  /** The same where a list is expected; empty when it was none. */
  readonly list: readonly Point[];
}

interface Point {
  readonly index: string;
  readonly timestamp: string;
  readonly value: number;
}

/** A client with no manners: it sends what the test says, and time passes only as the test says. */
class Visitor {
  readonly simulator: PowerPSimulator;
  readonly time: TestTime;
  token = "";

  constructor(simulator: PowerPSimulator, time: TestTime) {
    this.simulator = simulator;
    this.time = time;
  }

  async send(path: string, request: RequestInit = {}): Promise<Answer> {
    const answer = await fetch(new URL(path, this.simulator.url), request);
    const text = await answer.text();
    let sent: unknown;
    try {
      sent = JSON.parse(text);
    } catch {}
    const list = Array.isArray(sent) ? (sent as readonly Point[]) : [];
    return { status: answer.status, headers: answer.headers, text, json: sent ?? {}, list };
  }

  signIn(body: unknown = { clientId: "demo-client", clientSecret: "demo-secret" }): Promise<Answer> {
    const headers = { "content-type": "application/json" };
    return this.send("v1/auth/token", { method: "POST", headers, body: JSON.stringify(body) });
  }

  signInByForm(fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const all = { client_id: "demo-client", client_secret: "demo-secret", grant_type: "client_credentials", ...fields };
    return this.send("v1/auth/token", { method: "POST", body: new URLSearchParams(all) });
  }

  get(path: string): Promise<Answer> {
    return this.send(path, { headers: { authorization: `Bearer ${this.token}` } });
  }

  post(path: string, body: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.token}`, "content-type": "application/json" };
    return this.send(path, { method: "POST", headers, body: JSON.stringify(body) });
  }
}

async function visit(options: PowerPSimulatorOptions = {}): Promise<Visitor> {
  const time = new TestTime(NOW);
  const simulator = await startPowerPSimulator({ requestsPerSecond: 100_000, time, ...options });
  open.push(simulator);
  const visitor = new Visitor(simulator, time);
  if (options.tokenForm === "form") visitor.token = (await visitor.signInByForm()).json.access_token ?? "";
  else visitor.token = (await visitor.signIn()).json.accessToken ?? "";
  return visitor;
}

const hydro = { databaseId: HYDRO_DATABASE_ID };
const minute = { startTime: "2026-11-20T08:00:00Z", endTime: "2026-11-20T08:01:00Z" };

/** Kind and code of the last violation; null when there is none. */
function lastViolation({ simulator }: Visitor): string | null {
  const last = [...simulator.violations].at(-1);
  return last ? `${last.kind} ${last.detail.split(":", 1)[0]}` : null;
}

describe("signing in", () => {
  test("as JSON and as a form, each answered in its own words", async () => {
    const visitor = await visit();
    const json = await visitor.signIn();
    expect(json.json).toEqual({ accessToken: expect.any(String) as string, expiresIn: 3_600 });
    const form = await visitor.signInByForm();
    expect(form.json).toEqual({ access_token: expect.any(String) as string, expires_in: 3_600, token_type: "Bearer" });
    for (const token of [json.json.accessToken, form.json.access_token]) {
      visitor.token = token ?? "";
      expect((await visitor.get("v1/databases")).status).toBe(200);
    }
    expect(visitor.simulator.logins).toBe(3);
    expect(visitor.simulator.violations.count).toBe(0);
  });

  test.each([
    ["json", 415],
    ["form", 400],
  ] as const)(
    "a vendor that knows only %s refuses the other, and finding out is no violation",
    async (tokenForm, refused) => {
      const visitor = await visit({ tokenForm });
      const other = tokenForm === "json" ? await visitor.signInByForm() : await visitor.signIn();
      expect([other.status, other.json.code]).toEqual([refused, "unsupported_content"]);
      expect((await visitor.get("v1/databases")).status).toBe(200);
      expect(visitor.simulator.violations.count).toBe(0);
      expect(visitor.simulator.logins).toBe(1);
    },
  );

  test.each([
    ["a wrong secret", { clientId: "demo-client", clientSecret: "no" }, 401, "credentials invalid_client"],
    ["a wrong id", { clientId: "no", clientSecret: "demo-secret" }, 401, "credentials invalid_client"],
    ["a missing secret", { clientId: "demo-client" }, 400, "body invalid_request"],
    ["one field too many", { clientId: "a", clientSecret: "b", scope: "c" }, 400, "body unknown_field"],
    ["a null", { clientId: "a", clientSecret: null }, 400, "body null_option"],
  ])("%s", async (_name, body, status, violation) => {
    const visitor = await visit();
    const answer = await visitor.signIn(body);
    expect([answer.status, lastViolation(visitor)]).toEqual([status, violation]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.text).not.toContain("demo-secret");
  });

  test("a form is as strict", async () => {
    const visitor = await visit();
    expect((await visitor.signInByForm({ client_secret: "no" })).status).toBe(401);
    expect((await visitor.signInByForm({ scope: "all" })).json.code).toBe("invalid_request");
    expect((await visitor.signInByForm({ grant_type: "password" })).json.code).toBe("unsupported_grant_type");
    const text = await visitor.send("v1/auth/token", {
      method: "POST",
      body: "x",
      headers: { "content-type": "text/plain" },
    });
    expect(text.status).toBe(415);
    expect((await visitor.get("v1/auth/token")).status).toBe(405);
  });

  test("a token lives to its last ms", async () => {
    const visitor = await visit();
    visitor.time.atMs = 3_600 * SECOND_MS - 1;
    expect((await visitor.get("v1/databases")).status).toBe(200);
    visitor.time.atMs = 3_600 * SECOND_MS;
    const late = await visitor.get("v1/databases");
    expect([late.status, late.json.code, lastViolation(visitor)]).toEqual([
      401,
      "token_expired",
      "token token_expired",
    ]);
  });

  test.each([
    [0, { expiresIn: 0 }],
    ["missing", {}],
  ] as const)("a lifetime told as %s is five minutes", async (tokenLifetimeS, told) => {
    const visitor = await visit({ tokenLifetimeS });
    expect((await visitor.signIn()).json).toEqual({ accessToken: expect.any(String) as string, ...told });
    visitor.time.atMs = UNTOLD_LIFETIME_MS - 1;
    expect((await visitor.get("v1/databases")).status).toBe(200);
    visitor.time.atMs = UNTOLD_LIFETIME_MS;
    expect((await visitor.get("v1/databases")).status).toBe(401);
  });

  test("its lifetime can be set while the server runs", async () => {
    const visitor = await visit();
    await visitor.simulator.setFaults(parseFaults("token-lifetime-ms=90000"));
    const { accessToken, expiresIn } = (await visitor.signIn()).json;
    expect(expiresIn).toBe(90);
    visitor.token = accessToken ?? "";
    visitor.time.atMs = 90_000;
    expect((await visitor.get("v1/databases")).status).toBe(401);
  });

  test("no token, a made-up one and another scheme are refused; a revoked one too, which is nobody's fault", async () => {
    const visitor = await visit();
    const { token } = visitor;
    for (const authorization of ["", "Bearer", "Bearer made-up", `Basic ${token}`, token]) {
      expect((await visitor.send("v1/databases", { headers: { authorization } })).status).toBe(401);
    }
    expect(visitor.simulator.violations.countOf("token")).toBe(5);
    visitor.simulator.revokeTokens();
    expect((await visitor.get("v1/databases")).json.code).toBe("token_revoked");
    expect(visitor.simulator.violations.count).toBe(5);
    expect(JSON.stringify([...visitor.simulator.violations])).not.toContain(token);
  });
});

describe("v1", () => {
  test("databases and measurements have the contract's fields", async () => {
    const visitor = await visit();
    const databases = (await visitor.get("v1/databases")).json;
    expect(databases).toEqual([
      {
        id: HYDRO_DATABASE_ID,
        name: expect.any(String) as string,
        connectionId: expect.any(Number) as number,
        powerPlantId: expect.any(Number) as number,
      },
      {
        id: SOLAR_DATABASE_ID,
        name: expect.any(String) as string,
        connectionId: expect.any(Number) as number,
        powerPlantId: expect.any(Number) as number,
      },
    ]);
    const measurements = (await visitor.get("v1/measurements")).json as readonly Record<string, unknown>[];
    expect(measurements).toHaveLength(420);
    expect(measurements[0]).toEqual({
      id: 1,
      databaseId: HYDRO_DATABASE_ID,
      name: "U1 active power",
      description: "Active power of U1",
      tag: "S1.U1.active_power",
      index: "1001",
      dataType: "float",
      minValue: -1,
      maxValue: 28,
      unitSymbol: "MW",
      firstDataPoint: "2024-01-01T00:00:00.000Z",
      defaultAgg: "mean",
    });
    const bool = measurements.find(({ tag }) => tag === "S1.U1.running");
    expect(bool).toMatchObject({ dataType: "bool", defaultAgg: "last", unitSymbol: "" });
  });

  test("a range put together from queries of any cut holds every point exactly once", async () => {
    const visitor = await visit();
    const fromMs = Date.UTC(2026, 10, 20, 8);
    const cuts = fc.array(fc.integer({ min: 0, max: 120_000_000 }), { maxLength: 3 });
    const indexes = fc.uniqueArray(fc.integer({ min: 1_001, max: 1_400 }), { minLength: 1, maxLength: 20 });
    const utc = (us: number): string =>
      `${new Date(fromMs + Math.floor(us / 1_000)).toISOString().slice(0, -1)}${String(us % 1_000).padStart(3, "0")}Z`;
    await fc.assert(
      fc.asyncProperty(indexes, cuts, async (asked, cutsUs) => {
        const edges = [...new Set([0, ...cutsUs, 120_000_000])].sort((a, b) => a - b);
        const sums = new Map(asked.map((index) => [String(index), { samples: 0, checksum: 0 }]));
        for (const [i, endUs] of edges.slice(1).entries()) {
          const body = {
            ...hydro,
            measurementIndexes: asked.map(String),
            startTime: utc(edges[i] ?? 0),
            endTime: utc(endUs),
          };
          for (const { index, timestamp, value } of (await visitor.post("v1/query", body)).list) {
            const sum = sums.get(index);
            if (!sum) throw new Error(`${index} was not asked for`);
            sum.samples++;
            sum.checksum = addChecksums(sum.checksum, pointChecksum(Number(index), Date.parse(timestamp), value));
          }
        }
        for (const [index, sum] of sums) {
          expect(sum).toEqual(
            visitor.simulator.plant.tally(HYDRO_DATABASE_ID, index, { fromMs, toMs: fromMs + 120_000 }),
          );
        }
      }),
      { numRuns: 15 },
    );
  });

  test("an end between two ms holds what lies before it", async () => {
    const visitor = await visit();
    const signal = visitor.simulator.plant.databases.get(HYDRO_DATABASE_ID)?.signals[0];
    if (!signal) throw new Error("no signal");
    const atMs = Date.UTC(2026, 10, 20, 8) + signal.phaseMs;
    const at = (decimals: string): string => `${new Date(atMs).toISOString().slice(0, -1)}${decimals}Z`;
    const read = async (startTime: string, endTime: string): Promise<number> => {
      const body = { ...hydro, measurementIndexes: ["1001"], startTime, endTime };
      return (await visitor.post("v1/query", body)).list.length;
    };
    const before = new Date(atMs - 100).toISOString();
    expect(await read(before, at(""))).toBe(0);
    expect(await read(before, at("000001"))).toBe(1);
    expect(await read(at(""), at("000001"))).toBe(1);
    expect(await read(at("000001"), at("000002"))).toBe(0);
  });

  test("nothing lies in the future, before the first data point, or under an unknown index", async () => {
    const visitor = await visit();
    const query = async (startTime: string, endTime: string, index = "1001"): Promise<readonly Point[]> =>
      (await visitor.post("v1/query", { ...hydro, measurementIndexes: [index], startTime, endTime })).list;
    const around = await query("2026-11-20T11:59:00Z", "2026-11-20T12:01:00Z");
    expect(around.length).toBe(300);
    expect(around.every(({ timestamp }) => Date.parse(timestamp) <= NOW)).toBe(true);
    expect(await query("2026-11-20T12:00:01Z", "2026-11-20T12:01:00Z")).toEqual([]);
    expect(await query("2023-12-31T23:59:00Z", "2024-01-01T00:00:00Z")).toEqual([]);
    expect(await query("1969-12-31T23:59:00Z", "1970-01-01T00:00:00Z")).toEqual([]);
    expect(await query(minute.startTime, minute.endTime, "9999")).toEqual([]);
  });

  test("windows are aligned to the epoch and may span days", async () => {
    const visitor = await visit();
    const body = {
      ...hydro,
      measurementIndexes: ["1001", "1043"],
      startTime: "2026-11-18T06:00:00Z",
      endTime: "2026-11-20T06:00:00Z",
    };
    const counted = (await visitor.post("v1/query", { ...body, aggFunction: "count", windowPeriod: "1d" }))
      .json as Point[];
    expect(counted.filter(({ index }) => index === "1001")).toEqual([
      { index: "1001", timestamp: "2026-11-18T00:00:00.000Z", value: 18 * 3_600 * 5 },
      { index: "1001", timestamp: "2026-11-19T00:00:00.000Z", value: 24 * 3_600 * 5 },
      { index: "1001", timestamp: "2026-11-20T00:00:00.000Z", value: 6 * 3_600 * 5 },
    ]);
    const byDefault = (await visitor.post("v1/query", { ...body, windowPeriod: "1h" })).list;
    const states = byDefault.filter(({ index }) => index === "1043").map(({ value }) => value);
    expect(states).toHaveLength(48);
    expect(states.every((value) => value === 0 || value === 1)).toBe(true);
  });

  test("the latest is the newest point of each signal, not older than the lookback", async () => {
    const visitor = await visit();
    const body = { ...hydro, measurementIndexes: ["1001", "1024", "7"] };
    const points = (await visitor.post("v1/query/latest", body)).list;
    expect(points.map(({ index }) => index)).toEqual(["1001", "1024"]);
    expect(points.every(({ timestamp }) => NOW - Date.parse(timestamp) < SECOND_MS)).toBe(true);
    expect((await visitor.post("v1/query/latest", { ...body, lookback: "1s" })).list).toEqual(points);
    expect((await visitor.post("v1/query/latest", { ...body, lookback: "1ms" })).list.length).toBeLessThan(2);
  });

  const indexes = (count: number): string[] => Array.from({ length: count }, (_, i) => String(1001 + i));
  const query = { ...hydro, measurementIndexes: ["1001"], ...minute };
  test.each([
    ["20 signals", "v1/query", { ...query, measurementIndexes: indexes(20) }, 200, null],
    ["21 signals", "v1/query", { ...query, measurementIndexes: indexes(21) }, 400, "signals too_many_signals"],
    ["21 latest", "v1/query/latest", { ...hydro, measurementIndexes: indexes(21) }, 400, "signals too_many_signals"],
    ["no signal", "v1/query", { ...query, measurementIndexes: [] }, 400, "body invalid_request"],
    ["a number for an index", "v1/query", { ...query, measurementIndexes: [1001] }, 400, "body invalid_request"],
    ["just under 30 min", "v1/query", { ...query, endTime: "2026-11-20T08:29:59.999999999Z" }, 200, null],
    ["30 min", "v1/query", { ...query, endTime: "2026-11-20T08:30:00Z" }, 400, "window window_too_long"],
    ["30 min in windows", "v1/query", { ...query, endTime: "2026-11-20T08:30:00Z", windowPeriod: "1s" }, 200, null],
    ["an end at the start", "v1/query", { ...query, endTime: query.startTime }, 400, "window empty_range"],
    ["an end before the start", "v1/query", { ...query, endTime: "2026-11-20T07:00:00Z" }, 400, "window empty_range"],
    ["a null", "v1/query", { ...query, windowPeriod: null }, 400, "body null_option"],
    ["a null within", "v1/query", { ...query, measurementIndexes: ["1001", null] }, 400, "body null_option"],
    ["an unknown field", "v1/query", { ...query, limit: 5 }, 400, "body unknown_field"],
    ["no start", "v1/query", { ...query, startTime: undefined }, 400, "body invalid_request"],
    ["a time without a zone", "v1/query", { ...query, startTime: "2026-11-20T08:00:00" }, 400, "body invalid_request"],
    ["another function", "v1/query", { ...query, aggFunction: "median" }, 400, "body invalid_request"],
    ["another window", "v1/query", { ...query, windowPeriod: "1w" }, 400, "body invalid_request"],
    ["another database", "v1/query", { ...query, databaseId: 9 }, 400, "body unknown_database"],
    [
      "years in windows",
      "v1/query",
      { ...query, startTime: "2024-02-01T00:00:00Z", windowPeriod: "1d" },
      400,
      "window query_too_large",
    ],
    ["another path", "v1/queries", query, 404, "path not_found"],
    ["another method", "v1/databases", {}, 405, "method method_not_allowed"],
    ["a null body", "v1/query", null, 400, "body null_option"],
    ["a list", "v1/query", [], 400, "body invalid_request"],
  ])("%s", async (_name, path, body, status, violation) => {
    const visitor = await visit();
    const answer = await visitor.post(path, body);
    expect([answer.status, lastViolation(visitor)]).toEqual([status, violation]);
    if (violation !== null) {
      expect(answer.json).toMatchObject({
        status,
        code: violation.split(" ")[1],
        detail: expect.any(String) as string,
      });
    }
  });

  test("another media type, broken JSON, a huge body and another root are refused", async () => {
    const visitor = await visit();
    const authorization = `Bearer ${visitor.token}`;
    const send = (path: string, body: string, type = "application/json"): Promise<Answer> =>
      visitor.send(path, { method: "POST", body, headers: { authorization, "content-type": type } });
    expect((await send("v1/query", JSON.stringify(query), "text/plain")).status).toBe(415);
    expect((await send("v1/query", "{")).json.code).toBe("invalid_json");
    expect((await send("v1/query", " ".repeat(70_000))).status).toBe(413);
    expect((await send("/v1/query", JSON.stringify(query))).status).toBe(404);
    expect((await visitor.get("v1/databases?all=1")).status).toBe(404);
  });
});

describe("the rate", () => {
  test("is ten requests in any second; beyond, Retry-After comes by turns as seconds and as a date", async () => {
    const visitor = await visit({ requestsPerSecond: 10 });
    for (let i = 1; i < 10; i++) expect((await visitor.get("v1/databases")).status).toBe(200);
    visitor.time.atMs = 999;
    const early = [await visitor.get("v1/databases"), await visitor.get("v1/databases")];
    expect(early.map(({ status, json }) => [status, json.code])).toEqual([
      [429, "too_many_requests"],
      [429, "too_many_requests"],
    ]);
    expect(early.map(({ headers }) => headers.get("retry-after"))).toEqual(["1", "Fri, 20 Nov 2026 12:00:01 GMT"]);
    expect(visitor.simulator.violations.countOf("rate")).toBe(2);
    visitor.time.atMs = 2_000;
    expect((await visitor.get("v1/databases")).status).toBe(200);
    expect(visitor.simulator.counters).toMatchObject({ seen: 13, answered: 11, refused: 2 });
  });
});

describe("faults", () => {
  test("a token revoked early, a null body, a missing series, a repeated point: each is served once and then all is well", async () => {
    const visitor = await visit();
    const body = { ...hydro, measurementIndexes: ["1001", "1002", "1003"], ...minute };
    const whole = (await visitor.post("v1/query", body)).list;
    const faulty = async (fault: string): Promise<Answer> => {
      await visitor.simulator.setFaults(parseFaults(`${fault}=1x`));
      return visitor.post("v1/query", body);
    };
    expect((await faulty("null-body")).text).toBe("null");
    expect((await faulty("repeated-point")).list).toHaveLength(whole.length + 1);
    expect((await faulty("missing-series")).list.length).toBeLessThan(whole.length);
    expect((await faulty("truncated")).list).toEqual([]);
    expect((await faulty("server-error")).json.code).toBe("server_error");
    expect((await faulty("storm")).headers.get("retry-after")).not.toBeNull();
    expect((await visitor.post("v1/query", body)).list).toEqual(whole);
    const revoked = await faulty("token-revoked");
    expect([revoked.status, revoked.json.code]).toEqual([401, "token_revoked"]);
    visitor.token = (await visitor.signIn()).json.accessToken ?? "";
    expect((await visitor.post("v1/query", body)).list).toEqual(whole);
    expect(visitor.simulator.violations.count).toBe(0);
  });

  test("a clock that is ahead is ahead in the Date header and for tokens", async () => {
    const visitor = await visit({ faults: { "clock-skew-ms": 900_000 } });
    const answer = await visitor.get("v1/databases");
    expect([answer.status, answer.headers.get("date")]).toEqual([200, "Fri, 20 Nov 2026 12:15:00 GMT"]);
    await visitor.simulator.setFaults({ "clock-skew-ms": 900_000 + 3_600_000 });
    expect((await visitor.get("v1/databases")).status).toBe(401);
  });
});
