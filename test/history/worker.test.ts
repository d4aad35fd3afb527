import { afterEach, describe, expect, test } from "vitest";
import { WINDOWS_OPEN, windowsOpenMax } from "../../src/collect/history/worker.ts";
import type { CoverageLedger } from "../../src/collect/ledger/coverage-ledger.ts";
import { StorageUnavailable } from "../../src/domain/errors.ts";
import { mostInAnyWindow } from "../../src/transport/virtual-vendor.ts";
import { DAY_MS, HISTORY, HistoryStage, HOUR_MS, LIMITS } from "./history-stage.ts";

let stage: HistoryStage;
afterEach(() => stage.close());

const dayBefore = () => {
  const toMs = Math.floor(stage.clock.nowMs() / DAY_MS) * DAY_MS - 5 * HOUR_MS - 7_000;
  return { fromMs: toMs - DAY_MS, toMs };
};

/** Of all values that were given: how many times each, on the average. */
const timesGiven = (): number => {
  const given = stage.given();
  return given.length / new Set(given).size;
};

describe("an outage", () => {
  test("of a day is repaired wholly, each value asked for once, newest first, within the limit", async () => {
    stage = await HistoryStage.open(45);
    const outage = dayBefore();
    stage.coverExcept(outage);
    const worker = await stage.work();
    await stage.clock.advance(30_000);
    expect(stage.lacking(outage)).toEqual([]);
    expect(timesGiven()).toBe(1);
    expect(stage.told).toHaveLength(2 * 3);
    expect(worker.counts).toEqual({ windows: 6, failedWindows: 0, readings: 45 * 288 });
    const seenAtMs = stage.network.seen.map((request) => request.seenAtMs);
    for (const { requests, perMs } of LIMITS.budgets) {
      expect(mostInAnyWindow(seenAtMs, perMs)).toBeLessThanOrEqual(requests);
    }
    await stage.clock.advance(3 * HOUR_MS);
    expect(stage.told.filter(({ toMs }) => toMs <= outage.toMs && toMs > outage.fromMs)).toHaveLength(6);
  });

  test("is repaired from its newest hour on", async () => {
    stage = await HistoryStage.open(1);
    const { toMs } = dayBefore();
    stage.coverExcept({ fromMs: toMs - 5 * DAY_MS, toMs });
    await stage.work();
    await stage.clock.advance(30_000);
    const ends = stage.told.map((told) => told.toMs);
    expect(ends).toEqual([...ends].sort((a, b) => b - a));
    expect(ends[0]).toBe(toMs);
  });

  test("is repaired over a vendor that fails 1 request in 20, and hardly a value is asked for twice", async () => {
    stage = await HistoryStage.open(200);
    const { toMs } = dayBefore();
    const outage = { fromMs: toMs - 10 * DAY_MS, toMs };
    stage.coverExcept(outage);
    let dice = 1;
    stage.behaviour = () => {
      dice = (dice * 48_271) % 2_147_483_647;
      const share = dice / 2_147_483_647;
      return share < 0.02
        ? { status: 503, body: "" }
        : share < 0.035
          ? "cut"
          : share < 0.05
            ? { status: 200, body: "{" }
            : undefined;
    };
    await stage.work();
    await stage.clock.advance(10 * 60_000);
    expect(stage.lacking(outage)).toEqual([]);
    expect(timesGiven()).toBeLessThanOrEqual(1.02);
  });

  test("of the vendor too is waited out without a storm, and then repaired", async () => {
    stage = await HistoryStage.open(40);
    const outage = dayBefore();
    stage.coverExcept(outage);
    let isDown = true;
    stage.behaviour = () => (isDown ? { status: 503, body: "" } : undefined);
    await stage.work();
    await stage.clock.advance(6 * HOUR_MS);
    expect(stage.network.seen.length).toBeLessThan(200);
    isDown = false;
    await stage.clock.advance(13 * HOUR_MS);
    expect(stage.lacking(outage)).toEqual([]);
    expect(timesGiven()).toBe(1);
  });

  test("of one device does not hold up the others, and is asked for with growing patience", async () => {
    stage = await HistoryStage.open(41);
    const outage = dayBefore();
    stage.coverExcept(outage);
    const bad = stage.serials[40] ?? "";
    stage.behaviour = ({ devices }) => (devices.includes(bad) ? { status: 500, body: "" } : undefined);
    await stage.work();
    await stage.clock.advance(60_000);
    const others = stage.lacking(outage).filter((value) => !value.startsWith(bad));
    expect(others).toEqual([]);
    const before = stage.network.seen.length;
    await stage.clock.advance(DAY_MS);
    // Ten times a day and four attempts each, of two windows; and one of them with its neighbours at first.
    expect(stage.network.seen.length - before).toBeLessThan(90);
    stage.behaviour = () => undefined;
    await stage.clock.advance(DAY_MS);
    expect(stage.lacking(outage)).toEqual([]);
  });

  test("that the vendor has nothing of is final once it has settled; what comes late is found before", async () => {
    stage = await HistoryStage.open(1);
    stage.history = HISTORY;
    const nowMs = stage.clock.nowMs();
    const outage = { fromMs: nowMs - 8 * HOUR_MS, toMs: nowMs - 4 * HOUR_MS };
    stage.coverExcept(outage);
    const later = stage.holds;
    stage.holds = () => null;
    await stage.work();
    await stage.clock.advance(HOUR_MS);
    const half = nowMs - 6 * HOUR_MS;
    // The device sends the second half when it is connected again.
    stage.holds = (device, timeMs) => (timeMs >= half ? later(device, timeMs) : null);
    await stage.clock.advance(2 * DAY_MS);
    expect(stage.lacking(outage)).toEqual([]);
    await stage.clock.advance(2 * DAY_MS);
    const touching = () => stage.told.filter((told) => told.fromMs < half && told.toMs > outage.fromMs).length;
    const asked = touching();
    expect(asked).toBeLessThan(10);
    await stage.clock.advance(5 * DAY_MS);
    expect(touching()).toBe(asked);
  });

  test("that goes on is asked for by the hour, and what is left of it when it ends", async () => {
    stage = await HistoryStage.open(1);
    const fromMs = stage.clock.nowMs();
    const [series = 0] = stage.series.values();
    stage.ledger.note(series, { fromMs: 0, toMs: fromMs, outcome: "data", askedAtMs: fromMs, request: 0 });
    stage.holds = () => null;
    await stage.work();
    await stage.clock.advance(6 * HOUR_MS);
    expect(stage.told.map((told) => told.toMs - told.fromMs)).toEqual(Array.from({ length: 5 }, () => HOUR_MS));
    const toMs = stage.clock.nowMs();
    stage.ledger.note(series, { fromMs: toMs, toMs: toMs + DAY_MS, outcome: "data", askedAtMs: toMs, request: 0 });
    await stage.clock.advance(20 * 60_000);
    expect(stage.told.at(-1)).toMatchObject({ fromMs: fromMs + 5 * HOUR_MS, toMs });
    expect(timesGiven()).toBe(1);
  });
});

