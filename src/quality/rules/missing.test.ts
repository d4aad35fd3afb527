import { describe, expect, test } from "vitest";
import { OwnLight } from "../own-light.ts";
import { days, every, foundIn, HOUR_MS, MIDNIGHT_MS, MINUTE_MS, type Row } from "../rules.fixture.ts";
import { MISSING } from "../thresholds.ts";
import { missing } from "./missing.ts";

/** Where the sun is up from 6 to 18 h UTC, as the days of the fixture have it. */
const EQUATOR = { latitude: 0, longitude: 0 };
const minutes = (count: number, stepMs = MINUTE_MS): Row[] =>
  every(
    stepMs,
    Array.from({ length: count }, () => 1),
  );

/** Readings, and the next one so much later. */
function withGap(rows: readonly Row[], gapMs: number): Row[] {
  return [...rows, [(rows.at(-1)?.[0] ?? 0) + gapMs, 1]];
}

describe("of what comes day and night", () => {
  test("half an hour without a reading is missed, and no less", () => {
    const rows = minutes(60);
    const lastMs = rows.at(-1)?.[0] ?? 0;
    expect(foundIn(missing(null, null), withGap(rows, MISSING.lastsMsMin))).toEqual([]);
    expect(foundIn(missing(null, null), withGap(rows, MISSING.lastsMsMin + 1))).toEqual([
      {
        rule: "missing",
        fromMs: lastMs + MINUTE_MS,
        toMs: lastMs + MISSING.lastsMsMin + 1,
        evidence: { lastReadingAt: new Date(lastMs).toISOString(), usuallyEveryS: 60 },
      },
    ]);
  });

  test("of what comes by the hour, some readings are", () => {
    const rows = minutes(60, HOUR_MS);
    expect(foundIn(missing(null, null), withGap(rows, MISSING.intervals * HOUR_MS))).toEqual([]);
    expect(foundIn(missing(null, null), withGap(rows, MISSING.intervals * HOUR_MS + 1))).toHaveLength(1);
    expect(foundIn(missing(HOUR_MS, null), withGap(minutes(60), MISSING.intervals * HOUR_MS))).toEqual([]);
  });

  test("of what nobody knows how often it comes, a day and some more", () => {
    const once: Row[] = [[MIDNIGHT_MS, 1]];
    expect(foundIn(missing(null, null), once, MIDNIGHT_MS + MISSING.unknownMsMin)).toEqual([]);
    expect(foundIn(missing(null, null), once, MIDNIGHT_MS + MISSING.unknownMsMin + 1)).toHaveLength(1);
    expect(foundIn(missing(MINUTE_MS, null), once, MIDNIGHT_MS + HOUR_MS)).toHaveLength(1);
  });

  test("what does not come any more has no end; what never came is not missed", () => {
    const rows = minutes(60);
    const lastMs = rows.at(-1)?.[0] ?? 0;
    expect(foundIn(missing(null, null), rows, lastMs + HOUR_MS)).toMatchObject([{ toMs: null }]);
    expect(foundIn(missing(null, null), [], lastMs)).toEqual([]);
  });
});

describe("of what sleeps at night", () => {
  /** Days without readings of 0, and the light that the inverter sees. */
  function silent(place: typeof EQUATOR | null, hours: (hour: number) => boolean) {
    const light = new OwnLight(place, 10_000);
    const detector = missing(null, light);
    const rows = days(3).filter(([timeMs]) => hours(((timeMs - MIDNIGHT_MS) / HOUR_MS) % 24));
    for (const [timeMs, power] of rows) {
      detector.take(timeMs, power);
      light.take(timeMs, power);
    }
    return detector.end((rows.at(-1)?.[0] ?? 0) + 1);
  }

  test.each([null, EQUATOR])("a night is no fault, at %o", (place) => {
    expect(silent(place, (hour) => hour >= 6 && hour <= 18.25)).toEqual([]);
  });

  test("where the sun is known, the part of the day that is missing is", () => {
    expect(silent(EQUATOR, (hour) => hour >= 6 && hour <= 12)).toHaveLength(2);
  });

  test("where it is not, falling silent in full production is, and 16 hours are no night", () => {
    expect(silent(null, (hour) => hour >= 6 && hour <= 12)).toHaveLength(2);
    expect(silent(null, (hour) => hour >= 6 && hour <= 12).every(({ rule }) => rule === "missing")).toBe(true);
    const light = new OwnLight(null, 10_000);
    light.take(MIDNIGHT_MS, 0);
    expect(light.explains(MIDNIGHT_MS, MIDNIGHT_MS + MISSING.sleepMsMax)).toBe(true);
    expect(light.explains(MIDNIGHT_MS, MIDNIGHT_MS + MISSING.sleepMsMax + 1)).toBe(false);
  });
});
