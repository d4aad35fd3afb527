import type { VendorError } from "../../transport/errors.ts";
import type { QualityIssue } from "../vendor.ts";
import type { Piece } from "./cut.ts";
import type { DatabaseId, QueryFacts } from "./wire.ts";

/** Points as columns of one length, by signal and then by time, each signal and time once. Values are in the vendor's own unit. */
export interface PointColumns {
  readonly length: number;
  /** Which signal a point is of: its place in the batch's list. */
  readonly positions: Uint32Array;
  /** Epoch ms. */
  readonly timesMs: Float64Array;
  /** Finite. A state that is true or false is 1 or 0. */
  readonly values: Float64Array;
}

/** What one call brought. */
export interface PointOutcome {
  readonly points: PointColumns;
  /** Rows that could not be used, the first `ISSUES_PER_CALL_MAX` of them. */
  readonly issues: readonly QualityIssue[];
  /** All of them. */
  readonly issueCount: number;
  /** Points that the vendor has no value for; they are in no column. */
  readonly nullCount: number;
  /** Why the call brought nothing; null when it was answered. */
  readonly failure: VendorError | null;
}

export const ISSUES_PER_CALL_MAX = 20;

/** One piece of `readPoints`. `positions` are places in `piece.indexes`. */
export interface PointBatch extends PointOutcome {
  readonly piece: Piece;
}

/** One call of `latest`. `positions` are places in `indexes`. */
export interface LatestPoints extends PointOutcome {
  readonly databaseId: DatabaseId;
  readonly indexes: readonly string[];
  /** Those that have no value. Empty when the call failed. */
  readonly missing: readonly string[];
}

/** One series of a selection. */
export interface Stream {
  readonly streamKey: string;
  readonly tag: string | null;
}

export interface StreamOutcome extends PointOutcome {
  /** `positions` are places in this list. */
  readonly streams: readonly Stream[];
  /** Per point: the vendor's word for the value; null unless `decode` was asked for and v2 answered. */
  readonly decoded: readonly (string | null)[] | null;
  /** What v2 says of the query; null where v1 answered. */
  readonly query: QueryFacts | null;
}

/** One call of `select`. */
export interface SelectBatch extends StreamOutcome {
  readonly piece: SelectPiece;
}

/** One call's worth of a selection. */
export interface SelectPiece {
  /** As `Piece.key`. */
  readonly key: string;
  /** Epoch ms, inclusive. */
  readonly fromMs: number;
  /** Epoch ms, exclusive. */
  readonly toMs: number;
  /** Null for all that the selector selects. */
  readonly streamKeys: readonly string[] | null;
}