describe("what is brought", () => {
  test("is noted only once it is stored, and waited for while storage fails", async () => {
    stage = await HistoryStage.open(1);
    const outage = dayBefore();
    stage.coverExcept(outage);
    stage.ledger.notes.length = 0;
    let fails = true;
    stage.storageFails = () => (fails ? new StorageUnavailable("The disk is full.", 5) : null);
    await stage.work();
    await stage.clock.advance(60_000);
    expect(stage.ledger.notes).toEqual([]);
    fails = false;
    await stage.clock.advance(10_000);
    expect(stage.lacking(outage)).toEqual([]);
    expect(timesGiven()).toBe(1);
  });

  test("costs one question more when the process dies between storing and noting", async () => {
    stage = await HistoryStage.open(1);
    const outage = dayBefore();
    stage.coverExcept(outage);
    // The first process stores what it got, and never comes to note it.
    const { ledger } = stage;
    const dead: CoverageLedger = {
      note() {},
      runs: (...of) => ledger.runs(...of),
      runsOf: (...of) => ledger.runsOf(...of),
      async flush() {},
    };
    const first = await stage.work(dead);
    await stage.clock.advance(2_000);
    await stage.clock.run(first.close());
    expect(stage.lacking(outage)).toEqual([]);
    const once = stage.told.length;
    await stage.work();
    await stage.clock.advance(30_000);
    expect(stage.told).toHaveLength(2 * once);
    expect(stage.lacking(outage)).toEqual([]);
  });

  test("is nothing, and is noted by nobody, when the worker is closed while it is asked for", async () => {
    stage = await HistoryStage.open(1);
    stage.coverExcept(dayBefore());
    stage.ledger.notes.length = 0;
    stage.behaviour = () => "never";
    const worker = await stage.work();
    await stage.clock.advance(1_000);
    await stage.clock.run(worker.close());
    await worker.close();
    expect(stage.ledger.notes).toEqual([]);
    const sent = stage.network.seen.length;
    await stage.clock.advance(HOUR_MS);
    expect(stage.network.seen).toHaveLength(sent);
  });
});

