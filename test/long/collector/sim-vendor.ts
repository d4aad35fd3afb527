import { z } from "zod";
import type { Clock } from "../../../src/domain/clock.ts";
import type { MetricTemplate } from "../../../src/domain/metric.ts";
import type { VirtualClock } from "../../../src/domain/virtual-clock.ts";
import { Caller } from "../../../src/transport/caller.ts";
import { Limiter } from "../../../src/transport/limiter.ts";
import { type SeenRequest, type VendorAnswer, VirtualVendor } from "../../../src/transport/virtual-vendor.ts";
import { loneFailure } from "../../../src/vendors/lone-failure.ts";
import { sweep } from "../../../src/vendors/sweep.ts";
import type {
  HistoryAnswer,
  HistoryLimits,
  HistoryWindow,
  LatestBatch,
  VendorAccount,
  VendorClient,
  VendorDefinition,
  VendorLimits,
  VendorReading,
} from "../../../src/vendors/vendor.ts";
import type { Chance } from "./chance.ts";

export const POWER: MetricTemplate = { name: "power", unit: "W", kind: "gauge" };
const RETRY_AFTER_S_MAX = 900;
const HOUR_MS = 3_600_000;

export interface SimVendorTerms {
  readonly id: string;
  readonly limits: VendorLimits;
  readonly history: HistoryLimits | null;
  /** From one value to the next, ms. */
  readonly valuesEveryMs: number;
}

export interface SimTroubles {
  /** Share of requests that fail. */
  readonly faults: number;
  /** Share of requests that are answered 429 with a `Retry-After`. */
  readonly refusals: number;
  /** When it answers nobody, monotonic ms. */
  readonly outages: readonly { readonly fromMs: number; readonly toMs: number }[];
}

const Answer = z.object({ values: z.array(z.tuple([z.string(), z.number(), z.number()])) });

/** A vendor's cloud of a simulation: strict about its limits, and what it has is a matter of arithmetic. */
export class SimVendor {
  readonly terms: SimVendorTerms;
  readonly network: VirtualVendor;
  troubles: SimTroubles = { faults: 0, refusals: 0, outages: [] };
  readonly violations = { overLimit: 0, insideRetryAfter: 0 };
  requests = 0;
  /** When each device's newest value was asked for and answered, monotonic ms. */
  readonly latestToldMs = new Map<string, number[]>();
  /** Values that were asked for as history and answered, and how many of them were different ones. */
  readonly told = { values: 0, different: new Set<string>() };
  readonly #clock: VirtualClock;
  readonly #chance: Chance;
  readonly #delayMsMax: number;
  readonly #arrivedMs: number[][];
  #holds: { fromMs: number; untilMs: number }[] = [];

