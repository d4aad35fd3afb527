import type { Redact } from "../../transport/redact.ts";
import { originalOf } from "../original.ts";
import { type IssueKind, ORIGINAL_CHARS_MAX, type QualityIssue } from "../vendor.ts";
import { InstantReader } from "./instants.ts";
import { PointBuilder } from "./point-builder.ts";
import { ISSUES_PER_CALL_MAX, type PointOutcome } from "./points.ts";
import type { DatabaseId } from "./wire.ts";

/** The times that a call asked for. */
export interface AskedTimes {
  /** Epoch ms, inclusive. */
  readonly fromMs: number;
  /** Epoch ms, exclusive. */
  readonly toMs: number;
  /** Null for raw points. */
  readonly windowMs: number | null;
}

export interface PointSinkOptions {
  readonly databaseId: DatabaseId;
  /** Null where any time will do, as for latest values. */
  readonly times: AskedTimes | null;
  readonly redact: Redact;
  /** Keep the vendor's words for values. */
  readonly decode?: boolean;
}

interface EndPoint {
  readonly position: number;
  readonly timeMs: number;
  readonly value: number;
  readonly word: string | null;
}

/** Takes the rows of one answer, one by one: each becomes a point, is counted as empty, or is told as an issue. */
export class PointSink {
  readonly #options: PointSinkOptions;
  readonly #instants = new InstantReader();
  readonly #builder = new PointBuilder();
  /** Per point, in order of coming. */
  readonly #words: (string | null)[] | null;
  readonly #issues: QualityIssue[] = [];
  readonly #firstMs: number;
  readonly #endMs: number;
  #issueCount = 0;
  #nullCount = 0;
  #startSeen = false;
  #atEnd: EndPoint[] = [];

  constructor(options: PointSinkOptions) {
    this.#options = options;
    this.#words = options.decode ? [] : null;
    const { fromMs, toMs, windowMs } = options.times ?? ANY_TIME;
    const stepMs = windowMs ?? 1;
    this.#firstMs = Math.floor(fromMs / stepMs) * stepMs;
    this.#endMs = Math.ceil(toMs / stepMs) * stepMs;
  }

  /** @param word the vendor's word for the value, where it gave one */
  take(position: number, name: string, row: object, word: string | null): void {
    const { timestamp, value: sent } = row as { readonly timestamp?: unknown; readonly value?: unknown };
    if (sent === null) {
      this.#nullCount++;
      return;
    }
    const value = typeof sent === "boolean" ? Number(sent) : sent;
    if (typeof value !== "number" || !Number.isFinite(value)) {
      this.refuse(name, "unreadable_value", "The value is no number.", row);
      return;
    }
    const timeMs = typeof timestamp === "string" ? this.#instants.read(timestamp) : Number.NaN;
    if (Number.isNaN(timeMs)) this.refuse(name, "implausible_time", "The time is no time with a zone.", row);
    else this.#place({ position, timeMs, value, word }, name, row);
  }

  refuse(name: string, kind: IssueKind, detail: string, original: unknown): void {
    this.#issueCount++;
    if (this.#issues.length === ISSUES_PER_CALL_MAX) return;
    const { databaseId, redact } = this.#options;
    this.#issues.push({
      device: redact(name === "" ? "" : `${databaseId}/${name}`).slice(0, ORIGINAL_CHARS_MAX),
      kind,
      detail,
      original: originalOf(original, redact),
    });
  }

  /** @param signals above every position */
  finish(signals: number): {
    readonly outcome: Omit<PointOutcome, "failure">;
    readonly words: (string | null)[] | null;
  } {
    // The contract does not say whether an aggregate bears its window's start or its end. Where one sits on the first start, it is
    // starts; then what sits on the last end is of a window that was not asked for.
    if (!this.#startSeen) for (const point of this.#atEnd) this.#push(point);
    const { points, order } = this.#builder.finish(signals);
    return {
      outcome: { points, issues: this.#issues, issueCount: this.#issueCount, nullCount: this.#nullCount },
      words: this.#words && Array.from(order, (at) => this.#words?.[at] ?? null),
    };
  }

  #place(point: EndPoint, name: string, row: object): void {
    const { timeMs } = point;
    if (timeMs >= this.#firstMs && timeMs < this.#endMs) {
      this.#startSeen ||= timeMs === this.#firstMs;
      this.#push(point);
    } else if (timeMs !== this.#endMs) {
      this.refuse(name, "implausible_time", "The point lies outside the time that was asked for.", row);
    } else if (this.#options.times?.windowMs) {
      this.#atEnd.push(point);
    }
  }

  #push({ position, timeMs, value, word }: EndPoint): void {
    this.#builder.push(position, timeMs, value);
    this.#words?.push(word);
  }
}

const ANY_TIME: AskedTimes = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY, windowMs: null };
