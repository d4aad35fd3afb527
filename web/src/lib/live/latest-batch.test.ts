import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { APPLIED_PER_FRAME_MAX, LatestBatch, type LiveReading, parseReading } from "./latest-batch.ts";

const reading = (metricId: string, timeMs: number, value = 0): LiveReading => ({
  metricId,
  timeMs,
  value,
  quality: "good",
});

/** Frames that happen when the test says so. */
function frames() {
  const waiting: Array<() => void> = [];
  return {
    schedule: (run: () => void) => void waiting.push(run),
    get asked() {
      return waiting.length;
    },
    next: () => {
      for (const run of waiting.splice(0)) run();
    },
  };
}

describe("LatestBatch", () => {
  test("applies everything of one frame at once, and asks for one frame only", () => {
    const frame = frames();
    const applied: LiveReading[][] = [];
    const batch = new LatestBatch(frame.schedule, (readings) => applied.push([...readings]));
    for (let i = 0; i < APPLIED_PER_FRAME_MAX; i++) batch.push(reading(`m${i}`, 1));
    expect(frame.asked).toBe(1);
    expect(applied).toEqual([]);
    frame.next();
    expect(applied.map((readings) => readings.length)).toEqual([APPLIED_PER_FRAME_MAX]);
    expect(batch.size).toBe(0);
    batch.push(reading("m1", 2));
    expect(frame.asked).toBe(1);
    frame.next();
    expect(applied[1]).toEqual([reading("m1", 2)]);
  });

  test("applies nothing once it is closed, not even in a frame that was asked for before", () => {
    const frame = frames();
    const applied: unknown[] = [];
    const batch = new LatestBatch(frame.schedule, (readings) => applied.push(readings));
    batch.push(reading("m", 1));
    batch.close();
    frame.next();
    batch.push(reading("m", 2));
    frame.next();
    expect(applied).toEqual([]);
  });

  test("spreads a burst over frames, each metric once, and then asks for no more", () => {
    const frame = frames();
    const applied: LiveReading[][] = [];
    const batch = new LatestBatch(frame.schedule, (readings) => applied.push([...readings]));
    const count = APPLIED_PER_FRAME_MAX * 2 + 1;
    for (let i = 0; i < count; i++) batch.push(reading(`m${i}`, 1));
    while (frame.asked > 0) frame.next();
    expect(applied.map((readings) => readings.length)).toEqual([APPLIED_PER_FRAME_MAX, APPLIED_PER_FRAME_MAX, 1]);
    expect(new Set(applied.flat().map(({ metricId }) => metricId)).size).toBe(count);
  });

  test("keeps the newest by the reading's own time, the last word among equals, and stays bounded", () => {
    const arbitrary = fc.record({
      metricId: fc.constantFrom("a", "b", "c"),
      timeMs: fc.integer({ min: 0, max: 5 }),
      value: fc.integer(),
    });
    fc.assert(
      fc.property(fc.array(arbitrary, { minLength: 1 }), (pushed) => {
        const frame = frames();
        const applied: LiveReading[] = [];
        const batch = new LatestBatch(frame.schedule, (readings) => applied.push(...readings));
        for (const { metricId, timeMs, value } of pushed) batch.push(reading(metricId, timeMs, value));
        expect(batch.size).toBeLessThanOrEqual(3);
        frame.next();
        for (const metricId of new Set(pushed.map((one) => one.metricId))) {
          const ofMetric = pushed.filter((one) => one.metricId === metricId);
          const newestMs = Math.max(...ofMetric.map((one) => one.timeMs));
          const last = ofMetric.findLast((one) => one.timeMs === newestMs);
          expect(applied.filter((one) => one.metricId === metricId)).toEqual([
            reading(metricId, newestMs, last?.value),
          ]);
        }
      }),
    );
  });

  test("an apply that fails does not stop the next frame", () => {
    const frame = frames();
    let calls = 0;
    const batch = new LatestBatch(frame.schedule, () => {
      calls++;
      if (calls === 1) throw new Error("one bad frame");
    });
    batch.push(reading("a", 1));
    expect(() => frame.next()).toThrow("one bad frame");
    batch.push(reading("a", 2));
    frame.next();
    expect(calls).toBe(2);
  });
});

test.each([
  [
    '{"metricId":"m","time":"2026-11-21T05:00:00.000Z","value":1.5,"quality":"uncertain"}',
    { metricId: "m", timeMs: 1_795_237_200_000, value: 1.5, quality: "uncertain" },
  ],
  [
    '{"metricId":"m","time":"1970-01-01T00:00:01Z","value":0}',
    { metricId: "m", timeMs: 1_000, value: 0, quality: "good" },
  ],
  ['{"metricId":"m","time":"soon","value":1}', null],
  ['{"metricId":"m","time":"2026-11-21T05:00:00Z","value":"1"}', null],
  ["null", null],
  ["{", null],
])("%s", (data, expected) => expect(parseReading(data)).toEqual(expected));
