import fc from "fast-check";
import { expect, test } from "vitest";
import { Spending } from "./spending.ts";

test("tells the same as a plain list of ends, however many a budget holds", () => {
  const step = fc.record({ afterMs: fc.nat(40), starts: fc.nat(30), ends: fc.nat(30) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 120 }), fc.array(step, { maxLength: 60 }), (requests, steps) => {
      const perMs = 100;
      const spending = new Spending({ requests, perMs });
      const endsMs: number[] = [];
      let nowMs = 0;
      let inFlight = 0;
      for (const { afterMs, starts, ends } of steps) {
        nowMs += afterMs;
        for (let start = 0; start < starts && spending.freeAtMs(inFlight, nowMs) <= nowMs; start++) inFlight++;
        for (let end = 0; end < ends && inFlight > 0; end++) {
          inFlight--;
          spending.end(nowMs);
          endsMs.push(nowMs);
        }
        const counting = endsMs.filter((endMs) => endMs + perMs > nowMs);
        expect(inFlight + counting.length).toBeLessThanOrEqual(requests);
        const expected =
          inFlight + counting.length < requests ? 0 : (counting[0] ?? Number.POSITIVE_INFINITY - perMs) + perMs;
        expect(spending.freeAtMs(inFlight, nowMs)).toBe(expected);
      }
    }),
  );
});
