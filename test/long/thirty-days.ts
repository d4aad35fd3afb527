import { SeriesDirectory } from "../../src/catalogue/directory.ts";
import { Poller } from "../../src/collect/poller.ts";
import { RequestNumbers } from "../../src/collect/request-numbers.ts";
import type { Device } from "../../src/domain/device.ts";
import { silentLog } from "../../src/domain/log.ts";
import type { IngestPipeline } from "../../src/ingest/pipeline.ts";
import type { VendorAnswer } from "../../src/transport/virtual-vendor.ts";
import { type Behaviour, openScene, sweepAll, type VendorHarness } from "../../src/vendors/contract-scene.ts";
import { DELAY_MS_MAX, VendorFaults } from "./vendor-faults.ts";

export const DAYS = 30;
export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** An hourly poll of so many requests, so that an outage is not met by more probes than 5 % of them. */
const POLL_INTERVAL_MS = HOUR_MS;
export const REQUESTS_PER_POLL = 44;
/** Fewer than a request may name: calls are what is looked at here, and rows take time. */
const DEVICES_PER_REQUEST_MAX = 4;
/** Once a day somebody asks for so many budgets' worth at once: what is polled calmly meets neither limit nor `Retry-After`. */
const BURST_BUDGETS = 1.5;
/** A call whose token is revoked under it twice is refused for good, as the contracts say: that is not what is looked for here. One may wait 2 min to be sent. */
const REVOCATIONS_APART_MS = 300_000;
const BURST_REQUESTS_MIN = 20;

/** What thirty days of polling one vendor brought, as the vendor saw it. */
export interface Findings {
  readonly calls: number;
  /** Refused because the limit was met. */
  readonly limitViolations: number;
  /** Sent while a `Retry-After` held that had arrived. */
  readonly insideRetryAfter: number;
  /** Logins that gave a token, and the most that lifetimes and revocations account for. */
  readonly logins: number;
  readonly loginsAccountedFor: number;
  /** Calls during total outages, as a share of those of as long a time without. */
  readonly outageShare: number;
  /** Devices whose newest value is older than two polls at the end. */
  readonly lateDevices: number;
  readonly health: string;
  /** Bursts that ended with an error, and not with an outcome for each device. */
  readonly brokenBursts: number;
}

