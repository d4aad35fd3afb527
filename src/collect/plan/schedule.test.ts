import { describe, expect, test } from "vitest";
import { SeriesDirectory } from "../../catalogue/directory.ts";
import type { Device } from "../../domain/device.ts";
import { silentLog } from "../../domain/log.ts";
import type { IngestPipeline } from "../../ingest/pipeline.ts";
import { openScene, type VendorHarness } from "../../vendors/contract-scene.ts";
import { elecnovaHarness } from "../../vendors/elecnova/contract-harness.ts";
import { energyGridHarness } from "../../vendors/energygrid/contract-harness.ts";
import { powerPHarness } from "../../vendors/powerp/contract-harness.ts";
import { freshnessMsOf } from "../freshness.ts";
import { Poller } from "../poller.ts";
import { RequestNumbers } from "../request-numbers.ts";
import { planSchedule } from "./schedule.ts";

const DAY_MS = 86_400_000;
const DIFFERENCE_MAX = 0.02;

/** Devices of a simulated fleet, a poll interval, and for how long it runs: below the vendor's limit, at it, and far above. */
const CASES: readonly (readonly [harness: VendorHarness, devices: number, pollIntervalMs: number, runsMs: number])[] = [
  [energyGridHarness, 500, 60_000, 3_600_000],
  [energyGridHarness, 500, 50_000, 3_600_000],
  [energyGridHarness, 505, 1_000, 3_600_000],
  [energyGridHarness, 25, 1_000, 3_600_000],
  [energyGridHarness, 1, 900_000, 7 * DAY_MS],
  [elecnovaHarness("live"), 40, 60_000, 2 * 3_600_000],
  [elecnovaHarness("live"), 150, 1_000, 300_000],
  [elecnovaHarness("documented"), 3, 3_600_000, 14 * DAY_MS],
  [powerPHarness(25), 25, 60_000, DAY_MS],
  [powerPHarness(1_200), 1_200, 1_000, 900_000],
  [powerPHarness(450), 450, 2_500, 1_800_000],
  [powerPHarness(3), 3, 4 * 3_600_000, 30 * DAY_MS],
];

describe("what a schedule is said to take, and what it takes in truth, differ by 2 % at most", () => {
  test.each(
    CASES.map(([harness, devices, pollIntervalMs, runsMs]) => {
      return { title: harness.definition.title, harness, devices, pollIntervalMs, runsMs };
    }),
  )("$title: $devices devices every $pollIntervalMs ms", async ({ harness, devices, pollIntervalMs, runsMs }) => {
    const { limits, device } = harness.definition;
    const stage = openScene(harness, {});
    const serials = Array.from({ length: devices }, (_, number) => harness.device(number));
    const askedAtMs = new Map<string, number[]>();
    const plan = planSchedule({ devices: serials, limits, pollIntervalMs, valuesEveryMs: device?.valuesEveryMs ?? 0 });
    const poller = new Poller({
      connection: {
        id: "c",
        name: "Account",
        vendor: harness.definition.id,
        baseUrl: "",
        pollIntervalMs,
        createdAtMs: 0,
        pausedAtMs: null,
        laneShares: {},
        version: 1,
      },
      ...catalogued(serials, harness),
      client: {
        async *readLatest(asked, signal) {
          yield* stage.client.readLatest(asked, signal);
          for (const serial of asked) {
            askedAtMs.set(serial, [...(askedAtMs.get(serial) ?? []), stage.clock.monotonicMs()]);
          }
        },
        close: () => stage.client.close(),
      },
      vendor: harness.definition,
      freshnessMs: plan.freshnessMs,
      ledger: { note: () => {} },
      requests: new RequestNumbers(stage.clock),
      pipeline: { accept: async () => {} } as unknown as IngestPipeline,
      clock: stage.clock,
      log: silentLog,
    });
    poller.start();
    await stage.clock.advance(runsMs);
    const sent = stage.network.seen.length;
    expect(freshnessMsOf(serials, pollIntervalMs, harness.definition)).toBe(plan.freshnessMs);
    await poller.close();

    expect(stage.refusals()).toBe(0);
    // The first sweep stands at the beginning of the time that is looked at, and none at its end.
    const perDay = ((sent - plan.requestsPerSweep) * DAY_MS) / runsMs;
    expect(differenceOf(perDay, plan.requestsPerDay)).toBeLessThanOrEqual(DIFFERENCE_MAX);
    for (const timesMs of askedAtMs.values()) {
      const everyMs = ((timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0)) / (timesMs.length - 1);
      expect(differenceOf(everyMs, plan.everyMs)).toBeLessThanOrEqual(DIFFERENCE_MAX);
    }
  });
});

function differenceOf(actual: number, said: number): number {
  return Math.abs(actual - said) / said;
}

function catalogued(serials: readonly string[], harness: VendorHarness) {
  const directory = new SeriesDirectory();
  const devices = serials.map((serialNumber): Device => {
    const id = `device ${serialNumber}`;
    return {
      id,
      siteId: "site",
      name: id,
      kind: "inverter",
      serialNumber,
      manufacturer: harness.definition.title,
      model: null,
      ratedPowerW: null,
      connectionId: "c",
      createdAtMs: 0,
    };
  });
  for (const device of devices) directory.addDevice({ ...device, pushedAs: null });
  return { directory, devices };
}

describe("a plan", () => {
  const limits = {
    budgets: [{ requests: 10, perMs: 1_000 }],
    devicesPerBatch: 20,
    requestsPerBatch: 1,
    batchGroup: (device: string) => device.slice(0, 1),
  };
  const planOf = (devices: readonly string[], pollIntervalMs = 60_000) =>
    planSchedule({ devices, limits, pollIntervalMs, valuesEveryMs: 0 });

  test("counts batches that hold devices of one group each", () => {
    const serials = [..."ababab"].flatMap((group, index) =>
      Array.from({ length: 7 }, (_, n) => `${group}${index}${n}`),
    );
    expect(planOf(serials)).toMatchObject({ requestsPerSweep: 4, sweepMs: 0, freshnessMs: 60_000, isAtLimit: false });
  });

  test("says that the vendor's limit decides, when it does", () => {
    const serials = Array.from({ length: 600 }, (_, number) => `a${number}`);
    expect(planOf(serials, 1_000)).toMatchObject({ everyMs: 3_000, isAtLimit: true, budgets: [{ liveShare: 1 }] });
    expect(planOf(serials, 6_000)).toMatchObject({ everyMs: 6_000, isAtLimit: false, budgets: [{ liveShare: 0.5 }] });
  });

  test("of no devices takes nothing", () => {
    expect(planOf([])).toMatchObject({ requestsPerSweep: 0, requestsPerDay: 0, budgets: [{ liveShare: 0 }] });
  });
});
