import { SeriesDirectory } from "../../src/catalogue/directory.ts";
import { Poller } from "../../src/collect/poller.ts";
import type { Device } from "../../src/domain/device.ts";
import { silentLog } from "../../src/domain/log.ts";
import type { IngestPipeline } from "../../src/ingest/pipeline.ts";
import type { VendorAnswer } from "../../src/transport/virtual-vendor.ts";
import { type Behaviour, openScene, type VendorHarness } from "../../src/vendors/contract-scene.ts";
import { VendorFaults } from "./vendor-faults.ts";

export const DAYS = 30;
export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** An hourly poll of so many requests, so that an outage is not met by more probes than 5 % of them. */
const POLL_INTERVAL_MS = HOUR_MS;
export const REQUESTS_PER_POLL = 44;

/** What thirty days of polling one vendor brought, as the vendor saw it. */
export interface Findings {
  readonly calls: number;
  /** Refused because the limit was met. */
  readonly limitViolations: number;
  /** Seen while a `Retry-After` held. */
  readonly insideRetryAfter: number;
  /** Logins that gave a token, and the most that lifetimes and revocations account for. */
  readonly logins: number;
  readonly loginsAccountedFor: number;
  /** Calls during total outages, as a share of those of as long a time without. */
  readonly outageShare: number;
  /** Devices whose newest value is older than two polls at the end. */
  readonly lateDevices: number;
  readonly health: string;
}

/** Polls one vendor for thirty simulated days, while its network, its servers and both clocks misbehave as the seed wants. */
export async function thirtyDays(harness: VendorHarness, seed: number): Promise<Findings> {
  const { limits } = harness.definition;
  const faults = new VendorFaults(seed, DAYS * DAY_MS);
  const seen: { atMs: number; login: boolean }[] = [];
  let revocations = 0;
  let heldUntilMs = 0;
  let insideRetryAfter = 0;
  let logins = 0;

  const behaviour: Behaviour = ({ seenAtMs }, purpose) => {
    seen.push({ atMs: seenAtMs, login: purpose === "login" });
    if (seenAtMs < heldUntilMs) insideRetryAfter++;
    const given = faults.strike(seenAtMs);
    if (given !== undefined) {
      heldUntilMs = Math.max(heldUntilMs, seenAtMs + retryAfterMs(given));
      return given;
    }
    if (purpose === "login") logins++;
    else if (faults.revokes()) {
      scene.vendor.revokeTokens();
      revocations++;
    }
    return undefined;
  };
  const scene = openScene(harness, { behaviour, delays: () => faults.delays() });
  const { clock, client } = scene;
  const devices = Array.from(
    { length: (REQUESTS_PER_POLL / limits.requestsPerBatch) * limits.devicesPerBatch },
    (_, i) => deviceOf(harness.device(i)),
  );
  const newestMs = new Map<number, number>();
  const poller = new Poller({
    connection: {
      id: "c",
      name: harness.definition.title,
      vendor: harness.definition.id,
      baseUrl: "",
      pollIntervalMs: POLL_INTERVAL_MS,
      createdAtMs: 0,
    },
    devices,
    client,
    limits,
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
    await clock.advance(HOUR_MS);
    clock.jumpWall(faults.clockJumpMs());
  }
  const health = poller.health.state;
  const endMs = clock.monotonicMs();
  await poller.close();

  const late = devices.filter(
    (_, index) => endMs - (newestMs.get(index * harness.metrics.length + 1) ?? 0) > 2 * HOUR_MS,
  );
  const during = seen.filter(({ atMs }) => faults.isDown(atMs)).length;
  const normalRate = (seen.length - during) / (DAYS * DAY_MS - faults.downMs);
  return {
    calls: scene.network.seen.length,
    limitViolations: scene.refusals(),
    insideRetryAfter,
    logins,
    loginsAccountedFor:
      1 + Math.floor((DAYS * DAY_MS) / (harness.tokenLifetimeMs ?? Number.POSITIVE_INFINITY)) + revocations,
    outageShare: during / (normalRate * faults.downMs),
    lateDevices: late.length,
    health,
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
  for (const { id } of devices) {
    for (const metric of metrics)
      directory.add({ ...metric, id: `${id} ${metric.name}`, deviceId: id, series: ++series }, "site");
  }
  return directory;
}
