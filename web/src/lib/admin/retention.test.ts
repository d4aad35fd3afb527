import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  changesOf,
  keepsLess,
  METRIC_KINDS,
  type Policy,
  policyOf,
  policyText,
  RETENTION_DAYS_MAX,
} from "./retention.ts";

const FOR_EVER = { rawDays: null, rollupDays: null };
const BEFORE: Policy = { gauge: FOR_EVER, counter: FOR_EVER, state: { rawDays: 30, rollupDays: null } };

const read = (fields: Record<string, string>) => (name: string) => fields[name] ?? "";

describe("days in a form", () => {
  test("come back as they were kept", () => {
    const days = fc.integer({ min: 1, max: RETENTION_DAYS_MAX });
    const kept = fc.oneof(
      fc.constant(FOR_EVER),
      days.map((rawDays) => ({ rawDays, rollupDays: null })),
      fc.tuple(days, days).map(([a, b]) => ({ rawDays: Math.min(a, b), rollupDays: Math.max(a, b) })),
    );
    fc.assert(
      fc.property(fc.record({ gauge: kept, counter: kept, state: kept }), (policy) => {
        const fields = policyText(policy);
        const { policy: again, faults } = policyOf((name) => fields[name] ?? "");
        expect(again).toEqual(policy);
        expect(faults).toEqual({});
      }),
    );
  });

  test("are refused beside their field when they make no sense", () => {
    const faultsOf = (fields: Record<string, string>) => Object.keys(policyOf(read(fields)).faults);
    for (const wrong of ["0", "36526", "1.5", "-1", "many", "1e3", "9999999"]) {
      expect([wrong, faultsOf({ "gauge-raw": wrong })]).toEqual([wrong, ["gauge-raw"]]);
    }
    expect(faultsOf({ "gauge-raw": "1", "state-raw": String(RETENTION_DAYS_MAX) })).toEqual([]);
    expect(faultsOf({ "counter-raw": "90", "counter-rollup": "89" })).toEqual(["counter-rollup"]);
    expect(faultsOf({ "counter-rollup": "89" })).toEqual(["counter-rollup"]);
    expect(faultsOf({ "counter-raw": "90", "counter-rollup": "90" })).toEqual([]);
  });
});

test("a change is what differs, and says whether less is kept", () => {
  const after: Policy = {
    gauge: { rawDays: 90, rollupDays: null },
    counter: FOR_EVER,
    state: { rawDays: 60, rollupDays: 365 },
  };
  const changes = changesOf(BEFORE, after);
  expect(changes.map((change) => [change.kind, change.of, keepsLess(change)])).toEqual([
    ["gauge", "raw", true],
    ["state", "raw", false],
    ["state", "rollup", true],
  ]);
  expect(changesOf(after, after)).toEqual([]);
  expect(METRIC_KINDS).toHaveLength(Object.keys(after).length);
});
