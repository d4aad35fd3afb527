import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CoverageRun, OUTCOMES } from "./coverage.ts";
import { clipped, joined, overlaid } from "./coverage-runs.ts";

/** Times are few, so that edges meet often. */
const SPAN_MS = 30;

const anyRun = fc.record({
  fromMs: fc.nat(SPAN_MS),
  toMs: fc.nat(SPAN_MS),
  outcome: fc.constantFrom(...OUTCOMES),
  askedAtMs: fc.nat(5),
  request: fc.nat(3),
});
const anyRuns = fc.array(anyRun, { maxLength: 20 });

type Moment = Pick<CoverageRun, "outcome" | "askedAtMs" | "request">;

/** What is known of each ms: the rule of `overlaid` in its plainest form. */
class Moments {
  readonly #at: (Moment | undefined)[] = Array.from({ length: SPAN_MS });

  lay({ fromMs, toMs, outcome, askedAtMs, request }: CoverageRun): void {
    for (let ms = fromMs; ms < toMs; ms++) {
      if (this.#at[ms]?.outcome !== "data" || outcome === "data") this.#at[ms] = { outcome, askedAtMs, request };
    }
    this.#join();
  }

  runs(fromMs = 0, toMs = SPAN_MS): CoverageRun[] {
    const runs: CoverageRun[] = [];
    for (const [begin, end] of this.#stretches()) {
      const moment = this.#at[begin];
      const within = { fromMs: Math.max(begin, fromMs), toMs: Math.min(end, toMs) };
      if (moment && within.fromMs < within.toMs) runs.push({ ...within, ...moment });
    }
    return runs;
  }

  /** A stretch of one outcome is as it was asked last. */
  #join(): void {
    for (const [begin, end] of this.#stretches()) {
      const asked = this.#at.slice(begin, end).flatMap((moment) => moment ?? []);
      const last = asked.sort((a, b) => a.askedAtMs - b.askedAtMs || a.request - b.request).at(-1);
      if (last) this.#at.fill(last, begin, end);
    }
  }

  #stretches(): [begin: number, end: number][] {
    const stretches: [number, number][] = [];
    for (let begin = 0, end = 0; begin < SPAN_MS; begin = end) {
      while (end < SPAN_MS && this.#at[end]?.outcome === this.#at[begin]?.outcome) end++;
      stretches.push([begin, end]);
    }
    return stretches;
  }
}

function momentsOf(runs: readonly CoverageRun[]): Moments {
  const moments = new Moments();
  for (const run of runs) moments.lay(run);
  return moments;
}

const run = (fromMs: number, toMs: number, outcome: CoverageRun["outcome"], askedAtMs = 0): CoverageRun => ({
  fromMs,
  toMs,
  outcome,
  askedAtMs,
  request: askedAtMs,
});

describe("overlaid", () => {
  test("knows of each ms what a table of them would", () => {
    fc.assert(
      fc.property(anyRuns, (runs) => {
        expect(overlaid([], runs)).toEqual(momentsOf(runs).runs());
      }),
      { numRuns: 2_000 },
    );
  });

  test("may be told all at once or bit by bit, and changes nothing that it is given", () => {
    fc.assert(
      fc.property(anyRuns, anyRuns, (early, late) => {
        const before = overlaid([], early);
        const asItWas = structuredClone(before);
        expect(overlaid(before, late)).toEqual(overlaid([], [...early, ...late]));
        expect(before).toEqual(asItWas);
      }),
    );
  });

  test("never forgets data, and learns it from an answer alone", () => {
    const dataMs = (runs: readonly CoverageRun[]): Set<number> =>
      new Set(
        runs
          .filter(({ outcome }) => outcome === "data")
          .flatMap(({ fromMs, toMs }) => Array.from({ length: Math.max(0, toMs - fromMs) }, (_, ms) => fromMs + ms)),
      );
    fc.assert(
      fc.property(anyRuns, (runs) => {
        expect(dataMs(overlaid([], runs))).toEqual(dataMs(runs));
      }),
    );
  });

  test.each(["nothing", "refused", "failed"] as const)("keeps what is stored when it is asked again: %s", (outcome) => {
    expect(overlaid([run(10, 20, "data", 1)], [run(0, 30, outcome, 2)])).toEqual([
      run(0, 10, outcome, 2),
      run(10, 20, "data", 1),
      run(20, 30, outcome, 2),
    ]);
  });

  test("splits what is answered better in part", () => {
    expect(overlaid([run(0, 30, "failed", 1)], [run(10, 20, "nothing", 2)])).toEqual([
      run(0, 10, "failed", 1),
      run(10, 20, "nothing", 2),
      run(20, 30, "failed", 1),
    ]);
  });

  test("closes a gap between two runs to one, as asked last", () => {
    expect(overlaid([run(0, 10, "data", 1), run(20, 30, "data", 3)], [run(10, 20, "data", 2)])).toEqual([
      run(0, 30, "data", 3),
    ]);
  });
});

test("clipped leaves what lies within", () => {
  fc.assert(
    fc.property(anyRuns, fc.nat(SPAN_MS), fc.nat(SPAN_MS), (runs, fromMs, toMs) => {
      expect(clipped(overlaid([], runs), { fromMs, toMs })).toEqual(momentsOf(runs).runs(fromMs, toMs));
    }),
  );
});

describe("joined", () => {
  test("answers for runs of one outcome that touch or overlap, in either order", () => {
    expect(joined(run(0, 10, "data", 5), run(10, 20, "data", 4))).toEqual(run(0, 20, "data", 5));
    expect(joined(run(10, 20, "data", 4), run(0, 10, "data", 5))).toEqual(run(0, 20, "data", 5));
    expect(joined(run(0, 30, "failed", 1), run(10, 20, "failed", 4))).toEqual(run(0, 30, "failed", 4));
  });

  test("of no others", () => {
    expect(joined(run(0, 10, "data"), run(11, 20, "data"))).toBeNull();
    expect(joined(run(0, 10, "data"), run(10, 20, "nothing"))).toBeNull();
  });
});
