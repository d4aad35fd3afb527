/*
 * What the scheduler costs at 10,000 devices with 40,000 streams: `node --expose-gc bench/scheduler.ts`. Prints one JSON object of figures.
 *
 * One poller asks a vendor that answers at once, one batch after the other, as fast as it can, with the settings of `kilowatch serve` and a
 * catalogue on disk. `decisionMs` is the time from the end of one batch to the begin of the next: who is due, which serial numbers these are,
 * when they are due again, and the ledger's notes of the batch before.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoverageSegments } from "../src/catalogue/coverage-segments.ts";
import { openCatalogueDatabase } from "../src/catalogue/database.ts";
import { SeriesDirectory } from "../src/catalogue/directory.ts";
import { fitGarbageCollection } from "../src/cli/garbage-collection.ts";
import { Ledger } from "../src/collect/ledger/ledger.ts";
import { Poller } from "../src/collect/poller.ts";
import { RequestNumbers } from "../src/collect/request-numbers.ts";
import { systemClock } from "../src/domain/clock.ts";
import type { Device } from "../src/domain/device.ts";
import { silentLog } from "../src/domain/log.ts";
import type { MetricTemplate } from "../src/domain/metric.ts";
import type { IngestPipeline } from "../src/ingest/pipeline.ts";
import type { LatestBatch, VendorClient, VendorReading } from "../src/vendors/vendor.ts";
import { percentile } from "./peers/figures.ts";

const DEVICES = 10_000;
const METRICS: readonly MetricTemplate[] = ["active_power", "voltage", "current", "online"].map((name) => ({
  name,
  unit: "1",
  kind: "gauge",
}));
const BATCH = 10;
const SWEEPS = 20;
const MIB = 2 ** 20;

fitGarbageCollection();
const beforeMiB = process.memoryUsage().rss / MIB;
const folder = mkdtempSync(join(tmpdir(), "kilowatch-scheduler-"));
const database = await openCatalogueDatabase(join(folder, "catalogue.db"));
const ledger = new Ledger({ coverage: new CoverageSegments(database), clock: systemClock, log: silentLog });
ledger.start();
const directory = new SeriesDirectory();
directory.addSite({ id: "site", name: "Site", timezone: "UTC" });
const devices = Array.from({ length: DEVICES }, (_, index): Device => {
  const id = `device-${index}`;
  const made: Device = {
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
  directory.addDevice({ ...made, pushedAs: null });
  for (const [place, metric] of METRICS.entries()) {
    directory.add(
      { ...metric, id: `${id}-${metric.name}`, deviceId: id, series: index * METRICS.length + place + 1 },
      "site",
    );
  }
  return made;
});

const decisionMs: number[] = [];
let endedMs: number | null = null;
const done = Promise.withResolvers<void>();
const client: VendorClient = {
  async *readLatest(serials): AsyncGenerator<LatestBatch, void, undefined> {
    if (endedMs !== null) decisionMs.push(performance.now() - endedMs);
    if (decisionMs.length >= (SWEEPS * DEVICES) / BATCH) done.resolve();
    const timeMs = Date.now();
    const readings = serials.flatMap((device) =>
      METRICS.map((metric): VendorReading => ({ device, metric, timeMs, value: 1, quality: 0 })),
    );
    yield { asked: serials, readings, missing: [], issues: [], failure: null };
    endedMs = performance.now();
  },
  async close() {},
};
const pipeline: Pick<IngestPipeline, "accept"> = { accept: () => new Promise((resolve) => setImmediate(resolve)) };
const poller = new Poller({
  connection: {
    id: "c",
    name: "Bench",
    vendor: "bench",
    baseUrl: "http://vendor.example",
    pollIntervalMs: 1,
    createdAtMs: 0,
    pausedAtMs: null,
    laneShares: {},
    version: 1,
  },
  devices,
  client,
  vendor: {
    limits: { budgets: [{ requests: 1_000_000, perMs: 1_000 }], devicesPerBatch: BATCH, requestsPerBatch: 1 },
    history: null,
  },
  freshnessMs: 60_000,
  directory,
  pipeline: pipeline as IngestPipeline,
  ledger,
  requests: new RequestNumbers(systemClock),
  clock: systemClock,
  log: silentLog,
});
poller.start();
await done.promise;
await poller.close();
await ledger.close();
await database.destroy();
rmSync(folder, { recursive: true });
globalThis.gc?.();
console.log(
  JSON.stringify(
    {
      devices: DEVICES,
      streams: DEVICES * METRICS.length,
      decisions: decisionMs.length,
      decisionMs: { p50: percentile(decisionMs, 0.5), p99: percentile(decisionMs, 0.99), max: Math.max(...decisionMs) },
      // Node and the modules alone, before there is a device; the most there ever was; what is left and in use.
      rssBeforeMiB: Math.round(beforeMiB),
      rssMostMiB: Math.round(process.resourceUsage().maxRSS / 1_024),
      heapMiB: Math.round(process.memoryUsage().heapUsed / MIB),
    },
    null,
    2,
  ),
);
