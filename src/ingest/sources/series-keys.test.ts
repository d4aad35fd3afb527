import { describe, expect, test } from "vitest";
import { SeriesDirectory } from "../../catalogue/directory.ts";
import { INGEST_SETTINGS_DEFAULT } from "../../domain/api-key.ts";
import { InvalidInput } from "../../domain/errors.ts";
import { ACTIVE_POWER } from "../../domain/metric.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { Newcomers } from "./newcomers.ts";
import { Placements } from "./placement.ts";
import { JSON_READINGS } from "./protocols.ts";
import { SeriesKeys } from "./series-keys.ts";
import { Turns } from "./turns.ts";

const METRICS = 40;

/** Keys of one source over a catalogue of a few metrics, `m0`, `m1`, …, with the series numbers from 1. */
function keysOverMetrics() {
  const directory = new SeriesDirectory();
  for (let index = 0; index < METRICS; index++) {
    directory.add({ ...ACTIVE_POWER, name: `p${index}`, id: `m${index}`, deviceId: "d", series: index + 1 }, "s");
  }
  const settings = INGEST_SETTINGS_DEFAULT;
  const placements = new Placements(directory, settings.template, null);
  const enrolment = {
    metricsOf: () => Promise.reject(new Error("nothing is created here")),
    enrol: () => Promise.reject(new Error("nothing is created here")),
  } as never;
  const parts = { catalogue: { directory, enrolment }, clock: new VirtualClock(), turns: new Turns() };
  const newcomers = new Newcomers(parts, "source", settings, placements);
  return new SeriesKeys(JSON_READINGS, settings.seriesMax, placements, newcomers);
}

function columnsOf(keys: readonly number[]) {
  const { length } = keys;
  return { length, keys: Uint32Array.from(keys), timesMs: new Float64Array(length), values: new Float64Array(length) };
}

describe("the keys of a source", () => {
  test("stand for the same series in every body", async () => {
    const keys = keysOverMetrics();
    for (const wanted of [[3], [3, 5, 3], [39, 0]]) {
      const generation = keys.generation();
      const indexes = wanted.map((metric) => generation.table.internText(`m:m${metric}`));
      const series = await keys.resolve(generation, columnsOf(indexes));
      expect([...series]).toEqual(wanted.map((metric) => metric + 1));
    }
  });

  test("that stand for nothing are named by their first reading", async () => {
    const keys = keysOverMetrics();
    const generation = keys.generation();
    const indexes = ["m:m1", "m:nothing", "m:nothing"].map((text) => generation.table.internText(text));
    const refusal = keys.resolve(generation, columnsOf(indexes));
    await expect(refusal).rejects.toThrow(InvalidInput);
    await expect(refusal).rejects.toMatchObject({ issues: [{ path: "readings.1" }] });
  });

  test("of refused bodies fill no table for ever, and take nothing from a body under way", async () => {
    const keys = keysOverMetrics();
    const before = keys.generation();
    const known = before.table.internText("m:m7");
    for (let junk = 0; !before.table.isWorn; junk++) before.table.internText(`m:junk ${junk}`);
    const after = keys.generation();
    expect(after.table).not.toBe(before.table);
    expect(after.table.size).toBe(0);
    expect([...(await keys.resolve(before, columnsOf([known])))]).toEqual([8]);
    expect([...(await keys.resolve(after, columnsOf([after.table.internText("m:m7")])))]).toEqual([8]);
    expect(keys.generation().table).toBe(after.table);
  });
});
