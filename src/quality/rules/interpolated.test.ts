import { expect, test } from "vitest";
import { days, every, foundIn, HOUR_MS, INVERTER, MIDNIGHT_MS, MINUTE_MS, type Row } from "../rules.fixture.ts";
import { LINE } from "../thresholds.ts";
import { interpolated } from "./interpolated.ts";

const QUARTER_MS = 15 * MINUTE_MS;

/** A day in which so many readings from 9:00 on are drawn between the two around them. */
function drawn(readings: number): Row[] {
  const rows = days(1);
  const first = 9 * 4 - 1;
  const last = first + readings + 1;
  const [a, b] = [rows[first]?.[1] ?? 0, rows[last]?.[1] ?? 0];
  return rows.map(([timeMs, value], index) => {
    const isBetween = index > first && index < last;
    return [timeMs, isBetween ? a + ((b - a) * (index - first)) / (last - first) : value];
  });
}

test("what lies on a straight line is found, without the two readings that it joins", () => {
  const fromMs = MIDNIGHT_MS + 9 * HOUR_MS;
  expect(foundIn(interpolated(INVERTER), drawn(LINE.readingsMin))).toMatchObject([
    {
      rule: "interpolated",
      fromMs,
      toMs: fromMs + LINE.readingsMin * QUARTER_MS,
      evidence: { readings: LINE.readingsMin },
    },
  ]);
  expect(foundIn(interpolated(INVERTER), drawn(LINE.readingsMin - 1))).toEqual([]);
});

test("an hour of it is needed, however many readings that has", () => {
  const line = (minutes: number): Row[] =>
    every(MINUTE_MS, [0, ...Array.from({ length: minutes + 1 }, (_, index) => 500 + 3.3 * index), 0]);
  expect(foundIn(interpolated(INVERTER), line(LINE.lastsMsMin / MINUTE_MS))).toHaveLength(1);
  expect(foundIn(interpolated(INVERTER), line(LINE.lastsMsMin / MINUTE_MS - 1))).toEqual([]);
});

test("an equal value is no line, and neither is a bow", () => {
  expect(
    foundIn(
      interpolated(INVERTER),
      every(
        QUARTER_MS,
        Array.from({ length: 50 }, () => 700),
      ),
    ),
  ).toEqual([]);
  expect(foundIn(interpolated(INVERTER), days(2))).toEqual([]);
});

test("two lines that meet are two", () => {
  const values = Array.from({ length: 41 }, (_, index) => (index <= 20 ? 100 * index : 2_000 - 70 * (index - 20)));
  const found = foundIn(interpolated(INVERTER), [...every(QUARTER_MS, values), [MIDNIGHT_MS + 41 * QUARTER_MS, 9_000]]);
  expect(found.map(({ evidence }) => evidence["readings"])).toEqual([19, 19]);
});

test("a line that goes on has no end", () => {
  const rows = every(
    QUARTER_MS,
    Array.from({ length: 20 }, (_, index) => 100 * index),
  );
  expect(foundIn(interpolated(INVERTER), rows)).toMatchObject([{ toMs: null }]);
});
