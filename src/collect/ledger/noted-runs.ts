import { SERIES_PER_BLOCK } from "../../catalogue/coverage-segments.ts";
import type { CoverageRun } from "../../domain/coverage.ts";
import { covers, joined } from "../../domain/coverage-runs.ts";

/** Runs in memory: the newest of each stream, and what waits to be written. About 200 bytes each, 50 MB in all. */
export const RUNS_HELD_MAX = 250_000;

/** What is to be written of a stream. */
export interface NotedStream {
  readonly series: number;
  /** In the order in which they were noted. */
  readonly closed: readonly CoverageRun[];
  /** The newest, noted after those; null when it is as it was written. */
  readonly tail: CoverageRun | null;
}

interface Stream {
  readonly series: number;
  /** It grows with each poll, so that a stream that does well is one run. */
  tail: CoverageRun;
  isTailWritten: boolean;
  /** Runs that grow no more. */
  closed: CoverageRun[];
}

/** What was noted of streams and is not written yet. Past `RUNS_HELD_MAX` the oldest is forgotten, and counts as never asked. */
export class NotedRuns {
  readonly #streams = new Map<number, Stream>();
  /** With anything to write, whoever waits longest first. */
  readonly #unwritten = new Set<Stream>();
  readonly #written = new Set<Stream>();
  /** With closed runs, the stream that lost one least recently first. */
  readonly #withClosed = new Set<Stream>();
  readonly #heldMax: number;
  #closed = 0;
  #forgotten = 0;

  constructor(heldMax = RUNS_HELD_MAX) {
    this.#heldMax = heldMax;
  }

  /** Runs that were forgotten before they were written. */
  get forgotten(): number {
    return this.#forgotten;
  }

  note(series: number, run: CoverageRun): void {
    const stream = this.#streams.get(series);
    if (stream) this.#grow(stream, run);
    else this.#begin(series, run);
    this.#forgetWhatIsTooMuch();
  }

  /** What was noted of a stream and may not be written, in the order in which it came. */
  of(series: number): CoverageRun[] {
    const stream = this.#streams.get(series);
    return stream ? [...stream.closed, stream.tail] : [];
  }

  /** Streams with anything to write, those of a block together, in pieces of at most so many blocks and, but for a single block, closed runs. */
  pieces({ blocksMax, runsMax }: { readonly blocksMax: number; readonly runsMax: number }): number[][] {
    const pieces: { series: number[]; blocks: number; runs: number }[] = [];
    const blocks = Map.groupBy(this.#unwritten, ({ series }) => Math.floor(series / SERIES_PER_BLOCK));
    for (const [, streams] of [...blocks].sort(([a], [b]) => a - b)) {
      const runs = streams.reduce((sum, { closed }) => sum + closed.length, 0);
      const series = streams.map((stream) => stream.series).sort((a, b) => a - b);
      const last = pieces.at(-1);
      if (last && last.blocks < blocksMax && last.runs + runs <= runsMax) {
        last.series.push(...series);
        last.blocks++;
        last.runs += runs;
      } else pieces.push({ series, blocks: 1, runs });
    }
    return pieces.map((piece) => piece.series);
  }

  /** Hands out what is to be written of some streams; it counts as written until it is given back. */
  take(series: readonly number[]): NotedStream[] {
    const taken: NotedStream[] = [];
    for (const each of series) {
      const stream = this.#streams.get(each);
      if (!stream || !this.#unwritten.delete(stream)) continue;
      const { closed, isTailWritten, tail } = stream;
      taken.push({ series: each, closed, tail: isTailWritten ? null : tail });
      this.#closed -= closed.length;
      stream.closed = [];
      stream.isTailWritten = true;
      this.#withClosed.delete(stream);
      this.#written.add(stream);
    }
    return taken;
  }

  /** Takes back what could not be written: it is older than all that was noted meanwhile. */
  giveBack(taken: readonly NotedStream[]): void {
    for (const { series, closed, tail } of taken) {
      const stream = this.#streams.get(series);
      const unwritten = tail === null ? closed : [...closed, tail];
      if (!stream) {
        for (const run of unwritten) this.note(series, run);
        continue;
      }
      // It is as it was, or has grown; or it has made way for another.
      const isTailHeld = tail !== null && covers(stream.tail, tail);
      this.#prepend(stream, isTailHeld ? closed : unwritten);
      if (isTailHeld) stream.isTailWritten = false;
      this.#unwrite(stream);
    }
    this.#forgetWhatIsTooMuch();
  }

  #begin(series: number, tail: CoverageRun): void {
    const stream: Stream = { series, tail, isTailWritten: false, closed: [] };
    this.#streams.set(series, stream);
    this.#unwritten.add(stream);
  }

  #grow(stream: Stream, run: CoverageRun): void {
    const grown = joined(stream.tail, run);
    if (grown === null && run.toMs <= stream.tail.fromMs) this.#close(stream, run);
    else {
      if (grown === null && !stream.isTailWritten) this.#close(stream, stream.tail);
      stream.tail = grown ?? run;
      stream.isTailWritten = false;
    }
    this.#unwrite(stream);
  }

  #close(stream: Stream, run: CoverageRun): void {
    const last = stream.closed.at(-1);
    const both = last ? joined(last, run) : null;
    if (both) {
      stream.closed[stream.closed.length - 1] = both;
      return;
    }
    stream.closed.push(run);
    this.#closed++;
    this.#withClosed.add(stream);
  }

  #prepend(stream: Stream, runs: readonly CoverageRun[]): void {
    stream.closed = [...runs, ...stream.closed];
    this.#closed += runs.length;
    if (stream.closed.length > 0) this.#withClosed.add(stream);
  }

  #unwrite(stream: Stream): void {
    this.#written.delete(stream);
    this.#unwritten.add(stream);
  }

  #forgetWhatIsTooMuch(): void {
    while (this.#streams.size + this.#closed > this.#heldMax) this.#forgetOne();
  }

  /** Of what is written nothing is lost. Then closed runs go, of one stream after another, and at last whole streams. */
  #forgetOne(): void {
    const [written] = this.#written;
    if (written) {
      this.#written.delete(written);
      this.#streams.delete(written.series);
      return;
    }
    this.#forgotten++;
    const [stream] = this.#withClosed;
    if (stream) {
      this.#withClosed.delete(stream);
      stream.closed.shift();
      this.#closed--;
      if (stream.closed.length > 0) this.#withClosed.add(stream);
      return;
    }
    const [oldest] = this.#unwritten;
    if (!oldest) return;
    this.#unwritten.delete(oldest);
    this.#streams.delete(oldest.series);
  }
}
