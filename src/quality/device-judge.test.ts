import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JudgedDevice, JudgedMetric } from "../domain/quality.ts";
import { DeviceJudge } from "./device-judge.ts";
import { DAY_MS, days, HOUR_MS, MIDNIGHT_MS, MINUTE_MS, type Row } from "./rules.fixture.ts";

const POWER: JudgedMetric = { id: "power", series: 1, name: "active_power", unit: "W", kind: "gauge" };
const VOLTAGE: JudgedMetric = { id: "voltage", series: 2, name: "voltage", unit: "V", kind: "gauge" };
const ENERGY: JudgedMetric = { id: "energy", series: 3, name: "energy_total", unit: "kW.h", kind: "counter" };
const TODAY: JudgedMetric = { id: "today", series: 4, name: "pv_energy_day", unit: "W.h", kind: "gauge" };
const PLACE = { latitude: 0, longitude: 0 };

type Reading = readonly [series: number, timeMs: number, value: number];

function device(changes: Partial<JudgedDevice> = {}): JudgedDevice {
  const metrics = [POWER, VOLTAGE, ENERGY, TODAY];
  return { id: "d", kind: "inverter", ratedPowerW: 10_000, pollIntervalMs: null, metrics, ...changes };
}

/** In as many goes as there are cuts, and one more. */
function judged(readings: readonly Reading[], of = device(), untilMs = MIDNIGHT_MS + 30 * DAY_MS, cuts: number[] = []) {
  const judge = new DeviceJudge({ place: PLACE }, of);
  const edges = [0, ...cuts.map((cut) => cut % (readings.length + 1)).sort((a, b) => a - b), readings.length];
  edges.slice(1).forEach((end, piece) => {
    for (const reading of readings.slice(edges[piece], end)) judge.take(...reading);
  });
  return judge.end(untilMs);
}

const power = (rows: readonly Row[]): Reading[] => rows.map(([timeMs, value]) => [1, timeMs, value]);

/** Values as devices give them: near each other, equal, on a line, far off. */
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -2, max: 12 }).map((share) => share * 1_000),
  fc.constantFrom(0, 5_000, 5_000, 5_000, -1, 1e7),
);
const step = fc.constantFrom(0, 1, MINUTE_MS, 15 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 20 * HOUR_MS);
const history = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 4 }), step, value), { maxLength: 200 })
  .map((rows): Reading[] => {
    let timeMs = MIDNIGHT_MS;
    return rows.map(([series, stepMs, own]) => {
      timeMs += stepMs;
      return [series, timeMs, own];
    });
  });