/** Polls one vendor for thirty simulated days, while its network, its servers and both clocks misbehave as the seed wants. */
export async function thirtyDays(harness: VendorHarness, seed: number): Promise<Findings> {
  const { limits } = harness.definition;
  const devicesPerBatch = Math.min(limits.devicesPerBatch, DEVICES_PER_REQUEST_MAX);
  const faults = new VendorFaults(seed, DAYS * DAY_MS);
  const seen: { readonly atMs: number; readonly inBurst: boolean }[] = [];
  let revocations = 0;
  let revokedAtMs = Number.NEGATIVE_INFINITY;
  let holds: { readonly fromMs: number; readonly untilMs: number }[] = [];
  let burstsOpen = 0;
  let brokenBursts = 0;
  let insideRetryAfter = 0;
  let logins = 0;

  const behaviour: Behaviour = ({ seenAtMs }, purpose) => {
    seen.push({ atMs: seenAtMs, inBurst: burstsOpen > 0 });
    holds = holds.filter(({ untilMs }) => seenAtMs < untilMs);
    if (holds.some(({ fromMs }) => seenAtMs >= fromMs)) insideRetryAfter++;
    const given = faults.strike(seenAtMs);
    if (given !== undefined) {
      // What was on its way before the refusal arrived is nobody's fault.
      holds.push({ fromMs: seenAtMs + 2 * DELAY_MS_MAX, untilMs: seenAtMs + retryAfterMs(given) });
      return given;
    }
    if (purpose === "login") logins++;
    else if (faults.revokes() && seenAtMs >= revokedAtMs + REVOCATIONS_APART_MS) {
      revokedAtMs = seenAtMs;
      scene.vendor.revokeTokens();
      revocations++;
    }
    return undefined;
  };
  const scene = openScene(harness, { behaviour, delays: () => faults.delays() });
  const { clock, client } = scene;
  const devices = Array.from({ length: (REQUESTS_PER_POLL / limits.requestsPerBatch) * devicesPerBatch }, (_, i) =>
    deviceOf(harness.device(i)),
  );
  const budgetRequests = Math.max(...limits.budgets.map(({ requests }) => requests));
  const burstRequests = Math.max(BURST_REQUESTS_MIN, BURST_BUDGETS * budgetRequests);
  const burstBatches = Math.ceil(burstRequests / limits.requestsPerBatch);
  const burstDevices = Array.from({ length: burstBatches * limits.devicesPerBatch }, (_, i) => harness.device(i));
  const burst = async (): Promise<void> => {
    burstsOpen++;
    try {
      await sweepAll(scene, burstDevices);
    } catch {
      brokenBursts++;
    } finally {
      burstsOpen--;
    }
  };
  const bursts: Promise<void>[] = [];
  const newestMs = new Map<number, number>();
  const poller = new Poller({
    connection: {
      id: "c",
      name: harness.definition.title,
      vendor: harness.definition.id,
      baseUrl: "",
      pollIntervalMs: POLL_INTERVAL_MS,
      createdAtMs: 0,
      pausedAtMs: null,
      laneShares: {},
      version: 1,
    },
    devices,
    client,
    ledger: { note() {} },
    requests: new RequestNumbers(clock),
    vendor: { limits: { ...limits, devicesPerBatch }, history: null },
    freshnessMs: POLL_INTERVAL_MS,
    directory: directoryOf(harness, devices),
    pipeline: {
      async accept({ series }: { readonly series: Iterable<number> }) {
        for (const one of series) newestMs.set(one, clock.monotonicMs());
      },
    } as unknown as IngestPipeline,
    clock,
    log: silentLog,
    random: () => faults.random(),
  });
  poller.start();
  for (let hour = 0; hour < DAYS * 24; hour++) {
    if (hour % 24 === 12 && !faults.isDown(clock.monotonicMs())) bursts.push(burst());
    await clock.advance(HOUR_MS);
    clock.jumpWall(faults.clockJumpMs());
    scene.forget();
  }
  const health = poller.health.state;
  const endMs = clock.monotonicMs();
  await poller.close();
  await clock.run(Promise.all(bursts));

  const late = devices.filter(
    (_, index) => endMs - (newestMs.get(index * harness.metrics.length + 1) ?? 0) > 2 * HOUR_MS,
  );
  const during = seen.filter(({ atMs }) => faults.isDown(atMs)).length;
  const calm = seen.filter(({ atMs, inBurst }) => !inBurst && !faults.isDown(atMs)).length;
  const normalRate = calm / (DAYS * DAY_MS - faults.downMs);
  return {
    calls: seen.length,
    limitViolations: scene.refusals(),
    insideRetryAfter,
    logins,
    loginsAccountedFor:
      1 + Math.floor((DAYS * DAY_MS) / (harness.tokenLifetimeMs ?? Number.POSITIVE_INFINITY)) + revocations,
    outageShare: during / (normalRate * faults.downMs),
    lateDevices: late.length,
    health,
    brokenBursts,
  };
}

function retryAfterMs(given: VendorAnswer | "cut" | "never"): number {
  return typeof given === "string" ? 0 : Number(given.headers?.["retry-after"] ?? 0) * 1_000;
}

function deviceOf(serialNumber: string): Device {
  return {
    id: serialNumber,
    siteId: "site",
    name: serialNumber,
    kind: "other",
    serialNumber,
    manufacturer: null,
    model: null,
    ratedPowerW: null,
    connectionId: "c",
    createdAtMs: 0,
  };
}

function directoryOf({ metrics }: VendorHarness, devices: readonly Device[]): SeriesDirectory {
  const directory = new SeriesDirectory();
  let series = 0;
  for (const device of devices) {
    const { id } = device;
    directory.addDevice({ ...device, pushedAs: null });
    for (const metric of metrics)
      directory.add({ ...metric, id: `${id} ${metric.name}`, deviceId: id, series: ++series }, "site");
  }
  return directory;
}
