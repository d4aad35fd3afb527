import { describe, expect, test } from "vitest";
import type { Place } from "../../src/domain/daylight.ts";
import type { Finding, JudgedDevice, MetricFinding, QualityRule } from "../../src/domain/quality.ts";
import { DeviceJudge } from "../../src/quality/device-judge.ts";
import { type Measurement, measurements } from "./measurements.ts";

/** One set of thresholds for all files: nothing but the rated power and the unit differs. */

const QUARTER_MS = 900_000;

/** What every rule finds in one power of one inverter. */
function judged(
  rows: readonly Measurement[],
  ratedPowerW: number | null,
  unit = "W",
  place: Place | null = null,
): MetricFinding[] {
  const metric = { id: "power", series: 1, name: "active_power", unit, kind: "gauge" } as const;
  const device: JudgedDevice = { id: "d", kind: "inverter", ratedPowerW, pollIntervalMs: null, metrics: [metric] };
  const judge = new DeviceJudge({ place }, device);
  for (const { timeMs, value } of rows) judge.take(1, timeMs, value);
  return judge.end((rows.at(-1)?.timeMs ?? 0) + QUARTER_MS);
}

function ofRule(findings: readonly MetricFinding[], rule: QualityRule): MetricFinding[] {
  return findings.filter((finding) => finding.rule === rule);
}

function covers(findings: readonly Finding[], timeMs: number): boolean {
  return findings.some(({ fromMs, toMs }) => timeMs >= fromMs && timeMs < (toMs ?? Number.POSITIVE_INFINITY));
}

/** By rows, against the labels. */
function scores(rows: readonly Measurement[], findings: readonly Finding[]) {
  const labelled = rows.filter(({ isLabelled }) => isLabelled).length;
  const found = rows.filter(({ timeMs }) => covers(findings, timeMs));
  const right = found.filter(({ isLabelled }) => isLabelled).length;
  return { precision: right / found.length, recall: right / labelled };
}

const STALE = measurements("ac_power_inv_2173_stale_data", "value_normalized", "stale_data_mask");
const LINES = measurements("ac_power_inv_2173_interpolated_data", "value_normalized", "interpolated_data_mask");
// SERF East has 6 kW; the roof of RSF II has some 230, and its inverter 2 about 100.
const SERF_W = 6_000;
const RSF_W = 230_000;
const RSF_INVERTER_RATED_W = 100_000;
const MINUTES = measurements("serf_east_1min_ac_power", "ac_power__752");
const MONTHS = measurements("serf_east_15min_ac_power", "ac_power");
const RSF_KW = measurements("nrel_RSF_II", "ac_power_kw_1137");
const RSF_INVERTER_W = measurements("nrel_RSF_II", "inv2_ac_power_w__1047");

// Values are shares of the rated power: an inverter of 1 W, or one of which nothing is known.
describe.each([1, null])("labelled data, rated power %s", (rated) => {
  test("flat-lined: precision and recall are 0.97 or more", () => {
    const { precision, recall } = scores(STALE, ofRule(judged(STALE, rated), "flat_lined"));
    expect(precision).toBeGreaterThanOrEqual(0.97);
    expect(recall).toBeGreaterThanOrEqual(0.97);
  });

  test("interpolated: precision is 0.95 or more, recall 0.93 or more", () => {
    const { precision, recall } = scores(LINES, ofRule(judged(LINES, rated), "interpolated"));
    expect(precision).toBeGreaterThanOrEqual(0.95);
    expect(recall).toBeGreaterThanOrEqual(0.93);
  });

  test("neither takes the other's for its own", () => {
    expect(ofRule(judged(STALE, rated), "interpolated")).toEqual([]);
    expect(ofRule(judged(LINES, rated), "flat_lined")).toEqual([]);
  });
});

