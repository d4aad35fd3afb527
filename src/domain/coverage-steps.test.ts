import fc from "fast-check";
import { expect, test } from "vitest";
import { type CoverageRun, OUTCOMES } from "./coverage.ts";
import { gapsOf } from "./coverage-gaps.ts";
import { overlaid } from "./coverage-runs.ts";
import { addToSteps, emptyStepCoverage } from "./coverage-steps.ts";

/** Times are few, so that edges meet often. */
const SPAN_MS = 40;

const runLists = fc
  .array(
    fc.record({
      fromMs: fc.nat(SPAN_MS),
      toMs: fc.nat(SPAN_MS),
      outcome: fc.constantFrom(...OUTCOMES),
      askedAtMs: fc.nat(5),
      request: fc.nat(3),
    }),
    { maxLength: 12 },
  )
  .map((runs) => overlaid([], runs));
const edges = fc
  .uniqueArray(fc.nat(SPAN_MS), { minLength: 2, maxLength: 8 })
  .map((times) => times.sort((a, b) => a - b));

const at = (runs: readonly CoverageRun[], ms: number) => runs.find(({ fromMs, toMs }) => fromMs <= ms && ms < toMs);

test("a step's sums are its milliseconds, counted one by one and over all streams", () => {
  fc.assert(
    fc.property(fc.array(runLists, { maxLength: 3 }), edges, (streams, edgesMs) => {
      const sums = emptyStepCoverage(edgesMs.length - 1);
      for (const runs of streams) addToSteps(sums, runs, edgesMs);
      for (const outcome of OUTCOMES) {
        const counted = edgesMs.slice(1).map((endMs, step) => {
          let count = 0;
          for (const runs of streams) {
            for (let ms = edgesMs[step] ?? 0; ms < endMs; ms++) if (at(runs, ms)?.outcome === outcome) count++;
          }
          return count;
        });
        expect([...sums[outcome]]).toEqual(counted);
      }
    }),
  );
});

test("a gap is whatever has neither data nor nothing, with the answer of the last request", () => {
  fc.assert(
    fc.property(runLists, (runs) => {
      const within = { fromMs: 0, toMs: SPAN_MS };
      const gaps = gapsOf(runs, within);
      for (let ms = 0; ms < SPAN_MS; ms++) {
        const known = at(runs, ms);
        const gap = gaps.filter(({ fromMs, toMs }) => fromMs <= ms && ms < toMs);
        const isMissing = known === undefined || known.outcome === "refused" || known.outcome === "failed";
        expect(gap).toHaveLength(isMissing ? 1 : 0);
        const { outcome, askedAtMs, request } = known ?? {};
        if (isMissing) expect(gap[0]?.asked).toEqual(known ? { outcome, askedAtMs, request } : null);
      }
      expect(gaps).toEqual(gaps.toSorted((a, b) => a.fromMs - b.fromMs));
    }),
  );
});
