import { beforeEach, describe, expect, test } from "vitest";
import { SeriesDirectory } from "../catalogue/directory.ts";
import type { CoverageRun } from "../domain/coverage.ts";
import type { Device } from "../domain/device.ts";
import { StorageUnavailable } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import { ACTIVE_POWER } from "../domain/metric.ts";
import { QUALITY, type ReadingColumns } from "../domain/reading.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import type { IngestPipeline } from "../ingest/pipeline.ts";
import { VendorAddressRefused, VendorAuthRejected, VendorUnavailable } from "../transport/errors.ts";
import type { LatestBatch, VendorClient } from "../vendors/vendor.ts";
import { BACKOFF_MS_MAX, longestBackoffMs, Poller } from "./poller.ts";
import { RequestNumbers } from "./request-numbers.ts";

const FACTS = { status: null, attempts: 1, requestId: null, body: null };
const DEVICES = 25;
const POLL_INTERVAL_MS = 60_000;

/** A vendor that takes one virtual second a request, and does what the test says. */
class FakeVendor implements VendorClient {
  readonly asked: { serials: readonly string[]; atMs: number }[] = [];
  behaviour: "answers" | "unavailable" | "refuses" | "is elsewhere" = "answers";
  closed = false;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async *readLatest(serials: readonly string[], signal?: AbortSignal): AsyncGenerator<LatestBatch, void, undefined> {
    this.asked.push({ serials, atMs: this.#clock.monotonicMs() });
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + 1_000, signal);
    if (this.behaviour === "refuses") throw new VendorAuthRejected("The token was refused.", FACTS);
    if (this.behaviour === "is elsewhere") throw new VendorAddressRefused("The vendor is at 10.0.0.1.", FACTS);
    const failure =
      this.behaviour === "unavailable" ? new VendorUnavailable("The vendor cannot be reached.", FACTS) : null;
    const readings = serials.map((device) => ({
      device,
      metric: ACTIVE_POWER,
      timeMs: this.#clock.nowMs(),
      value: 1,
      quality: QUALITY.good,
    }));
    yield { asked: serials, readings: failure ? [] : readings, missing: [], issues: [], failure };
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

let clock: VirtualClock;
let vendor: FakeVendor;
let stored: ReadingColumns[];
let storageFails: boolean;
let noted: (CoverageRun & { series: number })[];
let lines: { level: string; message: string }[];
let directory: SeriesDirectory;
let poller: Poller;

beforeEach(() => {
  clock = new VirtualClock();
  vendor = new FakeVendor(clock);
  stored = [];
  storageFails = false;
  noted = [];
  lines = [];
  directory = new SeriesDirectory();
  const devices = Array.from({ length: DEVICES }, (_, index): Device => {
    const id = `device-${index}`;
    const device: Device = {
      id,
      siteId: "site",
      name: id,
      kind: "inverter",
      serialNumber: `SN-${index}`,
      manufacturer: null,
      model: null,
      ratedPowerW: null,
      connectionId: "c",
      createdAtMs: 0,
    };
    directory.addDevice({ ...device, pushedAs: null });
    directory.add({ ...ACTIVE_POWER, id: `metric-${index}`, deviceId: id, series: index + 1 }, "site");
    return device;
  });
  const pipeline: Pick<IngestPipeline, "accept"> = {
    async accept(columns) {
      if (storageFails) throw new StorageUnavailable("The disk is full.", 5);
      stored.push(columns);
    },
  };
  const say = (level: string) => (_facts: object, message: string) => lines.push({ level, message });
  const log: Log = { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
  poller = new Poller({
    connection: {
      id: "c",
      name: "Account",
      vendor: "fake",
      baseUrl: "http://vendor.test",
      pollIntervalMs: POLL_INTERVAL_MS,
      createdAtMs: 0,
      pausedAtMs: null,
      laneShares: {},
      version: 1,
    },
    devices,
    client: vendor,
    vendor: {
      limits: { budgets: [{ requests: 1, perMs: 1_000 }], devicesPerBatch: 10, requestsPerBatch: 1 },
      history: null,
    },
    freshnessMs: POLL_INTERVAL_MS,
    directory,
    pipeline: pipeline as IngestPipeline,
    ledger: { note: (series, run) => noted.push({ series, ...run }) },
    requests: new RequestNumbers(clock),
    clock,
    log,
    random: () => 1,
  });
});

const storedSeries = () => stored.flatMap((columns) => [...columns.series]);

describe("a poller", () => {
  test("asks for every device once an interval, in as few requests as there can be", async () => {
    poller.start();
    await clock.advance(POLL_INTERVAL_MS - 1);
    expect(vendor.asked.map(({ serials }) => serials.length)).toEqual([10, 10, 5]);
    expect(new Set(storedSeries()).size).toBe(DEVICES);
    await clock.advance(POLL_INTERVAL_MS);
    expect(vendor.asked).toHaveLength(6);
    expect(poller.health.state).toBe("running");
    expect(poller.counts).toMatchObject({ requests: 6, failedRequests: 0, readings: 2 * DEVICES });
    await poller.close();
  });

  test("keeps each device's interval over a simulated day", async () => {
    poller.start();
    await clock.advance(24 * 3_600_000);
    await poller.close();
    const times = vendor.asked.filter(({ serials }) => serials.includes("SN-3")).map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(POLL_INTERVAL_MS);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(POLL_INTERVAL_MS + 10);
  });

  test("backs off from a vendor that fails, says so once, and recovers by itself", async () => {
    vendor.behaviour = "unavailable";
    poller.start();
    await clock.advance(3_600_000);
    expect(poller.health).toMatchObject({ state: "backing_off", message: "The vendor cannot be reached." });
    expect(vendor.asked.length).toBeLessThanOrEqual(3_600_000 / BACKOFF_MS_MAX.least + 10);
    expect(lines.filter(({ level }) => level === "warn")).toHaveLength(1);
    vendor.behaviour = "answers";
    await clock.advance(BACKOFF_MS_MAX.least + 5_000);
    expect(poller.health).toMatchObject({ state: "running", message: null });
    expect(lines.at(-1)).toEqual({ level: "info", message: "the vendor answers again" });
    await clock.advance(POLL_INTERVAL_MS);
    expect(new Set(storedSeries()).size).toBe(DEVICES);
    await poller.close();
  });

  test("stops after one request when the credential is refused", async () => {
    vendor.behaviour = "refuses";
    poller.start();
    await clock.advance(3_600_000);
    expect(vendor.asked).toHaveLength(1);
    expect(poller.health).toMatchObject({ state: "refused", message: "The token was refused." });
    await poller.close();
  });

  test("asks for the unit that a device was swapped for, and stores what it says where the former one's is", async () => {
    poller.start();
    await clock.advance(POLL_INTERVAL_MS - 1);
    vendor.asked.length = 0;
    stored.length = 0;
    const device = directory.device("device-0");
    if (!device) throw new Error("there is such a device");
    directory.replaceDevice({ ...device, serialNumber: "SN-new" });
    await clock.advance(2 * POLL_INTERVAL_MS);
    const asked = vendor.asked.flatMap(({ serials }) => serials);
    expect(asked).toContain("SN-new");
    expect(asked).not.toContain("SN-0");
    expect(storedSeries()).toContain(1);
    await poller.close();
  });

  test("asks no more for a device that was deleted, and goes on with the others", async () => {
    poller.start();
    await clock.advance(POLL_INTERVAL_MS - 1);
    expect(vendor.asked.flatMap(({ serials }) => serials)).toContain("SN-0");
    vendor.asked.length = 0;
    for (let index = 0; index < 10; index++) directory.removeDevice(`device-${index}`);
    await clock.advance(2 * POLL_INTERVAL_MS);
    const asked = vendor.asked.flatMap(({ serials }) => serials);
    expect(asked).toContain("SN-10");
    expect(asked.filter((serial) => Number(serial.slice(3)) < 10)).toEqual([]);
    await poller.close();
  });

  test("leaves out what was deleted while it waited for storage", async () => {
    storageFails = true;
    poller.start();
    await clock.advance(1_000);
    directory.remove("metric-0");
    storageFails = false;
    await clock.advance(10_000);
    expect(storedSeries()).not.toContain(1);
    expect(storedSeries()).toContain(2);
    await poller.close();
  });

  test("looks after a refused address seldom and says so once, until the vendor has another", async () => {
    vendor.behaviour = "is elsewhere";
    poller.start();
    await clock.advance(3_600_000);
    expect(vendor.asked.length).toBeLessThanOrEqual(3_600_000 / BACKOFF_MS_MAX.least);
    expect(vendor.asked.length).toBeGreaterThan(50);
    expect(poller.health).toMatchObject({ state: "refused", message: "The vendor is at 10.0.0.1." });
    expect(lines).toEqual([{ level: "warn", message: "the vendor's address may not be called; nothing is sent" }]);
    vendor.behaviour = "answers";
    await clock.advance(BACKOFF_MS_MAX.least + POLL_INTERVAL_MS + 5_000);
    expect(poller.health).toMatchObject({ state: "running", message: null });
    expect(new Set(storedSeries()).size).toBe(DEVICES);
    await poller.close();
  });

  test("holds what it got until storage takes it", async () => {
    storageFails = true;
    poller.start();
    await clock.advance(30_000);
    expect(vendor.asked).toHaveLength(1);
    storageFails = false;
    await clock.advance(POLL_INTERVAL_MS);
    expect(new Set(storedSeries()).size).toBe(DEVICES);
    expect(lines.map(({ message }) => message)).toEqual(["polling waits for storage", "storage takes readings again"]);
    await poller.close();
  });

  test("ends the open request when it is closed", async () => {
    poller.start();
    await clock.advance(500);
    await poller.close();
    await poller.close();
    expect(stored).toEqual([]);
    await clock.advance(3_600_000);
    expect(vendor.asked).toHaveLength(1);
  });
});

test.each([
  [1_000, 60_000],
  [60_000, 60_000],
  [60_001, 60_001],
  [3_600_000, 3_600_000],
  [86_400_000, 3_600_000],
])("polled every %d ms, a vendor that fails is left alone for at most %d ms", (pollIntervalMs, longestMs) => {
  expect(longestBackoffMs(pollIntervalMs)).toBe(longestMs);
});
