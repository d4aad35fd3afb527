import { expect, test } from "vitest";
import { every, foundIn, HOUR_MS, INVERTER, MIDNIGHT_MS, MINUTE_MS } from "../rules.fixture.ts";
import { COUNTER } from "../thresholds.ts";
import { counterBack } from "./counter-back.ts";

const COUNTS = { ...INVERTER, name: "energy_total", unit: "kW.h", kind: "counter" } as const;
const found = (...values: number[]) => foundIn(counterBack(COUNTS), every(MINUTE_MS, values));
const at = (minute: number): number => MIDNIGHT_MS + minute * MINUTE_MS;

test("a dip of a tenth is found from where it begins to where it is made good", () => {
  expect(found(215, 215.1, 215, 215.05, 215.1, 215.2)).toEqual([
    {
      rule: "counter_back",
      fromMs: at(2),
      toMs: at(4),
      evidence: { before: 215.1, after: 215, backBy: 215.1 - 215 },
    },
  ]);
  expect(found(215, 214)).toMatchObject([{ rule: "counter_back", toMs: null }]);
});

test("beginning anew near 0 is a reset, between the two readings; what follows counts from there", () => {
  expect(found(1_000, 1_000 * COUNTER.resetShareMax, 11, 12)).toEqual([
    { rule: "counter_reset", fromMs: at(0), toMs: at(1), evidence: { before: 1_000, after: 10 } },
  ]);
  expect(found(1_000, 10.1)).toMatchObject([{ rule: "counter_back" }]);
});

test("a dip that is not made good within a day is another meter", () => {
  const hourly = (hours: number) =>
    foundIn(
      counterBack(COUNTS),
      every(HOUR_MS, [1_000, ...Array.from({ length: hours + 1 }, (_, index) => 400 + index)]),
    );
  expect(hourly(24)).toMatchObject([{ rule: "counter_back", toMs: null }]);
  expect(hourly(25)).toMatchObject([{ rule: "counter_reset", evidence: { before: 1_000, after: 400 } }]);
});

test("standing still, counting on and the last digit of a double are no fault", () => {
  expect(found(0, 0, 1, 1, 0.1 + 0.2 + 1, 1.3, 2)).toEqual([]);
});

test("is for counters", () => expect(counterBack(INVERTER)).toBeNull());
