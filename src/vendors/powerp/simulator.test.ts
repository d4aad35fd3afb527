import { afterEach, describe, expect, test } from "vitest";
import {
  addChecksums,
  HYDRO_DATABASE_ID,
  type PowerPSimulator,
  type PowerPSimulatorOptions,
  pointChecksum,
  SOLAR_DATABASE_ID,
  startPowerPSimulator,
} from "../../../simulators/powerp/index.ts";
import { cutPoints, type PointOutcome, PowerPClient, type PowerPOptions, powerP, signalId } from "./index.ts";
import { mappingOf } from "./mapping.ts";

/** So many that the limit is not what is waited for. */
const REQUESTS_PER_SECOND = 2_000;
const FROM = Date.UTC(2026, 2, 10, 6, 0, 0, 7);
const MINUTE_MS = 60_000;

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function openTenant(
  simulator: PowerPSimulatorOptions = {},
  options: Partial<PowerPOptions> = {},
): Promise<{ tenant: PowerPSimulator; client: PowerPClient }> {
  const tenant = await startPowerPSimulator({ requestsPerSecond: REQUESTS_PER_SECOND, ...simulator });
  const client = new PowerPClient({
    baseUrl: tenant.url,
    clientId: tenant.clientId,
    clientSecret: tenant.clientSecret,
    requestsPerSecond: REQUESTS_PER_SECOND,
    random: () => 0,
    ...options,
  });
  opened.push(tenant, client);
  return { tenant, client };
}

interface Sum {
  samples: number;
  checksum: number;
}

async function sumOf<B extends PointOutcome>(
  reading: AsyncGenerator<B, void, undefined>,
  indexOf: (batch: B, position: number) => string,
): Promise<Sum & { batches: B[] }> {
  const sum = { samples: 0, checksum: 0, batches: [] as B[] };
  for await (const batch of reading) {
    expect(batch).toMatchObject({ failure: null, issueCount: 0, nullCount: 0 });
    const { length, positions, timesMs, values } = batch.points;
    sum.samples += length;
    for (let at = 0; at < length; at++) {
      const index = Number(indexOf(batch, positions[at] ?? -1));
      sum.checksum = addChecksums(sum.checksum, pointChecksum(index, timesMs[at] ?? 0, values[at] ?? 0));
    }
    sum.batches.push(batch);
  }
  return sum;
}

function tally({ plant }: PowerPSimulator, indexes: readonly string[], range: { fromMs: number; toMs: number }): Sum {
  const sum = { samples: 0, checksum: 0 };
  for (const index of indexes) {
    const own = plant.tally(HYDRO_DATABASE_ID, index, range);
    sum.samples += own.samples;
    sum.checksum = addChecksums(sum.checksum, own.checksum);
  }
  return sum;
}

const INDEXES = Array.from({ length: 24 }, (_, number) => String(1001 + number * 16));

