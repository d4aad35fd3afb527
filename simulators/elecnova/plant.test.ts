import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pvMonth, pvPastDays, pvPower, pvYear } from "./answers.ts";
import { DAY_MS, dayText } from "./calendar.ts";
import { CABINETS_MAX, type Cabinet, createPlant, SITES } from "./plant.ts";
import { pointsOf } from "./points.ts";
import { SLOT_MS } from "./pv.ts";

const plant = createPlant(1);
const cabinets = [...plant.values()];
const NOW_MS = Date.UTC(2026, 10, 21, 5);
const HOUR_MS = 3_600_000;
const anyCabinet = fc.constantFrom(...cabinets);
const anyTime = fc.integer({ min: Date.UTC(2020, 1, 1), max: Date.UTC(2030) });

/** A cabinet in that timezone. */
function cabinetIn(zone: string): Cabinet {
  const found = cabinets.find((cabinet) => cabinet.zone.name === zone);
  if (!found) throw new Error(`no cabinet in ${zone}`);
  return found;
}

/** kWh of the 5-minute powers of a local day, and how many there are. */
function fiveMinutes(cabinet: Cabinet, day: number): { readonly kWh: number; readonly count: number } {
  const rows = pvPower(cabinet, cabinet.zone.startOfDayMs(day), cabinet.zone.startOfDayMs(day + 1), NOW_MS);
  const sumW = rows.reduce((sum, row) => sum + row.value, 0);
  return { kWh: (sumW * SLOT_MS) / 3_600_000 / 1_000, count: rows.length };
}

describe("the plant", () => {
  test("is twelve cabinets in three timezones; one has a component that no document names", () => {
    expect([...plant.keys()]).toEqual(Array.from({ length: 12 }, (_, i) => `ESS-${String(i + 1).padStart(3, "0")}`));
    expect(new Set(cabinets.map((cabinet) => cabinet.zone.name))).toEqual(new Set(SITES.map((site) => site.timezone)));
    expect(cabinets.filter((one) => one.components.some(({ code }) => code === "ess.dehumidifier"))).toHaveLength(1);
    expect(
      cabinets.filter((one) => one.components.filter(({ code }) => code === "ess.battery").length === 2),
    ).toHaveLength(12);
  });

  test("has as many cabinets as asked for, to a limit", () => {
    expect(createPlant(1, 0).size).toBe(0);
    expect(
      createPlant(1, 1)
        .get("ESS-001")
        ?.components.map(({ code }) => code),
    ).toContain("ess.dehumidifier");
    expect(createPlant(1, 250).size).toBe(250);
    expect(() => createPlant(1, CABINETS_MAX + 1)).toThrow(RangeError);
    expect(() => createPlant(1, 1.5)).toThrow(RangeError);
  });

  test("the same seed is the same plant, another seed another", () => {
    const day = (seed: number): unknown =>
      [...createPlant(seed, 3).values()].map((cabinet) => pvPastDays(cabinet, NOW_MS));
    expect(day(1)).toEqual(day(1));
    expect(day(1)).not.toEqual(day(2));
  });

  test("about 2 % of cabinets are offline at any time; what is offline was last heard before", () => {
    let offline = 0;
    for (let i = 0; i < 6_000; i++) {
      const timeMs = NOW_MS - i * 7_777_777;
      const { online, lastSeenMs } = cabinets[i % 12]!.connectionAt(timeMs); // i modulo 12 is an index of twelve
      if (!online) offline++;
      expect(lastSeenMs).toBeLessThanOrEqual(timeMs);
      expect(timeMs - lastSeenMs).toBeLessThan(online ? 5_000 : 7_205_000);
    }
    expect(offline / 6_000).toBeGreaterThan(0.01);
    expect(offline / 6_000).toBeLessThan(0.03);
  });
});

