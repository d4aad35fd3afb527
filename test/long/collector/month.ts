import type { HistoryLimits } from "../../../src/vendors/vendor.ts";
import { POWER, type SimVendorTerms } from "./sim-vendor.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SimWorld } from "./sim-world.ts";

const DAYS = 30;
const KILLS_PER_HOUR = 3;
/** What is left at the end to fetch whatever an outage hid, without further trouble. */
const CALM_DAYS = 3;
/** Beats of the real thing, in simulated minutes: a month of beats a second would be a billion steps. */
const TIMES = { leaseMs: 4 * MINUTE_MS, beatMs: MINUTE_MS, lookMs: MINUTE_MS, marginMs: 30_000 } as const;

function history(limits: Pick<HistoryLimits, "windowMsMax" | "devicesPerWindow">): HistoryLimits {
  return {
    ...limits,
    requestsPerWindow: 1,
    valuesEveryMs: 15 * MINUTE_MS,
    settlesAfterMs: 0,
    keepsMs: null,
    metrics: [POWER],
  };
}

/** Three vendors as unlike as ours: one that knows only now, one that tells a day of a device, one that tells hours of many and counts by the day. */
export const VENDORS: readonly { terms: SimVendorTerms; devices: number; pollIntervalMs: number }[] = [
  {
    terms: {
      id: "grid",
      limits: { budgets: [{ requests: 1, perMs: 1_000 }], devicesPerBatch: 10, requestsPerBatch: 1 },
      history: null,
      valuesEveryMs: 15 * MINUTE_MS,
    },
    devices: 40,
    pollIntervalMs: 15 * MINUTE_MS,
  },
  {
    terms: {
      id: "cabinets",
      limits: { budgets: [{ requests: 100, perMs: 1_000 }], devicesPerBatch: 1, requestsPerBatch: 1 },
      history: history({ windowMsMax: DAY_MS, devicesPerWindow: 1 }),
      valuesEveryMs: 15 * MINUTE_MS,
    },
    devices: 8,
    pollIntervalMs: 15 * MINUTE_MS,
  },
  {
    terms: {
      id: "plant",
      limits: {
        budgets: [
          { requests: 10, perMs: 1_000 },
          { requests: 2_000, perMs: DAY_MS },
        ],
        devicesPerBatch: 20,
        requestsPerBatch: 1,
      },
      history: history({ windowMsMax: 6 * HOUR_MS, devicesPerWindow: 20 }),
      valuesEveryMs: 15 * MINUTE_MS,
    },
    devices: 20,
    pollIntervalMs: 15 * MINUTE_MS,
  },
];

export interface MonthReport {
  readonly requests: number;
  readonly kills: number;
  readonly overLimit: number;
  readonly insideRetryAfter: number;
  /** Values that a vendor still has and that are not stored. */
  readonly missing: number;
  readonly held: number;
  /** Of what a vendor had: claimed by the ledger and not stored; and stored, and not claimed after a calm time. */
  readonly claimedNotHeld: number;
  readonly heldNotClaimed: number;
  /** Values of the past that were told, for each different one. */
  readonly toldPerValue: number;
}

/** Eight processes on one catalogue for a month, with everything that goes wrong. */
export async function liveThroughMonth(seed: number): Promise<MonthReport> {
  await using world = await SimWorld.open({
    seed,
    fleet: VENDORS,
    processes: 8,
    delayMsMax: 400,
    clocksOffMs: 15 * MINUTE_MS,
    times: TIMES,
  });
  const { chance, clock, vendors } = world;
  for (const vendor of vendors) {
    const outage = (longestMs: number) => {
      const fromMs = chance.upTo((DAYS - 1) * DAY_MS);
      return { fromMs, toMs: fromMs + 5 * MINUTE_MS + chance.upTo(longestMs) };
    };
    const outages = [outage(DAY_MS), ...Array.from({ length: 5 }, () => outage(2 * HOUR_MS))];
    vendor.troubles = { faults: 0.05, refusals: 0.002, outages };
  }
  let kills = 0;
  while (clock.monotonicMs() < DAYS * DAY_MS) {
    await clock.advance(1 + chance.upTo((2 * HOUR_MS) / KILLS_PER_HOUR));
    world.kill();
    kills++;
    world.begin();
  }
  for (const vendor of vendors) vendor.troubles = { faults: 0, refusals: 0, outages: [] };
  await clock.advance(CALM_DAYS * DAY_MS);
  return { ...(await reportOf(world)), kills };
}

async function reportOf(world: SimWorld): Promise<Omit<MonthReport, "kills">> {
  const { vendors, fleet, store, clock } = world;
  const endMs = clock.nowMs() - 2 * HOUR_MS;
  const startMs = clock.nowMs() - clock.monotonicMs() + HOUR_MS;
  let [missing, held, told, different, claimedNotHeld, heldNotClaimed] = [0, 0, 0, 0, 0, 0];
  for (const [index, vendor] of vendors.entries()) {
    const { history, valuesEveryMs } = vendor.terms;
    told += vendor.told.values;
    different += vendor.told.different.size;
    if (!history) continue;
    for (const { device, series } of fleet.connections[index]?.devices ?? []) {
      const claims = (await world.runsOf(series)).filter(({ outcome }) => outcome === "data");
      for (let timeMs = Math.ceil(startMs / valuesEveryMs) * valuesEveryMs; timeMs < endMs; timeMs += valuesEveryMs) {
        if (!vendor.hasValue(device.name, timeMs)) continue;
        const isHeld = store.has(series, timeMs);
        const isClaimed = claims.some(({ fromMs, toMs }) => fromMs <= timeMs && timeMs < toMs);
        if (isHeld) held++;
        else missing++;
        if (isClaimed && !isHeld) claimedNotHeld++;
        if (isHeld && !isClaimed) heldNotClaimed++;
      }
    }
  }
  return {
    requests: vendors.reduce((sum, { requests }) => sum + requests, 0),
    overLimit: vendors.reduce((sum, { violations }) => sum + violations.overLimit, 0),
    insideRetryAfter: vendors.reduce((sum, { violations }) => sum + violations.insideRetryAfter, 0),
    missing,
    held,
    claimedNotHeld,
    heldNotClaimed,
    toldPerValue: different === 0 ? 1 : told / different,
  };
}
