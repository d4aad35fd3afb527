import { localDateAt, localDay } from "../domain/calendar.ts";
import {
  type JudgedDevice,
  type JudgedSite,
  type MetricFinding,
  QUALITY_RULES,
  type QualityRule,
} from "../domain/quality.ts";
import { DeviceJudge } from "./device-judge.ts";
import { joined } from "./joined.ts";
import { BelowSiblings } from "./rules/below-siblings.ts";
import { factsOf } from "./series-facts.ts";

/** Series of devices that are judged together: two days by the quarter of an hour, or an hour by the second, are a page or two. */
export const PASS_SERIES_MAX = 50;
/** Devices that are compared with each other: of more at a site, each with as many. */
export const SIBLINGS_MAX = 250;

/** A part of a site that is judged in one reading of its series. */
export interface Pass {
  readonly rules: ReadonlySet<QualityRule>;
  readonly devices: readonly JudgedDevice[];
  readonly series: readonly number[];
  /** Begins to judge readings from `fromMs` on. */
  begin(fromMs: number): Judging;
}

export interface Judging {
  /** A reading before the first one that is taken, of which the value does not count; times ascend. */
  heard(series: number, timeMs: number): void;
  /** Times ascend over all series. */
  take(series: number, timeMs: number, value: number): void;
  /** By device. */
  end(untilMs: number): ReadonlyMap<string, readonly MetricFinding[]>;
}

const SIBLING_RULES: ReadonlySet<QualityRule> = new Set(["below_siblings"]);
const DEVICE_RULES: ReadonlySet<QualityRule> = new Set(QUALITY_RULES.filter((rule) => !SIBLING_RULES.has(rule)));

/** All of a site, in passes of at most `PASS_SERIES_MAX` series or one device. */
export function passesOf(site: JudgedSite): Pass[] {
  const passes: Pass[] = [];
  let devices: JudgedDevice[] = [];
  let series = 0;
  for (const device of site.devices) {
    if (devices.length > 0 && series + device.metrics.length > PASS_SERIES_MAX) {
      passes.push(devicesPass(site, devices));
      [devices, series] = [[], 0];
    }
    devices.push(device);
    series += device.metrics.length;
  }
  if (devices.length > 0) passes.push(devicesPass(site, devices));
  const comparable = site.devices.flatMap((device) => comparablePower(site, device) ?? []);
  for (let first = 0; first < comparable.length; first += SIBLINGS_MAX) {
    passes.push(siblingsPass(site, comparable.slice(first, first + SIBLINGS_MAX)));
  }
  return passes;
}

function devicesPass(site: JudgedSite, devices: readonly JudgedDevice[]): Pass {
  return {
    rules: DEVICE_RULES,
    devices,
    series: devices.flatMap(({ metrics }) => metrics.map(({ series }) => series)),
    begin() {
      const judges = new Map(devices.map((device) => [device.id, new DeviceJudge(site, device)]));
      const bySeries = new Map(
        devices.flatMap(({ id, metrics }) => metrics.map(({ series }) => [series, judges.get(id)] as const)),
      );
      return {
        heard: (series, timeMs) => bySeries.get(series)?.heard(series, timeMs),
        take: (series, timeMs, value) => bySeries.get(series)?.take(series, timeMs, value),
        end: (untilMs) => new Map(Array.from(judges, ([id, judge]) => [id, judge.end(untilMs)])),
      };
    },
  };
}

interface Comparable {
  readonly device: JudgedDevice;
  readonly metricId: string;
  readonly series: number;
  readonly ratedPower: number;
}

/** The power by which a device is compared with others; null where there is none, or no rated power to divide by. */
function comparablePower(site: JudgedSite, device: JudgedDevice): Comparable | null {
  const all = device.metrics.map((metric) => ({ metric, facts: factsOf(site, device, metric) }));
  const solar = all.filter(({ facts }) => facts.isSolarPower && facts.ratedPower !== null);
  const { metric, facts } = solar.find((each) => each.metric.name === "active_power") ?? solar[0] ?? {};
  if (!metric || !facts || facts.ratedPower === null) return null;
  return { device, metricId: metric.id, series: metric.series, ratedPower: facts.ratedPower };
}

function siblingsPass(site: JudgedSite, siblings: readonly Comparable[]): Pass {
  return {
    rules: SIBLING_RULES,
    devices: siblings.map(({ device }) => device),
    series: siblings.map(({ series }) => series),
    begin(fromMs) {
      const comparison = new BelowSiblings(siblings, (timeMs) => localDayAt(timeMs, site.timezone), fromMs);
      const places = new Map(siblings.map(({ series }, place) => [series, place]));
      return {
        heard() {},
        take: (series, timeMs, value) => comparison.take(places.get(series) ?? -1, timeMs, value),
        end(untilMs) {
          const found = comparison.end(untilMs);
          return new Map(
            siblings.map(({ device, metricId }, place) => [
              device.id,
              joined(found[place] ?? []).map((finding) => ({ ...finding, metricId })),
            ]),
          );
        },
      };
    },
  };
}

function localDayAt(timeMs: number, timezone: string) {
  const day = localDay(localDateAt(timeMs, timezone), timezone);
  if (!day) throw new RangeError(`${timeMs} lies in no local day of ${timezone}`);
  return day;
}