describe("the battery", () => {
  test("keeps its state of charge from 5 to 95 %, and its counters never fall", () => {
    fc.assert(
      fc.property(anyCabinet, anyTime, fc.integer({ min: 0, max: 3 * DAY_MS }), ({ battery }, timeMs, laterMs) => {
        const then = battery.at(timeMs);
        const later = battery.at(timeMs + laterMs);
        expect(then.socPercent).toBeGreaterThanOrEqual(5);
        expect(then.socPercent).toBeLessThanOrEqual(95);
        expect(later.chargedWh).toBeGreaterThanOrEqual(then.chargedWh - 1e-6);
        expect(later.dischargedWh).toBeGreaterThanOrEqual(then.dischargedWh - 1e-6);
      }),
      { numRuns: 500 },
    );
  });

  test("its power, integrated, is its change of charge times its capacity, over any span and any change of clocks", () => {
    const spans = fc.tuple(anyCabinet, anyTime, fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(spans, ([{ battery }, fromMs, hours]) => {
        const stepMs = 20_000;
        let dischargedWh = 0;
        for (let atMs = fromMs + stepMs / 2; atMs < fromMs + hours * HOUR_MS; atMs += stepMs) {
          dischargedWh += (battery.at(atMs).powerW * stepMs) / HOUR_MS;
        }
        const from = battery.at(fromMs);
        const to = battery.at(fromMs + hours * HOUR_MS);
        const changeWh = ((from.socPercent - to.socPercent) / 100) * battery.capacityWh;
        expect(Math.abs(dischargedWh - changeWh)).toBeLessThan(battery.capacityWh * 1e-4);
        const counted = to.dischargedWh - from.dischargedWh - (to.chargedWh - from.chargedWh);
        expect(Math.abs(counted - changeWh)).toBeLessThan(1e-3);
      }),
      { numRuns: 40 },
    );
  });

  test("its counters do not depend on what was asked before", () => {
    fc.assert(
      fc.property(anyTime, anyTime, (oneMs, otherMs) => {
        const fresh = createPlant(1, 1).get("ESS-001");
        const used = createPlant(1, 1).get("ESS-001");
        used?.battery.at(otherMs);
        expect(used?.battery.at(oneMs).chargedWh).toBeCloseTo(fresh?.battery.at(oneMs).chargedWh ?? Number.NaN, 3);
      }),
      { numRuns: 30 },
    );
  });

  test("charges at noon and discharges in the evening", () => {
    for (const { zone, battery } of cabinets) {
      const midnightMs = zone.startOfDayMs(zone.dayAt(NOW_MS) - 3);
      expect(battery.at(midnightMs + 12 * HOUR_MS).powerW).toBeLessThan(-20_000);
      expect(battery.at(midnightMs + 20 * HOUR_MS).powerW).toBeGreaterThan(20_000);
      expect(battery.at(midnightMs + 3 * HOUR_MS).powerW + 0).toBe(0);
    }
  });
});

