import type { VendorError } from "../../transport/errors.ts";
import { VendorAuthRejected } from "../../transport/errors.ts";
import type { QualityIssue } from "../../vendors/vendor.ts";
import type { CallWatch } from "../call-watch.ts";
import { CommandFailed } from "../exit-codes.ts";
import type { Progress } from "../progress.ts";
import type { PieceSink } from "./download-file.ts";
import type { Pace, Settled } from "./pace.ts";

/** So many pieces in a row failed for good: asking for the others now would fail as well. */
export const FAILURES_IN_A_ROW_MAX = 20;
/** Failures and issues that are kept to be told; all are counted. */
export const TOLD_MAX = 20;

/** What one call of a long query brought. */
export interface PieceBatch {
  readonly piece: { readonly key: string; readonly fromMs: number; readonly toMs: number };
  readonly points: { readonly length: number };
  readonly issues: readonly QualityIssue[];
  readonly issueCount: number;
  readonly nullCount: number;
  readonly failure: VendorError | null;
}

export interface DownloadOptions<B extends PieceBatch> {
  /** Leaves out the pieces that the sink has. */
  readonly batches: AsyncIterable<B>;
  readonly sink: PieceSink;
  /** A batch as lines of the output. */
  readonly textOf: (batch: B) => Iterable<string>;
  /** Which part of the request a piece is, for a person. */
  readonly nameOf: (piece: B["piece"]) => string;
  readonly pace: Pace;
  readonly progress: Progress;
  readonly watch: CallWatch;
  readonly signal: AbortSignal;
}

export interface FailedPiece {
  readonly piece: string;
  readonly error: string;
  readonly message: string;
}

/** What a download brought; its field names are the JSON summary's. */
export interface DownloadSums {
  readonly pieces: {
    /** In all; null when not even that could be learned. */
    readonly planned: number | null;
    /** Brought by earlier runs. */
    readonly earlier: number;
    /** Brought by this run. */
    readonly done: number;
    readonly failed: number;
  };
  /** In the output, those of earlier runs among them. */
  readonly points: number;
  /** Points without a value, in this run; they are not in the output. */
  readonly empty: number;
  /** Rows that could not be used, in this run. */
  readonly doubtful: number;
  readonly complete: boolean;
  readonly interrupted: boolean;
  /** True when so many pieces in a row failed that the rest was not asked for. */
  readonly gaveUp: boolean;
  /** The first `TOLD_MAX` of each. */
  readonly failures: readonly FailedPiece[];
  readonly issues: readonly QualityIssue[];
}

/**
 * Carries a long query's pieces into a sink, each safely before the next one. Stops at an interruption, and when nothing is answered
 * any more; the sink is closed in every case.
 *
 * @throws CommandFailed when no piece can succeed, or the output cannot be written
 */
export async function download<B extends PieceBatch>(options: DownloadOptions<B>): Promise<DownloadSums> {
  const { sink, signal } = options;
  const sums = new RunningSums(sink.earlier);
  let complete = false;
  let interrupted = false;
  try {
    await carry(options, sums);
    if (sink.unclaimed > 0 && !sums.gaveUp) {
      throw new CommandFailed(
        "The vendor's signals have changed since this download began, so that its calls are others: begin anew by --overwrite.",
      );
    }
    complete = sums.failed === 0 && !sums.gaveUp;
  } catch (error) {
    const words = options.watch.endOf(error);
    if (error instanceof VendorAuthRejected || error instanceof CommandFailed || !signal.aborted) throw words;
    interrupted = true;
  } finally {
    await sink.close(complete);
  }
  return {
    pieces: {
      planned: options.pace.plan?.pieces ?? null,
      earlier: sink.earlier.pieces,
      done: sums.done,
      failed: sums.failed,
    },
    points: sums.points,
    empty: sums.empty,
    doubtful: sums.doubtful,
    complete,
    interrupted,
    gaveUp: sums.gaveUp,
    failures: sums.failures,
    issues: sums.issues,
  };
}

async function carry<B extends PieceBatch>(options: DownloadOptions<B>, sums: RunningSums): Promise<void> {
  const { batches, sink, textOf, nameOf, pace, progress, watch } = options;
  let failedInARow = 0;
  const show = (): void => progress.advance(sums.settled, pace.leftMs(sums), `${sums.points} points`);
  show();
  for await (const batch of batches) {
    const { piece, failure } = batch;
    if (failure) {
      if (sums.done + sums.failed === 0 && watch.isWrongAddress(failure)) throw watch.unreachable(failure);
      sums.fail({ piece: nameOf(piece), error: failure.name, message: failure.message });
      failedInARow++;
    } else {
      await sink.add(piece.key, textOf(batch), batch.points.length);
      sums.take(batch);
      failedInARow = 0;
    }
    show();
    if (failedInARow === FAILURES_IN_A_ROW_MAX) {
      sums.gaveUp = true;
      return;
    }
  }
}

class RunningSums implements Settled {
  done = 0;
  failed = 0;
  points: number;
  empty = 0;
  doubtful = 0;
  gaveUp = false;
  readonly failures: FailedPiece[] = [];
  readonly issues: QualityIssue[] = [];
  readonly earlier: number;

  constructor(earlier: PieceSink["earlier"]) {
    this.earlier = earlier.pieces;
    this.points = earlier.rows;
  }

  get settled(): number {
    return this.earlier + this.done + this.failed;
  }

  take({ points, nullCount, issueCount, issues }: PieceBatch): void {
    this.done++;
    this.points += points.length;
    this.empty += nullCount;
    this.doubtful += issueCount;
    this.issues.push(...issues.slice(0, TOLD_MAX - this.issues.length));
  }

  fail(failed: FailedPiece): void {
    this.failed++;
    if (this.failures.length < TOLD_MAX) this.failures.push(failed);
  }
}