  constructor(terms: SimVendorTerms, clock: VirtualClock, chance: Chance, delayMsMax: number) {
    this.#delayMsMax = delayMsMax;
    this.terms = terms;
    this.#clock = clock;
    this.#chance = chance;
    this.#arrivedMs = terms.limits.budgets.map(() => []);
    const delays = () => ({ requestMs: chance.upTo(delayMsMax), answerMs: chance.upTo(delayMsMax) });
    this.network = new VirtualVendor({ clock, answer: (request) => this.#answer(request), delays });
  }

  /** Whether the vendor has, or will have, a value of a device at that time, epoch ms. Some hours have none. */
  hasValue(device: string, timeMs: number): boolean {
    return this.#chance.ofWords(this.terms.id, device, Math.floor(timeMs / HOUR_MS)) >= 0.02;
  }

  definition(): VendorDefinition {
    const { id, limits, history, valuesEveryMs } = this.terms;
    return {
      id,
      title: id,
      limits,
      history,
      discovers: false,
      device: { kind: "inverter", metrics: [POWER], valuesEveryMs },
      credential: z.record(z.string(), z.string()),
      open: (account) => new SimClient(this.terms, account),
    };
  }

  #answer({ seenAtMs, target }: SeenRequest): VendorAnswer | "cut" | "never" {
    this.requests++;
    this.network.seen.length = 0;
    this.#count(seenAtMs);
    const { faults, refusals, outages } = this.troubles;
    if (outages.some(({ fromMs, toMs }) => seenAtMs >= fromMs && seenAtMs < toMs)) return "cut";
    this.#holds = this.#holds.filter(({ untilMs }) => untilMs > seenAtMs);
    if (this.#holds.some(({ fromMs }) => seenAtMs >= fromMs)) this.violations.insideRetryAfter++;
    if (this.#chance.strikes(refusals)) {
      const retryAfterS = 1 + Math.floor(this.#chance.upTo(RETRY_AFTER_S_MAX));
      // What was on its way before the refusal was heard is nobody's fault.
      this.#holds.push({ fromMs: seenAtMs + 2 * this.#delayMsMax, untilMs: seenAtMs + retryAfterS * 1_000 });
      return { status: 429, headers: { "retry-after": String(retryAfterS) }, body: "" };
    }
    if (this.#chance.strikes(faults)) return this.#chance.strikes(0.5) ? "cut" : { status: 503, body: "down" };
    return {
      status: 200,
      headers: {},
      body: JSON.stringify({ values: this.#valuesOf(new URL(target, "http://vendor")) }),
    };
  }

  #count(seenAtMs: number): void {
    for (const [index, { requests, perMs }] of this.terms.limits.budgets.entries()) {
      const arrived = this.#arrivedMs[index] ?? [];
      arrived.push(seenAtMs);
      while ((arrived[0] ?? seenAtMs) <= seenAtMs - perMs) arrived.shift();
      if (arrived.length > requests) this.violations.overLimit++;
    }
  }

  #valuesOf(asked: URL): [string, number, number][] {
    const { valuesEveryMs, history } = this.terms;
    const devices = (asked.searchParams.get("devices") ?? "").split(",");
    const nowMs = this.#clock.nowMs();
    const lastMs = Math.floor(nowMs / valuesEveryMs) * valuesEveryMs;
    const fromMs = Number(asked.searchParams.get("from") ?? lastMs);
    const toMs = Math.min(Number(asked.searchParams.get("to") ?? lastMs + 1), nowMs);
    const keptFromMs = history?.keepsMs ? nowMs - history.keepsMs : Number.NEGATIVE_INFINITY;
    const values: [string, number, number][] = [];
    for (let timeMs = Math.ceil(fromMs / valuesEveryMs) * valuesEveryMs; timeMs < toMs; timeMs += valuesEveryMs) {
      if (timeMs < keptFromMs) continue;
      for (const device of devices) if (this.hasValue(device, timeMs)) values.push([device, timeMs, timeMs / 1_000]);
    }
    if (!asked.searchParams.has("from")) {
      for (const device of devices) {
        const told = this.latestToldMs.get(device);
        if (told) told.push(this.#clock.monotonicMs());
        else this.latestToldMs.set(device, [this.#clock.monotonicMs()]);
      }
    } else {
      this.told.values += values.length;
      for (const [device, timeMs] of values) this.told.different.add(`${device} ${timeMs}`);
    }
    return values;
  }
}

class SimClient implements VendorClient {
  readonly #caller: Caller;
  readonly #limits: VendorLimits;

  constructor({ id, limits }: SimVendorTerms, account: VendorAccount) {
    const clock: Clock = account.clock;
    this.#limits = limits;
    this.#caller = new Caller({
      ...account,
      vendor: id,
      limiter: account.limiter ?? new Limiter({ budgets: limits.budgets, clock }),
    });
  }

  readLatest(devices: readonly string[], signal?: AbortSignal): AsyncGenerator<LatestBatch, void, undefined> {
    return sweep({
      devices,
      devicesPerBatch: this.#limits.devicesPerBatch,
      signal,
      read: async (asked, stop): Promise<LatestBatch> => {
        const nothing = { asked, readings: [], missing: [], issues: [] };
        try {
          const readings = await this.#read(`/latest?devices=${asked.join(",")}`, { signal: stop });
          return { ...nothing, readings, failure: null };
        } catch (error) {
          return { ...nothing, failure: loneFailure(error) };
        }
      },
    });
  }

  async readHistory(
    window: HistoryWindow,
    how: Parameters<NonNullable<VendorClient["readHistory"]>>[1],
  ): Promise<HistoryAnswer> {
    const { devices, fromMs, toMs } = window;
    const readings = await this.#read(`/history?devices=${devices.join(",")}&from=${fromMs}&to=${toMs}`, { ...how });
    return { readings, issues: [], refused: [] };
  }

  close(): Promise<void> {
    return this.#caller.close();
  }

  async #read(path: string, options: Parameters<Caller["call"]>[1]): Promise<VendorReading[]> {
    const { value } = await this.#caller.call({ method: "GET", path, schema: Answer }, options);
    return value.values.map(([device, timeMs, power]) => ({ device, metric: POWER, timeMs, value: power, quality: 0 }));
  }
}