describe("PV power and energies are one curve", () => {
  const changes = [
    ["Europe/Berlin", "2026-03-29", 276],
    ["Europe/Berlin", "2026-10-25", 300],
    ["America/New_York", "2026-03-08", 276],
    ["America/New_York", "2026-11-01", 300],
    ["Australia/Sydney", "2026-04-05", 300],
    ["Australia/Sydney", "2026-10-04", 276],
    ["Europe/Berlin", "2026-06-21", 288],
  ] as const;

  test.each(changes)("%s, %s: %i slots sum to the day", (zone, text, slots) => {
    const cabinet = cabinetIn(zone);
    const day = Date.parse(text) / DAY_MS;
    const { kWh, count } = fiveMinutes(cabinet, day);
    expect(count).toBe(slots);
    expect(kWh).toBeGreaterThan(10);
    const [year = 0, month = 0] = text.split("-").map(Number);
    const row = pvMonth(cabinet, year, month, NOW_MS).find(({ time }) => time === text);
    expect(Math.abs((row?.value ?? 0) - kWh)).toBeLessThanOrEqual(0.005 + 1e-9);
  });

  test.each(SITES.map((site) => site.timezone))("%s: the days of each month sum to the month", (zone) => {
    const cabinet = cabinetIn(zone);
    const months = pvYear(cabinet, 2025, NOW_MS);
    expect(months.map(({ time }) => time)).toEqual(
      Array.from({ length: 12 }, (_, i) => `2025-${String(i + 1).padStart(2, "0")}`),
    );
    for (const [i, { value }] of months.entries()) {
      const days = pvMonth(cabinet, 2025, i + 1, NOW_MS);
      const sum = days.reduce((total, day) => total + day.value, 0);
      expect(Math.abs(sum - value)).toBeLessThanOrEqual(0.005 * (days.length + 1) + 1e-9);
      expect(value).toBeGreaterThan(100);
    }
  });

  test("the past seven days end with today, as far as it is over", () => {
    for (const cabinet of cabinets.slice(0, 3)) {
      const today = cabinet.zone.dayAt(NOW_MS);
      const rows = pvPastDays(cabinet, NOW_MS);
      expect(rows.map(({ time }) => time)).toEqual(Array.from({ length: 7 }, (_, i) => dayText(today - 6 + i)));
      for (const [i, { value }] of rows.entries()) {
        expect(Math.abs(value - fiveMinutes(cabinet, today - 6 + i).kWh)).toBeLessThanOrEqual(0.005 + 1e-9);
      }
    }
  });

  test("nothing is told of the future, or of the time before the cabinet", () => {
    const cabinet = cabinetIn("Europe/Berlin");
    const rows = pvPower(cabinet, NOW_MS - HOUR_MS, NOW_MS + DAY_MS, NOW_MS);
    expect(rows.map(({ time }) => time).at(-1)).toBe("2026-11-21T04:55:00Z");
    expect(pvPower(cabinet, NOW_MS - HOUR_MS, NOW_MS + DAY_MS, NOW_MS - 1).at(-1)?.time).toBe("2026-11-21T04:50:00Z");
    expect(pvMonth(cabinet, 2026, 11, NOW_MS)).toHaveLength(21);
    expect(pvMonth(cabinet, 2026, 12, NOW_MS)).toEqual([]);
    expect(pvYear(cabinet, 2026, NOW_MS)).toHaveLength(11);
    expect(pvYear(cabinet, 2019, NOW_MS)).toEqual([]);
    expect(pvPower(cabinet, 0, cabinet.commissionedMs + SLOT_MS, NOW_MS)).toHaveLength(1);
  });

  test("a range is cut where it is cut: two halves are the whole", () => {
    fc.assert(
      fc.property(
        anyCabinet,
        fc.integer({ min: 0, max: 400_000_000 }),
        fc.nat(DAY_MS),
        fc.nat(DAY_MS),
        (cabinet, agoMs, a, b) => {
          const fromMs = NOW_MS - agoMs;
          const whole = pvPower(cabinet, fromMs, fromMs + a + b, NOW_MS);
          const halves = [
            ...pvPower(cabinet, fromMs, fromMs + a, NOW_MS),
            ...pvPower(cabinet, fromMs + a, fromMs + a + b, NOW_MS),
          ];
          expect(halves).toEqual(whole);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("live points", () => {
  test("agree with the battery and the panels", () => {
    fc.assert(
      fc.property(anyCabinet, anyTime, (cabinet, timeMs) => {
        const points = Object.fromEntries(
          cabinet.components.map((one) => [one.locationCode, pointsOf(1, cabinet, one, timeMs)]),
        );
        const battery = cabinet.battery.at(timeMs);
        expect(points["BMS1"]?.["soc"]).toBeCloseTo(battery.socPercent, 1);
        expect(points["PCS1"]?.["power"]).toBeCloseTo(battery.powerW / 1_000, 1);
        expect(points["PV1"]?.["power"]).toBeCloseTo(cabinet.pv.powerW(timeMs) / 1_000, 1);
        expect(points["PV1"]?.["dailyEnergy"]).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 100 },
    );
  });

  test("now and then hold a point without a name, and a text where a number should be", () => {
    const cabinet = cabinets[0]!; // there are twelve
    const [ems, fire] = [cabinet.components[0]!, cabinet.components[7]!]; // each cabinet has nine at least
    const times = Array.from({ length: 2_000 }, (_, i) => NOW_MS - i * 5_000);
    const share = (holds: (timeMs: number) => boolean): number => times.filter(holds).length / times.length;
    expect(share((timeMs) => "reserved7" in pointsOf(1, cabinet, ems, timeMs))).toBeCloseTo(0.05, 1);
    expect(share((timeMs) => pointsOf(1, cabinet, fire, timeMs)["temperature"] === "--")).toBeCloseTo(0.02, 1);
    expect(share((timeMs) => pointsOf(1, cabinet, fire, timeMs)["temperature"] === "--")).toBeGreaterThan(0);
  });
});
