import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyTable } from "../../domain/key-table.ts";
import { createInfluxLineDecoder, describeInfluxKey } from "../../ingest/codecs/decoder.ts";
import { LineBatch, READINGS_PER_REQUEST } from "./line-batch.ts";
import { nameFault } from "./plan.ts";
import type { FileSeries } from "./row-interpreter.ts";

const name = fc
  .string({
    unit: fc.constantFrom("a", "Z", "é", " ", ",", "=", '"', "'", "{", "#", "_", "𝛼"),
    minLength: 1,
    maxLength: 20,
  })
  .filter((text) => nameFault(text) === null && !text.startsWith("#"));
const series: fc.Arbitrary<FileSeries> = fc.record({
  site: name,
  device: name,
  metric: name,
  unit: fc.constantFrom("", "W", "W.h", "W/m2", "V.A{reactive}", "%"),
});
const reading = fc.record({
  timeMs: fc.integer({ min: 0, max: Date.UTC(2026, 0, 1) }),
  value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(-0)),
});

describe("lines of line protocol", () => {
  test("say to the server's own decoder what the file said, to the ms and the double", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(series, reading), { minLength: 1, maxLength: 10 }), (given) => {
        const batch = new LineBatch(given.map(([one]) => one));
        for (const [at, [, { timeMs, value }]] of given.entries()) batch.add({ timeMs, series: [at], values: [value] });
        const { bytes, readings } = batch.finish(given.length);
        expect(readings).toBe(given.length);

        const table = new KeyTable();
        const decoder = createInfluxLineDecoder(table, { nowMs: Date.UTC(2026, 0, 1), precision: "ms" });
        decoder.write(bytes);
        const { timesMs, values, keys } = decoder.end();
        expect([...timesMs]).toEqual(given.map(([, { timeMs }]) => timeMs));
        expect([...values]).toEqual(given.map(([, { value }]) => value));
        const said = [...keys].map((key) => describeInfluxKey(table.keyText(key)));
        expect(said).toEqual(
          given.map(([{ site, device, metric, unit }]) => ({
            measurement: metric,
            tags: new Map(Object.entries({ device, site, ...(unit !== "" && { unit }) })),
            field: "value",
          })),
        );
      }),
    );
  });

  test("leave out what has no value", () => {
    const batch = new LineBatch([
      { site: "S", device: "D", metric: "a", unit: "" },
      { site: "S", device: "D", metric: "b", unit: "W" },
    ]);
    batch.add({ timeMs: 5, series: [0, 1], values: [Number.NaN, 2.5] });
    const { bytes, readings, rowsUpTo } = batch.finish(7);
    expect({ text: Buffer.from(bytes).toString(), readings, rowsUpTo }).toEqual({
      text: "b,device=D,site=S,unit=W value=2.5 5\n",
      readings: 1,
      rowsUpTo: 7,
    });
  });

  test("are full with as many readings as a request takes, and empty once handed out", () => {
    const batch = new LineBatch([{ site: "S", device: "D", metric: "a", unit: "" }]);
    for (let at = 1; at < READINGS_PER_REQUEST; at++) batch.add({ timeMs: at, series: [0], values: [at] });
    expect(batch.isFull).toBe(false);
    batch.add({ timeMs: 0, series: [0], values: [0] });
    expect(batch.isFull).toBe(true);
    batch.finish(1);
    expect(batch.isFull).toBe(false);
    expect(batch.finish(1)).toMatchObject({ readings: 0, bytes: { length: 0 } });
  });
});