describe("an import", () => {
  const newJob = async (days: number) => {
    const toMs = Math.floor(stage.clock.nowMs() / DAY_MS) * DAY_MS - 60 * DAY_MS;
    const range = { fromMs: toMs - days * DAY_MS, toMs };
    const { backfillJobs } = stage.catalogue;
    const { item } = await backfillJobs.create({ connectionId: stage.connection.id, deviceIds: null, ...range });
    return { ...range, id: item.id };
  };
  const jobOf = async (id: string) => (await stage.catalogue.backfillJobs.get(id)).item;

  test("asks for each window once, spends the budget wholly, and says when it is done", async () => {
    stage = await HistoryStage.open(60, 800);
    stage.coverExcept({ fromMs: 0, toMs: stage.clock.nowMs() - 40 * DAY_MS });
    const job = await newJob(60);
    await stage.work();
    // An answer takes 800 ms, in which its place in the budget is taken too: 10 requests in 1,800 ms at the best.
    const bestMs = (60 * 3 * 1_800) / 10;
    await stage.clock.advance(bestMs / 0.98);
    expect(stage.told).toHaveLength(60 * 3);
    expect(timesGiven()).toBe(1);
    await stage.clock.advance(2_000);
    expect(stage.lacking(job)).toEqual([]);
    expect(await jobOf(job.id)).toMatchObject({
      state: "done",
      requests: 60 * 3,
      readings: 60 * 60 * 288,
      message: null,
    });
  });

  test("that is paused asks for nothing, and resumed for nothing twice", async () => {
    stage = await HistoryStage.open(20);
    stage.coverExcept({ fromMs: 0, toMs: stage.clock.nowMs() - 40 * DAY_MS });
    const job = await newJob(120);
    const worker = await stage.work();
    const { backfillJobs } = stage.catalogue;
    for (const state of ["paused", "running", "paused", "running"] as const) {
      await stage.clock.advance(2_000);
      await backfillJobs.become(job.id, state);
      worker.lookAtJobs();
      // What is open ends.
      await stage.clock.advance(1_500);
      const before = stage.told.length;
      expect(before).toBeLessThan(120);
      if (state === "running") continue;
      await stage.clock.advance(10_000);
      expect(stage.told).toHaveLength(before);
    }
    await stage.clock.advance(60_000);
    expect(stage.lacking(job)).toEqual([]);
    expect(stage.told).toHaveLength(120);
    expect(await jobOf(job.id)).toMatchObject({ state: "done", requests: 120, readings: 120 * 20 * 288 });
  });

  test("goes on after a restart where it was", async () => {
    stage = await HistoryStage.open(20);
    stage.coverExcept({ fromMs: 0, toMs: stage.clock.nowMs() - 40 * DAY_MS });
    const job = await newJob(100);
    const first = await stage.work();
    await stage.clock.advance(3_000);
    await stage.clock.run(first.close());
    const before = stage.told.length;
    expect(before).toBeGreaterThan(10);
    await stage.work();
    await stage.clock.advance(60_000);
    expect(stage.lacking(job)).toEqual([]);
    // Those that were open at the end are asked for once more.
    expect(stage.told.length).toBeLessThanOrEqual(100 + windowsOpenMax(LIMITS));
    expect((await jobOf(job.id)).state).toBe("done");
  });

  test("asks once more for what was refused before, and never again", async () => {
    stage = await HistoryStage.open(1);
    stage.coverExcept({ fromMs: 0, toMs: stage.clock.nowMs() - 40 * DAY_MS });
    const refusal = { status: 200, body: JSON.stringify({ devices: [], refused: stage.serials }) };
    let refusals = 0;
    stage.behaviour = () => {
      refusals++;
      return refusal;
    };
    const first = await newJob(3);
    const worker = await stage.work();
    await stage.clock.advance(5 * 60_000);
    expect([refusals, (await jobOf(first.id)).state]).toEqual([3, "done"]);
    const second = await newJob(3);
    worker.lookAtJobs();
    await stage.clock.advance(HOUR_MS);
    expect([refusals, (await jobOf(second.id)).state]).toEqual([6, "done"]);
  });

  test("asks at once for what failed before, however long its device would have to wait", async () => {
    stage = await HistoryStage.open(21);
    stage.coverExcept({ fromMs: 0, toMs: stage.clock.nowMs() - 40 * DAY_MS });
    const bad = stage.serials[20] ?? "";
    stage.behaviour = ({ devices }) => (devices.includes(bad) ? { status: 500, body: "" } : undefined);
    const first = await newJob(1);
    const worker = await stage.work();
    // It has failed four times by now, and would be asked for again 15 minutes after the first of them.
    await stage.clock.advance(9 * 60_000);
    await stage.catalogue.backfillJobs.become(first.id, "cancelled");
    stage.behaviour = () => undefined;
    const second = await newJob(1);
    worker.lookAtJobs();
    await stage.clock.advance(60_000);
    expect(stage.lacking(second)).toEqual([]);
    expect((await jobOf(second.id)).state).toBe("done");
  });

  test("waits for a device that fails, and is given up when it has failed for more than a day", async () => {
    stage = await HistoryStage.open(21);
    stage.coverExcept({ fromMs: 0, toMs: stage.clock.nowMs() - 40 * DAY_MS });
    const bad = stage.serials[20] ?? "";
    stage.behaviour = ({ devices }) => (devices.includes(bad) ? { status: 500, body: "" } : undefined);
    const job = await newJob(1);
    await stage.work();
    await stage.clock.advance(10 * 60_000);
    expect(await jobOf(job.id)).toMatchObject({ state: "running", message: "Waits to ask again for 1 device." });
    await stage.clock.advance(5 * DAY_MS);
    expect(await jobOf(job.id)).toMatchObject({ state: "failed", readings: 20 * 288 });
    expect((await jobOf(job.id)).message).toMatch(/1 device, however often/);
  });

  test("waits for gaps of the last days, and the values of both are asked for once", async () => {
    stage = await HistoryStage.open(20);
    const toMs = stage.clock.nowMs() - 2 * DAY_MS;
    const outage = { fromMs: toMs - 20 * DAY_MS, toMs };
    stage.coverExcept(outage);
    const { item } = await stage.catalogue.backfillJobs.create({
      connectionId: stage.connection.id,
      deviceIds: null,
      ...outage,
    });
    await stage.work();
    await stage.clock.advance(3 * 60_000);
    expect(stage.lacking(outage)).toEqual([]);
    expect(timesGiven()).toBe(1);
    expect((await jobOf(item.id)).state).toBe("done");
  });
});