describe.each([true, false])("data without labels, rated power known: %s", (isKnown) => {
  const rated = (watts: number): number | null => (isKnown ? watts : null);

  test("nothing is wrong with two days of SERF East by the minute: noise and drawing some W at night are no fault", () => {
    expect(judged(MINUTES, rated(SERF_W))).toEqual([]);
  });

  test("nor with 15 weeks of it, overcast days among them", () => {
    expect(judged(MONTHS, rated(SERF_W))).toEqual([]);
  });

  // On the last day both give next to nothing, although the sun shines (snow, perhaps): no rule tells that of an inverter by itself, and there is no third to compare.
  test("nor with five days of RSF II, whose inverters say 0 at night, and 0 on a whole day", () => {
    expect(judged(RSF_KW, rated(RSF_W), "kW")).toEqual([]);
    expect(judged(RSF_INVERTER_W, rated(RSF_INVERTER_RATED_W))).toEqual([]);
  });
});

test("what is said to be in kW and has the size of W is found once, for all of its time", () => {
  for (const rows of [MINUTES, MONTHS]) {
    const found = ofRule(judged(rows, SERF_W, "kW"), "unit_factor");
    expect(found).toMatchObject([{ toMs: null, evidence: { looks: "too_large", ratedPower: 6 } }]);
    expect(found[0]?.fromMs).toBeLessThan((rows[0]?.timeMs ?? 0) + 86_400_000);
  }
});

test("and what is said to be in W and has the size of kW, on every day that has enough light", () => {
  const inKilowatts = MONTHS.map((row) => ({ ...row, value: row.value / 1_000 }));
  const found = ofRule(judged(inKilowatts, SERF_W), "unit_factor");
  expect(found.length).toBeGreaterThan(0);
  expect(found.every(({ evidence }) => evidence["looks"] === "too_small")).toBe(true);
  const days = found.reduce((sum, { fromMs, toMs }) => sum + ((toMs ?? fromMs) - fromMs) / 86_400_000, 0);
  expect(days).toBeGreaterThan(100);
});

describe("where the plant stands is known: Golden, Colorado", () => {
  const GOLDEN = { latitude: 39.74, longitude: -105.17 };
  const shifted = (rows: readonly Measurement[], hours: number) =>
    judged(
      rows.map((row) => ({ ...row, timeMs: row.timeMs + hours * 3_600_000 })),
      SERF_W,
      "W",
      GOLDEN,
    );

  test.each([0, 0.25, -0.25])("a clock that is %d hours off, or as much delay, is no fault", (hours) => {
    expect([...shifted(MINUTES, hours), ...shifted(MONTHS, hours)]).toEqual([]);
  });

  // A change to summer time that was missed, or made twice; a logger that says UTC in local time.
  test.each([
    [1, 15],
    [-1, 30],
    [2, 80],
    [7, 100],
    [-7, 100],
  ])("a clock that is %d hours off is found on %d of its 105 days at least", (hours, daysMin) => {
    expect(ofRule(shifted(MONTHS, hours), "clock_off").length).toBeGreaterThanOrEqual(daysMin);
    expect(ofRule(shifted(MINUTES, hours), "clock_off").length).toBeGreaterThanOrEqual(1);
  });
});

test("a reading that comes again for hours is found in data of every kind, by the same thresholds", () => {
  for (const rows of [MINUTES, MONTHS]) {
    const first = rows.findIndex(({ value }, row) => row > rows.length / 2 && value > 0.3 * SERF_W);
    const stuckMs = { from: rows[first]?.timeMs ?? 0, to: (rows[first]?.timeMs ?? 0) + 4 * 3_600_000 };
    const value = rows[first]?.value ?? 0;
    const stuck = rows.map((row) => (row.timeMs >= stuckMs.from && row.timeMs < stuckMs.to ? { ...row, value } : row));
    expect(judged(stuck, SERF_W)).toMatchObject([
      { rule: "flat_lined", fromMs: stuckMs.from, toMs: stuckMs.to, evidence: { value } },
    ]);
  }
});
