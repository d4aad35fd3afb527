import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ACTIVE_POWER, REACTIVE_POWER, VOLTAGE } from "../../domain/metric.ts";
import { mappingOf, toLatest } from "./mapping.ts";
import { PointBuilder } from "./point-builder.ts";
import { scaled, unitOf } from "./units.ts";
import { Measurement } from "./wire.ts";

const NOW = Date.UTC(2026, 10, 20);

function signal(more: object = {}): Measurement {
  return Measurement.parse({ databaseId: 123, index: "1001", tag: "S1.U1.active_power", unitSymbol: "MW", ...more });
}

test.each([
  ["MW", "W", 6],
  ["kV", "V", 3],
  ["Mvar", "V.A{reactive}", 6],
  ["°C", "Cel", 0],
  ["m³/s", "m3/s", 0],
  ["m3/s", "m3/s", 0],
  ["mbar", "bar", -3],
  ["Nm³/h", "m3{normal}/h", 0],
  ["rpm", "/min", 0],
  ["p.u.", "1", 0],
  [" % ", "%", 0],
  ["", "1", 0],
  [null, "1", 0],
])("%j is %s times ten to the %d", (symbol, unit, exponent) => {
  expect(unitOf(symbol)).toEqual({ unit, exponent });
});

test.each(["furlong", "mw", "mW", "constructor", "MW/min", "°"])(
  "%j is known only where the table has it",
  (symbol) => {
    expect(unitOf(symbol)).toEqual(symbol === "°" ? { unit: "deg", exponent: 0 } : null);
  },
);

test("values are scaled as their decimals say", () => {
  expect(scaled(0.29, 3)).toBe(290);
  expect(scaled(-1e-7, 6)).toBe(-0.1);
  expect(scaled(1.5e21, 3)).toBe(1.5e24);
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (thousandths) => {
      expect(scaled(thousandths / 1000, 3)).toBe(thousandths);
    }),
  );
});

describe("a signal in our words", () => {
  test.each<[string, object, unknown]>([
    ["by its tag", {}, { metric: ACTIVE_POWER, exponent: 6 }],
    ["by its name", { tag: "A7", name: "Reactive power", unitSymbol: "kvar" }, { metric: REACTIVE_POWER, exponent: 3 }],
    ["by another plant's word", { tag: "S1/U1/Spannung", unitSymbol: "kV" }, { metric: VOLTAGE, exponent: 3 }],
    [
      "by its own name",
      { tag: "S1.U1.guideVaneOpening", unitSymbol: "%" },
      { metric: { name: "guide_vane_opening", unit: "%", kind: "gauge" }, exponent: 0 },
    ],
    [
      "by its own name, when its unit is another metric's",
      { tag: "S1.U1.speed", unitSymbol: "m/s" },
      { metric: { name: "speed", unit: "m/s", kind: "gauge" }, exponent: 0 },
    ],
    [
      "by its index, for want of any",
      { tag: null, unitSymbol: null },
      { metric: { name: "signal_1001", unit: "1", kind: "gauge" }, exponent: 0 },
    ],
    [
      "as a state",
      { tag: "S1.U1.breaker", dataType: "Bool", unitSymbol: "" },
      { metric: { name: "breaker", unit: "1", kind: "state" }, exponent: 0 },
    ],
    ["not at all, in an unknown unit", { unitSymbol: "furlong" }, null],
    ["not at all, when its name says another kind of unit", { unitSymbol: "%" }, null],
  ])("%s", (_name, more, expected) => {
    expect(mappingOf(signal(more))).toEqual(expected);
  });

  test("has a name of letters, digits and underscores, whatever the vendor writes", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (tag, name) => {
        expect(mappingOf(signal({ tag, name, unitSymbol: "l/s" }))?.metric.name).toMatch(
          /^[\p{L}\p{N}][\p{L}\p{N}_]*$/u,
        );
      }),
    );
  });
});

describe("latest points", () => {
  function latest(points: readonly (readonly [position: number, timeMs: number, value: number])[], ...mores: object[]) {
    const signals = mores.map((more, at) => signal({ index: String(1001 + at), ...more }));
    const builder = new PointBuilder();
    for (const point of points) builder.push(...point);
    const asked = signals.map(({ index }) => `123/${index}`);
    return toLatest({
      signals: signals.map((measurement) => ({ measurement, mapping: mappingOf(measurement) })),
      asked,
      outcome: { points: builder.finish(signals.length).points, issues: [], issueCount: 0, nullCount: 0 },
      receivedAtMs: NOW,
      redact: (text) => text,
    });
  }

  test("are the newest of each signal, in its metric's unit; a signal without one is missing", () => {
    const { readings, missing, issues } = latest(
      [
        [0, NOW - 5, 3.24],
        [0, NOW - 9, 1],
      ],
      {},
      {},
    );
    expect(readings).toEqual([
      { device: "123/1001", metric: ACTIVE_POWER, timeMs: NOW - 5, value: 3_240_000, quality: 0 },
    ]);
    expect({ missing, issues }).toEqual({ missing: ["123/1002"], issues: [] });
  });

  test.each<[string, number, number, object, string]>([
    ["in an unknown unit", NOW, 7, { unitSymbol: "furlong" }, "unknown_unit"],
    ["before 2000", Date.UTC(2000, 0, 1) - 1, 7, {}, "implausible_time"],
    ["over a day ahead", NOW + 86_400_001, 7, {}, "implausible_time"],
    ["past any number in our unit", NOW, 1e305, {}, "unreadable_value"],
  ])("%s are an issue with the original beside it", (_name, timeMs, value, more, kind) => {
    const { readings, missing, issues } = latest([[0, timeMs, value]], more);
    expect({ readings, missing }).toEqual({ readings: [], missing: [] });
    expect(issues).toEqual([expect.objectContaining({ device: "123/1001", kind })]);
    expect(JSON.parse(issues[0]?.original ?? "")).toMatchObject({ value, tag: "S1.U1.active_power" });
  });

  test("a day ahead are still taken", () => {
    expect(latest([[0, NOW + 86_400_000, 1]], {}).readings).toHaveLength(1);
  });
});