describe("PowerP's simulator", () => {
  test.each([
    ["calm", {}],
    [
      "full of faults",
      { reset: 0.1, truncated: 0.1, "server-error": 0.1, cut: 0.05, "token-revoked": 0.1, "repeated-point": 0.5 },
    ],
  ])("gives every raw point exactly once while it is %s", async (_name, faults) => {
    const { tenant, client } = await openTenant({ faults });
    const range = { fromMs: FROM, toMs: FROM + 95 * MINUTE_MS };
    const query = { databaseId: HYDRO_DATABASE_ID, indexes: INDEXES, ...range };
    const { samples, checksum, batches } = await sumOf(
      client.readPoints(query),
      ({ piece }, at) => piece.indexes[at] ?? "",
    );
    expect({ samples, checksum }).toEqual(tally(tenant, INDEXES, range));
    expect(samples).toBeGreaterThan(100_000);
    expect(batches.map(({ piece }) => piece.key).sort()).toEqual([...cutPoints(query)].map(({ key }) => key).sort());
    expect([...tenant.violations]).toEqual([]);
    if (Object.keys(faults).length === 0) expect(tenant.counters.seen).toBe(4 * 3 + 1);
  });

  test("tells the past of signals, window by window, as every raw point in the metrics' units", async () => {
    const { tenant, client } = await openTenant();
    const { devicesPerWindow, windowMsMax } = powerP.history;
    const indexes = INDEXES.slice(0, devicesPerWindow - 1);
    const devices = [...indexes.map((index) => signalId(HYDRO_DATABASE_ID, index)), signalId(HYDRO_DATABASE_ID, "1")];
    const range = { fromMs: FROM, toMs: FROM + 2 * windowMsMax };
    const answers = [
      await client.readHistory({ devices, fromMs: FROM + windowMsMax, toMs: range.toMs }),
      await client.readHistory({ devices, fromMs: FROM, toMs: FROM + windowMsMax }),
    ];
    for (const { refused } of answers) expect(refused).toEqual([signalId(HYDRO_DATABASE_ID, "1")]);
    const readings = answers.flatMap((answer) => answer.readings);
    const useless = new Set(answers.flatMap(({ issues }) => issues.map(({ device }) => device)));
    const told = indexes.filter((index) => !useless.has(signalId(HYDRO_DATABASE_ID, index)));
    expect(told.length).toBeGreaterThan(4);
    expect(new Set(readings.map(({ device, timeMs }) => `${device} ${timeMs}`)).size).toBe(readings.length);
    expect(readings.length).toBe(tally(tenant, told, range).samples);
    expect([...tenant.violations]).toEqual([]);
  });

  test.each([true, false])("gives a selection's every point exactly once, having v2: %s", async (v2) => {
    const { tenant, client } = await openTenant({ v2 });
    const range = { fromMs: FROM, toMs: FROM + 40 * MINUTE_MS };
    const selector = { site: "S1", level: ["U1", "U2"], signal: "active_power" };
    const measurements = await client.measurements({ databaseId: HYDRO_DATABASE_ID });
    const indexByTag = new Map(measurements.map(({ tag, index }) => [tag ?? "", index]));
    const query = { databaseId: HYDRO_DATABASE_ID, selector, ...range };
    const { samples, checksum, batches } = await sumOf(
      client.select(query),
      ({ streams }, at) => indexByTag.get(streams[at]?.tag ?? "") ?? "",
    );
    const indexes = ["S1.U1.active_power", "S1.U2.active_power"].map((tag) => indexByTag.get(tag) ?? "");
    expect({ samples, checksum }).toEqual(tally(tenant, indexes, range));
    expect(batches.every(({ query }) => (query !== null) === v2)).toBe(true);
    expect([...tenant.violations]).toEqual([]);
  });

  test("gives aggregates that are the same however they are cut", async () => {
    const { client } = await openTenant({}, { blockSize: 1 });
    const fromMs = FROM - 7;
    const halfMs = fromMs + 10 * MINUTE_MS;
    const toMs = fromMs + 20 * MINUTE_MS;
    const query = { databaseId: HYDRO_DATABASE_ID, indexes: INDEXES.slice(0, 2), windowMs: 1_000 };
    const valuesOf = async (range: { fromMs: number; toMs: number }): Promise<number[]> => {
      const values = new Map<string, readonly number[]>();
      for await (const { piece, points } of client.readPoints({ ...query, ...range })) {
        values.set(piece.indexes[0] ?? "", [...points.values]);
      }
      expect(values.size).toBe(2);
      return query.indexes.flatMap((index) => [index, ...(values.get(index) ?? [])].map(Number));
    };
    const whole = await valuesOf({ fromMs, toMs });
    const halves = [await valuesOf({ fromMs, toMs: halfMs }), await valuesOf({ fromMs: halfMs, toMs })];
    expect(whole).toHaveLength(2 * 1_201);
    const [early = [], late = []] = halves;
    expect([...early.slice(0, 601), ...late.slice(1, 601), ...early.slice(601), ...late.slice(602)]).toEqual(whole);
  });

  test.each(["json", "form"] as const)("signs in with %s", async (tokenForm) => {
    const { tenant, client } = await openTenant({ tokenForm });
    expect((await client.databases()).map(({ id }) => id)).toEqual([HYDRO_DATABASE_ID, SOLAR_DATABASE_ID]);
    tenant.revokeTokens();
    await client.databases();
    expect(tenant.logins).toBe(2);
    expect([...tenant.violations].map(({ kind }) => kind)).toEqual([]);
  });

  test("has latest values of every signal, in units that are known but for a few", async () => {
    const { tenant, client } = await openTenant();
    const measurements = await client.measurements();
    const ids = measurements.map(({ databaseId, index }) => `${databaseId}/${index}`);
    const told = { readings: 0, missing: 0, failures: 0, kinds: new Set<string>() };
    for await (const { readings, missing, issues, failure } of client.readLatest(ids)) {
      told.readings += readings.length;
      told.missing += missing.length;
      told.failures += Number(failure !== null);
      for (const { kind } of issues) told.kinds.add(kind);
    }
    expect(told).toEqual({ readings: 420, missing: 0, failures: 0, kinds: new Set() });
    expect(measurements.filter((each) => mappingOf(each) === null)).toEqual([]);
    expect([...tenant.violations]).toEqual([]);
  });

  test("explains and has a vocabulary with v2, and words for states", async () => {
    const { client } = await openTenant();
    const vocabulary = await client.vocabulary(HYDRO_DATABASE_ID);
    expect(vocabulary.dimensions["site"]).toEqual(["S1"]);
    const selector = { level: "PLANT", signal: "diesel_running" };
    const range = { fromMs: FROM, toMs: FROM + MINUTE_MS };
    const facts = await client.explain({ databaseId: HYDRO_DATABASE_ID, selector, ...range });
    expect(facts).toMatchObject({ seriesRequested: 1 });
    expect(facts.estimatedPoints).toBeGreaterThan(0);
    const { decoded } = await client.selectLatest({ databaseId: HYDRO_DATABASE_ID, selector, decode: true });
    expect(decoded).toEqual(["stopped"]);
  });
});
