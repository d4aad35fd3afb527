import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CoverageRun, OUTCOMES } from "../../domain/coverage.ts";
import { overlaid } from "../../domain/coverage-runs.ts";
import { silentLog } from "../../domain/log.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { type Fate, FaultyTable } from "./ledger.fixture.ts";
import { Ledger } from "./ledger.ts";

/*
 * Random histories of notes, writes that succeed, fail or lose their answer, and crashes at any point between them. A crash is the end of
 * everything that is in memory; what is on disk is the transactions that were committed.
 */

/** Around the edge of two months. */
const EDGE_MS = Date.UTC(2026, 2, 1);
const ALL = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
/** Two of one block and one of another. */
const STREAMS = [0, 1, 300] as const;

type Step =
  | { readonly kind: "note"; readonly stream: number; readonly run: CoverageRun }
  | { readonly kind: "flush"; readonly fates: readonly Fate[]; readonly meanwhile: readonly [number, CoverageRun][] }
  | { readonly kind: "crash" };

const around = fc.integer({ min: EDGE_MS - 12, max: EDGE_MS + 12 });
const anyRun: fc.Arbitrary<CoverageRun> = fc
  .record({
    fromMs: around,
    toMs: around,
    outcome: fc.constantFrom(...OUTCOMES),
    askedAtMs: around,
    request: fc.nat(9),
  })
  .filter(({ fromMs, toMs }) => fromMs < toMs);
const stream = fc.constantFrom(...STREAMS);
const fates = fc.array(fc.constantFrom<Fate>("stored", "refused", "stored, and not told"), { maxLength: 2 });
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("note" as const), stream, run: anyRun }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("flush" as const),
        fates,
        meanwhile: fc.array(fc.tuple(stream, anyRun), { maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const) }) },
  ) satisfies fc.Arbitrary<Step>,
  { maxLength: 30 },
);

/** When it was asked is not compared: parts of a run may have been written at different times. */
const outcomesOf = (runs: readonly CoverageRun[]) =>
  runs.map(({ fromMs, toMs, outcome }) => `${fromMs - EDGE_MS} to ${toMs - EDGE_MS}: ${outcome}`);

/** What was noted of a stream and no crash took, how many of these notes are on disk for certain, and all that was ever noted. */
interface Past {
  notes: CoverageRun[];
  stored: number;
  readonly ever: CoverageRun[];
}

let table: FaultyTable;
beforeAll(async () => {
  table = await FaultyTable.open();
});
afterAll(() => table.close());

class History {
  readonly #clock = new VirtualClock();
  readonly #first: number;
  readonly #pasts = new Map<number, Past>(STREAMS.map((each) => [each, { notes: [], stored: 0, ever: [] }]));
  #ledger = this.#opened();

  /** @param firstSeries the first of 1,024 that are its own */
  constructor(firstSeries: number) {
    this.#first = firstSeries;
  }

  async take(step: Step): Promise<void> {
    if (step.kind === "note") this.#note(step.stream, step.run);
    else if (step.kind === "crash") await this.#crash();
    else await this.#flush(step.fates, step.meanwhile);
  }

  /** While the ledger lives it knows all that was noted. */
  async check(): Promise<void> {
    for (const [each, { notes, ever }] of this.#pasts) {
      const known = await this.#ledger.runs(this.#first + each, ALL);
      expect(outcomesOf(known)).toEqual(outcomesOf(overlaid([], notes)));
      for (const run of known) {
        const isAsNoted = ({ outcome, askedAtMs, request }: CoverageRun): boolean =>
          outcome === run.outcome && askedAtMs === run.askedAtMs && request === run.request;
        expect(ever.some(isAsNoted)).toBe(true);
      }
    }
  }

  #opened(): Ledger {
    return new Ledger({ coverage: table, clock: this.#clock, log: silentLog });
  }

  #note(each: number, run: CoverageRun): void {
    this.#ledger.note(this.#first + each, run);
    this.#pasts.get(each)?.notes.push(run);
    this.#pasts.get(each)?.ever.push(run);
  }

  async #flush(ends: readonly Fate[], meanwhile: readonly [number, CoverageRun][]): Promise<void> {
    table.fates.splice(0, Number.POSITIVE_INFINITY, ...ends);
    const before = new Map([...this.#pasts].map(([each, { notes }]) => [each, notes.length]));
    const flushed = this.#ledger.flush().then(
      () => true,
      () => false,
    );
    for (const [each, run] of meanwhile) {
      await Promise.resolve();
      this.#note(each, run);
    }
    if (!(await flushed)) return;
    for (const [each, past] of this.#pasts) past.stored = before.get(each) ?? 0;
  }

  /** All that was in memory is gone. What is left is what was known at some moment since the last write that succeeded. */
  async #crash(): Promise<void> {
    this.#ledger = this.#opened();
    for (const [each, past] of this.#pasts) {
      const left = outcomesOf(await this.#ledger.runs(this.#first + each, ALL));
      const moments = past.notes.map((_, index) => index + 1).filter((count) => count >= past.stored);
      const possible = [past.stored, ...moments].map((count) => past.notes.slice(0, count));
      const found = possible.find((notes) => JSON.stringify(outcomesOf(overlaid([], notes))) === JSON.stringify(left));
      expect(found, `${left.join("; ")} was never known`).toBeDefined();
      past.notes = found ?? [];
      past.stored = past.notes.length;
    }
  }
}

test("a crash forgets claims that were not written, and invents none", async () => {
  let histories = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const history = new History(histories++ * 1_024);
      for (const step of all) {
        await history.take(step);
        await history.check();
      }
      await history.take({ kind: "crash" });
      await history.check();
    }),
    { numRuns: 300 },
  );
});