test("a device that is deleted meanwhile, or goes by another serial number, is not noted or stored for", async () => {
  stage = await HistoryStage.open(3);
  const outage = dayBefore();
  stage.coverExcept(outage);
  stage.ledger.notes.length = 0;
  const { directory } = stage.catalogue;
  const all = await stage.catalogue.devices.ofConnection(stage.connection.id);
  const [first, second] = all.map(({ id }) => directory.device(id));
  stage.behaviour = () => {
    if (first) directory.removeDevice(first.id);
    if (second) directory.replaceDevice({ ...second, serialNumber: "M-new" });
    return undefined;
  };
  await stage.work();
  await stage.clock.advance(70_000);
  const [gone, swapped, stays] = stage.serials.map((serial) => stage.series.get(serial) ?? 0);
  expect(stage.stored.has(gone ?? 0)).toBe(false);
  // What was asked of the former unit, and answered after the swap, is nobody's.
  expect(stage.told.flatMap(({ devices }) => devices)).toContain("M-new");
  expect(stage.stored.get(stays ?? 0)?.size).toBe(288);
  expect(stage.stored.get(swapped ?? 0)?.size).toBe(288);
  expect(stage.ledger.notes.some(({ series }) => series === gone)).toBe(false);
});

describe("a vendor that", () => {
  test("refuses the credential is asked once, and the import says so", async () => {
    stage = await HistoryStage.open(1);
    stage.coverExcept({ fromMs: 0, toMs: stage.clock.nowMs() - 40 * DAY_MS });
    const toMs = stage.clock.nowMs() - 60 * DAY_MS;
    const { backfillJobs } = stage.catalogue;
    const connectionId = stage.connection.id;
    const { item } = await backfillJobs.create({ connectionId, deviceIds: null, fromMs: toMs - 3 * DAY_MS, toMs });
    stage.behaviour = () => ({ status: 403, body: "" });
    await stage.work();
    await stage.clock.advance(HOUR_MS);
    expect(stage.network.seen.length).toBeLessThan(12);
    expect((await backfillJobs.get(item.id)).item).toMatchObject({ state: "running" });
    expect((await backfillJobs.get(item.id)).item.message).toMatch(/refused/);
  });

  test("meets its limit is left alone until it says, and then asked for the same", async () => {
    stage = await HistoryStage.open(1);
    const { toMs } = dayBefore();
    const outage = { fromMs: toMs - 4 * HOUR_MS, toMs };
    stage.coverExcept(outage);
    let refusals = 0;
    const refusal = { status: 429, headers: { "retry-after": "600" }, body: "" };
    stage.behaviour = () => (refusals++ < 1 ? refusal : undefined);
    await stage.work();
    await stage.clock.advance(590_000);
    expect(stage.told).toEqual([]);
    await stage.clock.advance(60_000);
    expect(stage.lacking(outage)).toEqual([]);
    expect(timesGiven()).toBe(1);
  });
});

