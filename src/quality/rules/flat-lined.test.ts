import { expect, test } from "vitest";
import { days, every, foundIn, HOUR_MS, INVERTER, MIDNIGHT_MS, MINUTE_MS, type Row } from "../rules.fixture.ts";
import { FLAT } from "../thresholds.ts";
import { flatLined } from "./flat-lined.ts";

const QUARTER_MS = 15 * MINUTE_MS;
const SECOND_DAY_MS = MIDNIGHT_MS + 24 * HOUR_MS;

/** Two days, of which the second is stuck at a value from an hour on, for so long. */
function stuck(hour: number, lastsMs: number, value: number): Row[] {
  const fromMs = SECOND_DAY_MS + hour * HOUR_MS;
  return days(2).map(([timeMs, own]) => [timeMs, timeMs >= fromMs && timeMs <= fromMs + lastsMs ? value : own]);
}

test("a power that does not move for as long as the threshold says is found, and nothing shorter", () => {
  const fromMs = SECOND_DAY_MS + 9 * HOUR_MS;
  expect(foundIn(flatLined(INVERTER), stuck(9, FLAT.lastsMsMin, 5_123))).toEqual([
    {
      rule: "flat_lined",
      fromMs,
      toMs: fromMs + FLAT.lastsMsMin + QUARTER_MS,
      evidence: { value: 5_123, readings: FLAT.lastsMsMin / QUARTER_MS + 1 },
    },
  ]);
  expect(foundIn(flatLined(INVERTER), stuck(9, FLAT.lastsMsMin - QUARTER_MS, 5_123))).toEqual([]);
});

test("zero and standby are no fault, however long", () => {
  const standby = FLAT.shareMin * 10_000;
  expect(foundIn(flatLined(INVERTER), stuck(6, 12 * HOUR_MS, 0))).toEqual([]);
  expect(foundIn(flatLined(INVERTER), stuck(6, 12 * HOUR_MS, standby - 0.1))).toEqual([]);
  expect(foundIn(flatLined(INVERTER), stuck(6, 12 * HOUR_MS, standby))).toHaveLength(1);
});

test("what an inverter holds at its limit, or where it was held the day before, must last longer than a day has light", () => {
  const atLimit = FLAT.limitShare * 10_000;
  expect(foundIn(flatLined(INVERTER), stuck(8, 8 * HOUR_MS, atLimit))).toEqual([]);
  const curtailed = days(2).map(([timeMs, value]): Row => [timeMs, Math.min(value, 6_000)]);
  expect(foundIn(flatLined(INVERTER), curtailed)).toEqual([]);
  const stuckAtLimit = every(
    QUARTER_MS,
    Array.from({ length: 73 }, () => atLimit),
  );
  expect(foundIn(flatLined(INVERTER), stuckAtLimit)).toHaveLength(1);
  expect(foundIn(flatLined(INVERTER), stuckAtLimit.slice(1))).toEqual([]);
});

test("what goes on has no end; what fell silent has one", () => {
  const rows = stuck(9, 24 * HOUR_MS, 5_123);
  const last = rows.at(-1)?.[0] ?? 0;
  expect(foundIn(flatLined(INVERTER), rows)).toMatchObject([{ toMs: null }]);
  expect(foundIn(flatLined(INVERTER), rows, last + 24 * HOUR_MS)).toMatchObject([{ toMs: last + QUARTER_MS }]);
});

test("is for power that nobody holds", () => expect(flatLined({ ...INVERTER, movesByNature: false })).toBeNull());
