import { expect, test } from "vitest";
import type { Finding } from "../../domain/quality.ts";
import { DAY_MS, days, HOUR_MS, MIDNIGHT_MS, type Row } from "../rules.fixture.ts";
import { BelowSiblings } from "./below-siblings.ts";

type Change = (value: number, timeMs: number) => number | null;
const dayOf = (timeMs: number) => {
  const fromMs = Math.floor(timeMs / DAY_MS) * DAY_MS;
  return { fromMs, toMs: fromMs + DAY_MS };
};

/** What is found of inverters of 10 kW, each of which changes the same days in its own way; null for no reading. */
function compared(changes: readonly Change[], count = 3): readonly (readonly Finding[])[] {
  const comparison = new BelowSiblings(
    changes.map(() => ({ ratedPower: 10_000 })),
    dayOf,
    MIDNIGHT_MS,
  );
  const rows: readonly Row[] = days(count);
  for (const [timeMs, value] of rows) {
    changes.forEach((change, index) => {
      const own = change(value, timeMs);
      if (own !== null) comparison.take(index, timeMs, own);
    });
  }
  return comparison.end(MIDNIGHT_MS + count * DAY_MS);
}

const same: Change = (value) => value;
const hourOf = (timeMs: number): number => ((timeMs - MIDNIGHT_MS) / HOUR_MS) % 24;

test("neighbours that give alike are right, clouds and all", () => {
  expect(compared([same, (value) => 0.8 * value, (value) => 0.6 * value]).flat()).toEqual([]);
});

test("one that is dead among its neighbours is found in the light, and goes on over nights", () => {
  const [, , dead] = compared([same, same, () => 0]);
  const lasting = dead?.find(({ evidence }) => evidence["looks"] === "dead");
  expect(lasting).toMatchObject({ rule: "below_siblings", toMs: null });
  expect(hourOf(lasting?.fromMs ?? 0)).toBeGreaterThanOrEqual(6);
  expect(hourOf(lasting?.fromMs ?? 0)).toBeLessThan(8);
});

test("two hours of it, and not a quarter less", () => {
  const off =
    (hours: number): Change =>
    (value, timeMs) =>
      timeMs < MIDNIGHT_MS + DAY_MS && hourOf(timeMs) >= 11 && hourOf(timeMs) < 11 + hours ? 0 : value;
  expect(compared([same, same, off(2)])[2]).toMatchObject([
    { fromMs: MIDNIGHT_MS + 11 * HOUR_MS, toMs: MIDNIGHT_MS + 13 * HOUR_MS, evidence: { looks: "dead" } },
  ]);
  expect(compared([same, same, off(1.75)])[2]).toEqual([]);
});

test("less than half of its neighbours' day is found for each whole day", () => {
  const [, , low] = compared([same, same, (value) => 0.49 * value]);
  expect(low?.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual(
    [0, 1, 2].map((day) => [MIDNIGHT_MS + day * DAY_MS, MIDNIGHT_MS + (day + 1) * DAY_MS]),
  );
  expect(low?.[0]?.evidence).toMatchObject({ looks: "low_day" });
  expect(compared([same, same, (value) => 0.51 * value])[2]).toEqual([]);
});

test("east and west differ over hours and not over a day", () => {
  const facing =
    (isEast: boolean): Change =>
    (value, timeMs) =>
      value * (hourOf(timeMs) < 12 === isEast ? 1 : 0.2);
  expect(compared([facing(true), facing(true), facing(false), facing(false)]).flat()).toEqual([]);
});

test("of two nobody knows which is wrong; what does not come is not compared; a dark day tells nothing", () => {
  expect(compared([same, () => 0]).flat()).toEqual([]);
  expect(compared([same, same, () => null]).flat()).toEqual([]);
  expect(compared([(value) => value / 50, (value) => value / 50, () => 0]).flat()).toEqual([]);
});
