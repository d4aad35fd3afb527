import type { z } from "zod";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { PAGE_ITEMS_MAX } from "../../catalogue/page.ts";
import type { Collector } from "../../collect/collector.ts";
import type { Ledger } from "../../collect/ledger/ledger.ts";
import type { Clock } from "../../domain/clock.ts";
import { type CoverageGap, gapsOf } from "../../domain/coverage-gaps.ts";
import { type Device, staleAfterMs } from "../../domain/device.ts";
import { NotFound } from "../../domain/errors.ts";
import type { Interval } from "../../domain/intervals.ts";
import type { Gap, Gaps } from "../coverage-schemas.ts";
import { checkedSpan } from "./coverage.ts";
import { type DeviceRuns, runsOfDevices } from "./device-runs.ts";
import { GapCursor, type GapPlace, isBefore } from "./gap-cursor.ts";
import { isoTime } from "./times.ts";

/** The span that gaps are told of unless another is asked for. */
export const GAPS_SPAN_MS_DEFAULT = 7 * 86_400_000;
/** Gaps that are held while a site's are looked through: the newest of so many and of a page are kept. */
const GAPS_HELD_MAX = 10_000;

type GapsView = z.input<typeof Gaps>;
type GapView = z.input<typeof Gap>;

export interface GapsRequest {
  /** Epoch ms; by default so long before `toMs` as `GAPS_SPAN_MS_DEFAULT` says. */
  readonly fromMs: number | undefined;
  /** Epoch ms; by default now. */
  readonly toMs: number | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** A gap of a device, which all of these metrics of it have. */
interface DeviceGap extends GapPlace, CoverageGap {
  readonly device: Device;
  readonly metrics: string[];
}

/** What is missing, the newest first. */
export class GapViews {
  readonly #catalogue: Catalogue;
  readonly #ledger: Ledger;
  readonly #collector: Collector;
  readonly #clock: Clock;

  constructor(catalogue: Catalogue, ledger: Ledger, collector: Collector, clock: Clock) {
    this.#catalogue = catalogue;
    this.#ledger = ledger;
    this.#collector = collector;
    this.#clock = clock;
  }

  /** @throws InvalidInput, StorageUnavailable */
  ofSite(siteId: string, request: GapsRequest): Promise<GapsView> {
    return this.#page(this.#devicesOf(siteId), request);
  }

  /** @throws NotFound, InvalidInput, StorageUnavailable */
  async ofDevice(deviceId: string, request: GapsRequest): Promise<GapsView> {
    if (!this.#catalogue.directory.device(deviceId)) throw new NotFound("device");
    return this.#page([await this.#catalogue.devices.get(deviceId)], request);
  }

  async #page(devices: AsyncIterable<Device> | Iterable<Device>, request: GapsRequest): Promise<GapsView> {
    const { limit } = request;
    const nowMs = this.#clock.nowMs();
    const after = request.cursor === undefined ? null : GapCursor.read(request.cursor);
    // Now was earlier when the first page was asked for, and gaps that go on ended there.
    const toMs = after?.untilMs ?? Math.min(request.toMs ?? nowMs, nowMs);
    const span = checkedSpan({ fromMs: request.fromMs ?? toMs - GAPS_SPAN_MS_DEFAULT, toMs }, nowMs);
    const freshnessMs = new Map(this.#collector.reports().map((report) => [report.connection.id, report.freshnessMs]));
    let gaps: DeviceGap[] = [];
    let asked = false;
    const keepNewest = (most: number): void => {
      gaps = gaps.sort((a, b) => (isBefore(a, b) ? -1 : 1)).slice(0, most);
    };
    for await (const known of runsOfDevices(devices, this.#catalogue.directory, this.#ledger, span)) {
      const { device } = known;
      if (device.connectionId === null) continue;
      asked = true;
      const dueMs = nowMs - staleAfterMs(freshnessMs.get(device.connectionId) ?? null);
      for (const gap of gapsOfDevice(known, span)) {
        // The next poll will ask for it: nothing is missing yet.
        const isNotDue = gap.asked === null && gap.toMs === span.toMs && gap.fromMs >= dueMs;
        if (!isNotDue && (after === null || isBefore(after.place, gap))) gaps.push(gap);
      }
      if (gaps.length > GAPS_HELD_MAX) keepNewest(limit + 1);
    }
    keepNewest(limit + 1);
    const items = gaps.slice(0, limit);
    const last = items.at(-1);
    const nextCursor = gaps.length > limit && last ? new GapCursor(span.toMs, last).text() : null;
    return { from: isoTime(span.fromMs), to: isoTime(span.toMs), asked, items: items.map(gapView), nextCursor };
  }

  async *#devicesOf(siteId: string): AsyncGenerator<Device, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.#catalogue.devices.list({ limit: PAGE_ITEMS_MAX, cursor }, new Set([siteId]));
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
}

/** The gaps of a device, each once however many of its metrics have it. */
function gapsOfDevice({ device, series }: DeviceRuns, span: Interval): DeviceGap[] {
  const gaps = new Map<string, DeviceGap>();
  for (const { owner, runs } of series) {
    for (const hole of gapsOf(runs, span)) {
      const gap = owed(hole, device);
      if (gap === null) continue;
      const name = JSON.stringify([gap.fromMs, gap.toMs, gap.asked]);
      const same = gaps.get(name);
      if (same) same.metrics.push(owner.metricName);
      else gaps.set(name, { ...gap, series: owner.series, device, metrics: [owner.metricName] });
    }
  }
  return [...gaps.values()];
}

/** What a gap is without the time before the device came, of which nobody asked for anything; null when that is all. */
function owed(gap: CoverageGap, { createdAtMs }: Device): CoverageGap | null {
  if (gap.asked !== null || gap.fromMs >= createdAtMs) return gap;
  return gap.toMs <= createdAtMs ? null : { ...gap, fromMs: createdAtMs };
}

function gapView({ device, metrics, fromMs, toMs, asked }: DeviceGap): GapView {
  return {
    deviceId: device.id,
    device: device.name,
    metrics,
    from: isoTime(fromMs),
    to: isoTime(toMs),
    outcome: asked?.outcome ?? null,
    askedAt: asked ? isoTime(asked.askedAtMs) : null,
    request: asked?.request ?? null,
  };
}
