import type { CoverageRun } from "../../domain/coverage.ts";
import { difference, type Interval, intersection } from "../../domain/intervals.ts";
import type { CoverageLedger } from "./coverage-ledger.ts";

/**
 * A ledger in memory: the last note wins, but that `data` is replaced by `data` alone. What touches and has the same outcome is one run, asked
 * when the later of them was.
 */
export class MemoryLedger implements CoverageLedger {
  readonly #runs = new Map<number, CoverageRun[]>();
  readonly notes: { readonly series: number; readonly run: CoverageRun }[] = [];

  note(series: number, run: CoverageRun): void {
    this.notes.push({ series, run });
    const known = this.#runs.get(series) ?? [];
    const kept = run.outcome === "data" ? [] : known.filter(({ outcome }) => outcome === "data");
    const taken = difference([run], kept);
    const left = known.flatMap((each) => difference([each], taken).map((part) => ({ ...each, ...part })));
    const added = taken.map((part) => ({ ...run, ...part }));
    this.#runs.set(series, joined([...left, ...added].sort((a, b) => a.fromMs - b.fromMs)));
  }

  async runs(series: number, within: Interval): Promise<CoverageRun[]> {
    return (this.#runs.get(series) ?? []).flatMap((run) =>
      intersection([run], [within]).map((part) => ({ ...run, ...part })),
    );
  }

  async runsOf(series: readonly number[], within: Interval): Promise<Map<number, CoverageRun[]>> {
    const known = new Map<number, CoverageRun[]>();
    for (const each of series) known.set(each, await this.runs(each, within));
    return known;
  }

  async flush(): Promise<void> {}
}

function joined(runs: readonly CoverageRun[]): CoverageRun[] {
  const whole: CoverageRun[] = [];
  for (const run of runs) {
    const last = whole.at(-1);
    if (last?.toMs !== run.fromMs || last.outcome !== run.outcome) whole.push(run);
    else {
      const { askedAtMs, request } = last.askedAtMs > run.askedAtMs ? last : run;
      whole[whole.length - 1] = { ...last, toMs: run.toMs, askedAtMs, request };
    }
  }
  return whole;
}
