import { describe, expect, onTestFinished, test } from "vitest";
import {
  type ElecnovaSimulator,
  type ElecnovaSimulatorOptions,
  startElecnovaSimulator,
} from "../../../simulators/elecnova/index.ts";
import { localDateAt, localDay } from "../../domain/calendar.ts";
import { ONLINE, PV_ACTIVE_POWER } from "../../domain/metric.ts";
import type { LatestBatch } from "../vendor.ts";
import { API_PROFILES, type ApiProfile } from "./auth.ts";
import { ElecnovaClient } from "./client.ts";
import type { LiveBatch } from "./live-batch.ts";

const CABINETS = 12;
const DAY_MS = 86_400_000;

async function open(profile: ApiProfile, options: ElecnovaSimulatorOptions = {}) {
  const simulator = await startElecnovaSimulator({ profile, cabinets: CABINETS, publishIntervalMs: null, ...options });
  onTestFinished(() => simulator.close());
  const client = new ElecnovaClient({
    baseUrl: simulator.url,
    clientId: simulator.clientId,
    clientSecret: simulator.clientSecret,
    apiProfile: profile,
    mqttUrl: simulator.mqttUrl,
    mqttCa: simulator.certificate,
    // Waits for nothing but what the vendor asks for.
    random: () => 0,
  });
  onTestFinished(() => client.close());
  return { simulator, client, sns: [...simulator.plant.keys()] };
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

test.each(API_PROFILES)("%s: two days of the past are told slot by slot, as the whole is", async (profile) => {
  const { simulator, client, sns } = await open(profile);
  const [sn = ""] = sns;
  const toMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const days = [2, 1].map((ago) => ({ devices: [sn], fromMs: toMs - ago * DAY_MS, toMs: toMs - (ago - 1) * DAY_MS }));
  const answers = await Promise.all(days.map((day) => client.readHistory(day)));
  const whole = await client.pvPower(sn, { fromMs: toMs - 2 * DAY_MS, toMs });
  expect(answers.flatMap(({ readings }) => readings)).toEqual(whole.readings.filter(({ timeMs }) => timeMs < toMs));
  expect(answers.map(({ readings }) => readings.length)).toEqual([288, 288]);
  const stranger = { ...days[0], devices: ["NOBODY"], fromMs: toMs - DAY_MS, toMs };
  expect(await client.readHistory(stranger)).toEqual({ readings: [], issues: [], refused: ["NOBODY"] });
  expect(Array.from(simulator.violations).filter(({ kind }) => kind === "rate")).toEqual([]);
});

function expectNoViolations({ violations }: ElecnovaSimulator): void {
  expect(Array.from(violations)).toEqual([]);
}

describe.each(API_PROFILES)("the strict simulator, %s", (profile) => {
  test("answers every call, and finds nothing wrong with any", async () => {
    const { simulator, client, sns } = await open(profile);
    const cabinets = await all(client.cabinets({ pageSize: 5 }));
    expect(cabinets.map(({ sn }) => sn)).toEqual(sns);
    const [sn = ""] = sns;
    const { components, timeZone, issues } = await client.cabinet(sn);
    expect(components.length).toBeGreaterThan(5);
    expect(components.filter(({ kind }) => kind === "bms").length).toBe(1);
    expect(issues).toEqual([]);
    expect(await client.topics(sn, "cabinet")).toHaveLength(1);
    expect(await client.topics(sn, "component")).toHaveLength(components.length);

    const zone = timeZone ?? "";
    const yesterday = localDateAt(Date.now() - DAY_MS, zone);
    const range = localDay(yesterday, zone) ?? { fromMs: 0, toMs: 0 };
    const power = await client.pvPower(sn, range);
    expect(power).toMatchObject({ issues: [] });
    expect(power.readings).toHaveLength((range.toMs - range.fromMs) / 300_000);
    const daily = await client.pvEnergyDaily(sn);
    const monthly = await client.pvEnergyMonthly(sn, yesterday.slice(0, 7));
    const yearly = await client.pvEnergyYearly(sn, Number(yesterday.slice(0, 4)));
    expect([daily, monthly, yearly].flatMap((energy) => energy.issues)).toEqual([]);
    const [ofDaily, ofMonthly] = [daily, monthly].map(({ periods }) =>
      periods.find(({ period }) => period === yesterday),
    );
    expect(ofDaily).toEqual(ofMonthly);
    expect(ofDaily).toMatchObject(range);
    // The same energy told three ways: the mean powers of 5 minutes make up the day.
    const energyWh = power.readings.reduce((sum, { value }) => sum + value / 12, 0);
    expect(Math.abs(energyWh - (ofDaily?.energyWh ?? 0))).toBeLessThan(20);
    expect(yearly.periods.some(({ period }) => period === yesterday.slice(0, 7))).toBe(true);
    expectNoViolations(simulator);
    expect(simulator.logins).toBe(1);
  });

  test("gives every cabinet's latest within its limit, with faults on too", async () => {
    const { simulator, client, sns } = await open(profile);
    const batches = await all<LatestBatch>(client.readLatest(sns));
    const readings = batches.flatMap((batch) => batch.readings);
    expect(readings.filter(({ metric }) => metric === ONLINE)).toHaveLength(CABINETS);
    expect(readings.some(({ metric }) => metric === PV_ACTIVE_POWER)).toBe(true);
    expect(batches.filter(({ failure }) => failure)).toEqual([]);
    await simulator.setFaults({ "code-500": 0.05, "null-body": 0.05, "token-revoked": 0.05, reset: 0.05 });
    const again = await all<LatestBatch>(client.readLatest(sns));
    expect(again.map(({ asked }) => asked[0]).sort()).toEqual(sns.toSorted());
    expectNoViolations(simulator);
  });

  test("sends live messages over restarts of its broker and revoked tokens, each once", async () => {
    const { simulator, client, sns } = await open(profile);
    const told: string[] = [];
    const stream = client.live(sns, {
      events: { onConnected: () => told.push("connected"), onLost: () => told.push("lost") },
    });
    const first = stream.next();
    while (simulator.mqtt.subscribed < CABINETS) await new Promise((resolve) => setImmediate(resolve));
    const got: LiveBatch[] = [];
    const take = async (next: Promise<IteratorResult<LiveBatch, void>>): Promise<void> => {
      const { value } = await next;
      if (value) got.push(value);
    };
    await simulator.tick();
    await take(first);
    // A cabinet that is offline says nothing.
    while (got.length < simulator.mqtt.published) await take(stream.next());
    await simulator.restartBroker();
    simulator.revokeTokens();
    await simulator.tick();
    while (got.length < simulator.mqtt.published) await take(stream.next());
    expect(got.length).toBeGreaterThan(CABINETS);
    expect(new Set(got.map(({ topic, readings }) => `${topic} ${readings[0]?.timeMs}`)).size).toBe(got.length);
    expect(got.every(({ readings }) => readings.length > 20)).toBe(true);
    // Now and then a component says something that no document names, or no number where one should be.
    const kinds = new Set(got.flatMap(({ issues }) => issues.map(({ kind }) => kind)));
    for (const kind of kinds) expect(["unknown_point", "unreadable_value"]).toContain(kind);
    expect(told).toEqual(["connected", "lost", "connected"]);
    expect(simulator.logins).toBe(2);
    expectNoViolations(simulator);
  });
});
