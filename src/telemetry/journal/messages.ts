import type { LatestColumns } from "../latest.ts";
import type { EncodedBatch, TouchedDays } from "../sql/connection.ts";

/** A batch on its way to the disk: `EncodedBatch` without a number, its bytes not sealed yet. */
export interface UnnumberedBatch {
  readonly receivedAtMs: number;
  readonly rows: number;
  /** All of its own buffer, which travels with it: to the thread, and back with the answer. */
  readonly encoded: Uint8Array<ArrayBuffer>;
}

/** What a checkpoint writes in one transaction. */
export interface CheckpointPiece {
  readonly latest: LatestColumns;
  readonly dirtyDays: TouchedDays;
  /** Batches up to it are taken away; 0 for none. */
  readonly throughSeq: number;
}

/** Readings that are to be removed: of these series, with times in [fromMs, toMs), that were appended before it. */
export interface NewDeletion {
  /** Epoch ms, inclusive. */
  readonly fromMs: number;
  /** Epoch ms, exclusive. */
  readonly toMs: number;
  readonly series: Uint32Array;
}

export interface Deletion extends NewDeletion {
  /** It removes readings whose version is at most this. */
  readonly seq: number;
}

/** What is asked of the journal's thread. Requests that write share a transaction with those that wait beside them. */
export type JournalWrite =
  | { readonly kind: "append"; readonly batches: readonly UnnumberedBatch[] }
  | { readonly kind: "checkpoint"; readonly piece: CheckpointPiece }
  | { readonly kind: "removeDirtyDays"; readonly days: TouchedDays }
  | { readonly kind: "addDeletion"; readonly deletion: NewDeletion }
  | { readonly kind: "removeDeletion"; readonly seq: number }
  | { readonly kind: "setSetting"; readonly name: string; readonly value: string };

export type JournalRead =
  | { readonly kind: "latest" }
  | { readonly kind: "dirtyDays" }
  | { readonly kind: "deletions" }
  | { readonly kind: "oldestSeq" }
  | { readonly kind: "setting"; readonly name: string }
  | { readonly kind: "probe"; readonly bytes: number };

export interface BatchesRead {
  readonly kind: "read";
  readonly afterSeq: number;
  readonly throughSeq: number;
  readonly readingsMax: number;
}

export type JournalRequest = JournalWrite | JournalRead | BatchesRead | { readonly kind: "close" };

export interface Stored {
  readonly readings: number;
  readonly bytes: number;
}

/** The answer to each kind of request. */
export interface JournalAnswers {
  readonly append: readonly EncodedBatch[];
  /** What was taken away. */
  readonly checkpoint: Stored;
  readonly removeDirtyDays: null;
  /** Its sequence number. */
  readonly addDeletion: number;
  /** Whether it was removed: not while batches that came before it are in the journal, since these may be inserted again. */
  readonly removeDeletion: boolean;
  readonly setSetting: null;
  readonly read: readonly EncodedBatch[];
  readonly latest: LatestColumns;
  readonly dirtyDays: TouchedDays;
  readonly deletions: readonly Deletion[];
  /** Of the oldest batch; null when there is none. */
  readonly oldestSeq: number | null;
  readonly setting: string | null;
  /** Whether the disk would take so many bytes. */
  readonly probe: boolean;
  readonly close: null;
}

export interface OpenedJournal extends Stored {
  readonly lastSeq: number;
}

/** What the thread says. The first word is `opened` or `unopened`. */
export type JournalMessage =
  | { readonly kind: "opened"; readonly opened: OpenedJournal }
  /** One line for a person; the thread ends. */
  | { readonly kind: "unopened"; readonly message: string }
  | { readonly kind: "answer"; readonly id: number; readonly answer: JournalAnswers[JournalRequest["kind"]] }
  | { readonly kind: "failure"; readonly id: number; readonly isDamage: boolean; readonly message: string };

export interface NumberedRequest {
  readonly id: number;
  readonly request: JournalRequest;
}

/** What the thread is started with. */
export interface JournalThreadOptions {
  readonly path: string;
  readonly nowMs: number;
  readonly pagesMax: number | null;
  readonly commitDelayMs: number;
}