describe("any readings", () => {
  test("are judged without an error, and what is found has its place in time", () => {
    fc.assert(
      fc.property(history, fc.boolean(), (readings, isRated) => {
        const until = (readings.at(-1)?.[1] ?? MIDNIGHT_MS) + HOUR_MS;
        for (const { fromMs, toMs } of judged(readings, device(isRated ? {} : { ratedPowerW: null }), until)) {
          expect(fromMs).toBeLessThanOrEqual(toMs ?? until);
          expect(fromMs).toBeGreaterThanOrEqual(MIDNIGHT_MS);
          expect(toMs ?? until).toBeLessThanOrEqual(until);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("give the same in pieces as in one", () => {
    fc.assert(
      fc.property(history, fc.array(fc.nat(), { maxLength: 5 }), (readings, cuts) => {
        expect(judged(readings, device(), undefined, cuts)).toEqual(judged(readings));
      }),
      { numRuns: 100 },
    );
  });

  test("give the same some days later, where no sun is known", () => {
    const late = 17 * DAY_MS;
    const at = (readings: readonly Reading[], laterMs: number) => {
      const judge = new DeviceJudge({ place: null }, device());
      for (const [series, timeMs, own] of readings) judge.take(series, timeMs + laterMs, own);
      return judge.end(MIDNIGHT_MS + 90 * DAY_MS + laterMs).map(({ fromMs, toMs, rule, metricId }) => ({
        rule,
        metricId,
        fromMs: fromMs - laterMs,
        toMs: toMs === null ? null : toMs - laterMs,
      }));
    };
    fc.assert(
      fc.property(history, (readings) => {
        expect(at(readings, late)).toEqual(at(readings, 0));
      }),
      { numRuns: 100 },
    );
  });

  test("give the same in another unit, and for a device twice the size", () => {
    // Powers of 2 change no digit of a double; the rated power goes along.
    const times = (readings: readonly Reading[], factor: number) => {
      const rated = device({ ratedPowerW: 8_192 * factor, metrics: [POWER] });
      const scaled = readings.map(([, timeMs, own]): Reading => [1, timeMs, own * factor]);
      return judged(scaled, rated).map(({ rule, fromMs, toMs }) => ({ rule, fromMs, toMs }));
    };
    const moderate = history.map((readings) => readings.filter(([, , own]) => own === 0 || Math.abs(own) > 1e-100));
    fc.assert(
      fc.property(moderate, (readings) => {
        const tame = readings.filter(([, , own]) => Math.abs(own) < 1e100);
        expect(times(tame, 1_024)).toEqual(times(tame, 1));
      }),
      { numRuns: 100 },
    );
  });
});

describe("a device", () => {
  const four = (rows: readonly Row[]): Reading[] =>
    rows.flatMap(([timeMs, own]) => [
      [1, timeMs, own] as const,
      [2, timeMs, 230 + (own % 7)] as const,
      [3, timeMs, (timeMs - MIDNIGHT_MS) / HOUR_MS] as const,
    ]);

  test("of which nothing is wrong has nothing found", () => {
    expect(judged(four(days(3)), device(), MIDNIGHT_MS + 3 * DAY_MS)).toEqual([]);
  });

  test("that falls silent is one finding, and not one for each of its metrics", () => {
    const noonMs = MIDNIGHT_MS + DAY_MS + 12 * HOUR_MS;
    const rows = four(days(3)).filter(([, timeMs]) => timeMs < noonMs || timeMs > noonMs + 2 * HOUR_MS);
    expect(judged(rows, device(), MIDNIGHT_MS + 3 * DAY_MS)).toMatchObject([
      { rule: "missing", metricId: null, fromMs: noonMs, toMs: noonMs + 2.25 * HOUR_MS },
    ]);
  });

  test("of which one metric falls silent has that one found", () => {
    const noonMs = MIDNIGHT_MS + DAY_MS + 12 * HOUR_MS;
    const rows = four(days(3)).filter(([series, timeMs]) => series !== 2 || timeMs < noonMs);
    const untilMs = MIDNIGHT_MS + 3 * DAY_MS;
    expect(judged(rows, device(), untilMs)).toMatchObject([{ rule: "missing", metricId: "voltage", toMs: null }]);
  });

  test("may tell a day's energy under the day's beginning", () => {
    const today: Reading[] = [0, 1, 2].map((day) => [4, MIDNIGHT_MS + day * DAY_MS, 40_000 + day]);
    const rows = [...power(days(3)), ...today].sort(([, a], [, b]) => a - b);
    expect(
      judged(rows, device({ metrics: [POWER, TODAY], pollIntervalMs: MINUTE_MS }), MIDNIGHT_MS + 3 * DAY_MS),
    ).toEqual([]);
  });

  test("with a battery may draw, produce in the dark, and never sleeps", () => {
    const soc: JudgedMetric = { id: "soc", series: 5, name: "state_of_charge", unit: "%", kind: "gauge" };
    const hybrid = device({ metrics: [POWER, soc] });
    const rows = days(2).map(
      ([timeMs, own], index): Reading => [1, timeMs, own > 0 ? own : -500 - ((index * index) % 9)],
    );
    expect(judged(rows, hybrid, MIDNIGHT_MS + 2 * DAY_MS)).toEqual([]);
    const dayOnly = rows.filter(([, , own]) => own > 0);
    expect(judged(dayOnly, hybrid, MIDNIGHT_MS + 2 * DAY_MS).map(({ rule }) => rule)).toContain("missing");
    expect(judged(dayOnly, device({ metrics: [POWER] }), MIDNIGHT_MS + 2 * DAY_MS)).toEqual([]);
  });

  test("that nobody called an inverter may sleep like one, and is missed like anything else by day", () => {
    const other = device({ kind: "other", metrics: [POWER] });
    const dayOnly = power(days(2)).filter(([, , own]) => own > 0);
    expect(judged(dayOnly, other, MIDNIGHT_MS + 2 * DAY_MS)).toEqual([]);
    const noonMs = MIDNIGHT_MS + 12 * HOUR_MS;
    const morning = dayOnly.filter(([, timeMs]) => timeMs < noonMs);
    expect(judged(morning, other, noonMs + HOUR_MS)).toMatchObject([{ rule: "missing", toMs: null }]);
    const meter = device({ kind: "meter", metrics: [POWER] });
    expect(judged(dayOnly, meter, MIDNIGHT_MS + 2 * DAY_MS).map(({ rule }) => rule)).toEqual(["missing", "missing"]);
  });

  test("whose unit is wrong is not out of range besides", () => {
    const found = judged(
      power(days(2).map(([timeMs, own]): Row => [timeMs, own * 1_000])),
      device(),
      MIDNIGHT_MS + 2 * DAY_MS,
    );
    expect(found.filter(({ rule }) => rule === "unit_factor")).toHaveLength(1);
    expect(found.filter(({ rule, toMs }) => rule === "out_of_range" && toMs === null)).toEqual([]);
  });
});
