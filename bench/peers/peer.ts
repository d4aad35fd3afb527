import type { Form } from "./bodies.ts";
import type { Address } from "./connection.ts";
import type { DataSet } from "./data-set.ts";
import type { Points, Question } from "./questions.ts";

export type PeerId = "kilowatch" | "victoria-metrics" | "influxdb";

/** A database to measure: how it is started, and how it is spoken to. Nothing of how it is measured. */
export interface Peer<Running extends RunningPeer = RunningPeer> {
  readonly id: PeerId;
  readonly name: string;
  /** Why it cannot be measured on this machine; null when it can. */
  readonly missing: string | null;
  /** How it is started, for the report. */
  readonly setup: string;
  version(): string;
  /** Starts it on a folder, which may hold what it stored before, and waits until it answers. */
  start(folder: string): Promise<Running>;
  /** Makes the files of a folder whose peer is stopped as small as they get by merging. */
  merge(folder: string): Promise<void>;
  /** Of a folder whose peer is stopped. */
  diskUse(folder: string): DiskUse;
}

export interface DiskUse {
  /** Bytes of the files that hold readings. */
  readonly readings: number;
  /** What is derived from them or leads to them: rollups, indexes, names. */
  readonly beside: number;
  /** Readings in those files; null where the peer does not say. */
  readonly readingsHeld: number | null;
  /** The log in front of them (journal, WAL). */
  readonly log: number;
}

export interface Request {
  /** Method and target, such as `GET /api/v1/query?query=x`. */
  readonly start: string;
  /** Lines that each end with CRLF; may be empty. */
  readonly headers: string;
}

export interface RunningPeer {
  readonly id: PeerId;
  readonly address: Address;
  readonly forms: readonly Form[];
  /** All its processes. */
  processIds(): number[];
  writeRequest(form: Form): Request;
  isAck(form: Form, status: number): boolean;
  /** Resolves once everything that was acked lies in the files that are queried. */
  settle(): Promise<void>;
  /** Resolves once it has done by itself, in the background, what it does with readings that come no more. */
  rest(set: DataSet): Promise<void>;
  /** Called after the data set is in and before the first question. */
  prepareQuestions(set: DataSet): Promise<void>;
  /** What to ask, one request after the other; most questions take one. */
  requests(question: Question): readonly Request[];
  /** @param bodies the answers, in the order of the requests @throws when they are not what was asked for */
  points(question: Question, bodies: readonly Buffer[]): Points;
  stop(): Promise<void>;
}