describe("a second look", () => {
  test("finds what the vendor has changed, keeps both values, and stores the new one", async () => {
    stage = await HistoryStage.open(2);
    stage.history = HISTORY;
    const nowMs = stage.clock.nowMs();
    const hour = { fromMs: nowMs - 2 * HOUR_MS, toMs: nowMs - HOUR_MS };
    stage.coverExcept(hour);
    const worker = await stage.work();
    await stage.clock.advance(30_000);
    expect(stage.lacking(hour)).toEqual([]);
    const changedMs = hour.fromMs + 600_000;
    const former = stage.holds;
    stage.holds = (device, timeMs) => (device === "M-001" && timeMs === changedMs ? 4_321.5 : former(device, timeMs));
    await stage.clock.advance(3 * DAY_MS);
    const series = stage.series.get("M-001") ?? 0;
    const { items } = await stage.catalogue.restatements.list(series, { limit: 10 });
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ timeMs: changedMs, formerValue: former("M-001", changedMs), value: 4_321.5 });
    expect(items[0]?.formerReceivedAtMs).toBeGreaterThanOrEqual(nowMs);
    expect(items[0]?.formerReceivedAtMs).toBeLessThan(items[0]?.foundAtMs ?? 0);
    expect(stage.stored.get(series)?.get(changedMs)).toBe(4_321.5);
    expect((await stage.catalogue.restatements.list(stage.series.get("M-000") ?? 0, { limit: 10 })).items).toEqual([]);
    await stage.clock.run(worker.close());
  });
});

test.each([
  [[{ requests: 1, perMs: 60_000 }], WINDOWS_OPEN.least],
  [[{ requests: 10, perMs: 1_000 }], 10],
  [[{ requests: 1_000, perMs: 1_000 }], WINDOWS_OPEN.most],
  [
    [
      { requests: 1_000, perMs: 1_000 },
      { requests: 5, perMs: 1_000 },
    ],
    5,
  ],
])("with the budgets %j so many windows are open at once: %d", async (budgets, windows) => {
  stage = await HistoryStage.open(0);
  expect(windowsOpenMax({ budgets })).toBe(windows);
  expect(HISTORY.windowMsMax).toBe(DAY_MS);
});
