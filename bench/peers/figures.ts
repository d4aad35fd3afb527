/** Figures, and what is made of several of them. */

/** One figure of one run. Ratios are made between the subjects of one run. */
export interface Sample {
  /** Such as `ingest.line.8`. */
  readonly measure: string;
  /** A peer's id, such as `kilowatch`. */
  readonly subject: string;
  /** Which round of the interleaved runs, from 1. */
  readonly run: number;
  readonly value: number;
  readonly unit: string;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly count: number;
}

/** @throws RangeError without a value */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) throw new RangeError("there is no value");
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? most;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? least) + upper) / 2;
  return { median, least, most, count: sorted.length };
}

/** The value that this share (0 to 1) of all values does not exceed: nearest rank. @throws RangeError without a value */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new RangeError("there is no value");
  return value;
}

/** One subject's figure over another's, run by run; runs that lack one of them are left out. */
export function ratios(samples: readonly Sample[], measure: string, subject: string, to: string): number[] {
  const figureOf = (of: string, run: number): number | undefined =>
    samples.find((sample) => sample.measure === measure && sample.subject === of && sample.run === run)?.value;
  const runs = new Set(samples.filter((sample) => sample.measure === measure).map(({ run }) => run));
  return [...runs].flatMap((run) => {
    const [above, below] = [figureOf(subject, run), figureOf(to, run)];
    return above === undefined || below === undefined || below === 0 ? [] : [above / below];
  });
}
