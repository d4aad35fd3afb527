import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RollupHistory } from "./contract-rollup-history.ts";
import { DAY_MS } from "./rollups/days.ts";
import type { SqlConnection } from "./sql/connection.ts";

/**
 * Answers from rollups are the answers from readings, whatever was appended, deleted and rolled up in whatever order.
 *
 * @param open an engine over an empty folder, with the tables of readings and rollups
 */
export function rollupContract(
  name: string,
  open: (folder: string) => Promise<SqlConnection>,
  sizes: { readonly histories: number; readonly timeoutMs: number },
): void {
  describe(`${name}: rollups`, () => {
    const folder = mkdtempSync(join(tmpdir(), "kilowatch-rollups-"));
    let connection: SqlConnection;
    let seriesGiven = 0;

    beforeAll(async () => {
      connection = await open(folder);
    });
    afterAll(async () => {
      await connection.close();
      rmSync(folder, { recursive: true, force: true });
    }, CLOSE_MS_MAX);

    test("of nothing are nothing, also for a lone step", async () => {
      const [scene] = SCENES;
      const history = new RollupHistory(connection, seriesGiven, scene);
      seriesGiven += SERIES;
      expect.hasAssertions();
      // Other aggregates each time.
      for (const fromMs of [0, 1, 2]) await history.check({ ends: [fromMs, DAY_MS], steps: { stepMs: 400 * DAY_MS } });
    });

    test("give the same answers as the readings, after any history", { timeout: sizes.timeoutMs }, async () => {
      let rolledShare = 0;
      await fc.assert(
        fc.asyncProperty(histories, async ({ scene, steps, queries }) => {
          const base = seriesGiven;
          seriesGiven += SERIES;
          const history = new RollupHistory(connection, base, scene);
          for (const step of steps) await history.take(step);
          for (const query of queries) rolledShare += await history.check(query);
        }),
        { numRuns: sizes.histories, endOnFailure: true },
      );
      // Rollups were read, or nothing was tried.
      expect(rolledShare).toBeGreaterThan(1);
    });
  });
}

/** An engine that merges what many small inserts left may take a while to close. */
const CLOSE_MS_MAX = 60_000;
const SERIES = 3;
const MINUTE_MS = 60_000;
const SPAN_MS = 5 * DAY_MS;

/** Days around a change of the clocks, or with an odd offset. */
const SCENES = [
  { timeZone: "Europe/Berlin", fromMs: Date.UTC(2026, 9, 23) },
  { timeZone: "Europe/Berlin", fromMs: Date.UTC(2026, 2, 27) },
  { timeZone: "Australia/Lord_Howe", fromMs: Date.UTC(2026, 3, 2) },
  { timeZone: "Asia/Kathmandu", fromMs: Date.UTC(2025, 11, 30) },
  { timeZone: "UTC", fromMs: Date.UTC(2026, 4, 29) },
] as const;

const value = fc.oneof(
  fc.integer({ min: -1e6, max: 1e6 }).map((hundredths) => hundredths / 100),
  // As many digits as a decimal may have.
  fc.tuple(fc.maxSafeInteger(), fc.nat(15)).map(([mantissa, scale]) => mantissa / 10 ** scale),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
);
const series = fc.nat(SERIES - 1);
const minute = fc.nat(SPAN_MS / MINUTE_MS - 1);

/** Readings at an even pace, as devices send them. */
const run = fc.record({
  kind: fc.constant("run" as const),
  series,
  minute,
  everyS: fc.constantFrom(60, 300, 900, 901, 3_600, 3_601),
  readings: fc.integer({ min: 1, max: 250 }),
  first: value,
  more: value,
});
/** Late, repeated and changed ones; few times, so that they meet the others. */
const some = fc.record({
  kind: fc.constant("some" as const),
  rows: fc.array(fc.tuple(series, minute, value), { minLength: 1, maxLength: 20 }),
});
const deletion = fc.record({
  kind: fc.constant("delete" as const),
  series,
  minute,
  minutes: fc.integer({ min: 1, max: 2 * 1_440 }),
});
const roll = fc.record({ kind: fc.constant("roll" as const), meanwhile: fc.option(run) });

const edge = fc.oneof(
  minute.map((minutes) => minutes * MINUTE_MS),
  fc.nat(SPAN_MS),
  fc.nat(5).map((days) => days * DAY_MS),
);
const query = fc.record({
  ends: fc.tuple(edge, edge),
  steps: fc.oneof(
    fc.constantFrom(
      { stepMs: 15 * MINUTE_MS },
      { stepMs: 60 * MINUTE_MS },
      { stepMs: DAY_MS },
      { stepMs: 7 * MINUTE_MS, originMs: -3 },
      { stepMs: 180 * MINUTE_MS, originMs: 15 * MINUTE_MS },
      { stepMs: 400 * DAY_MS },
    ),
    fc.constantFrom("P1D" as const, "P1W" as const, "P1M" as const),
  ),
});
const histories = fc.record({
  scene: fc.constantFrom(...SCENES),
  steps: fc.array(fc.oneof({ weight: 3, arbitrary: run }, some, deletion, { weight: 2, arbitrary: roll }), {
    minLength: 3,
    maxLength: 10,
  }),
  queries: fc.array(query, { minLength: 2, maxLength: 4 }),
});
