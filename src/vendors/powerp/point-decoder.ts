import { UnreadableAnswer } from "../../transport/errors.ts";
import type { AnswerDecoder } from "../../transport/request.ts";
import { PointSink, type PointSinkOptions } from "./point-sink.ts";
import type { PointOutcome, Stream, StreamOutcome } from "./points.ts";
import { RowSplitter } from "./row-splitter.ts";
import { Rows, SelectEnvelope } from "./wire.ts";

export interface PointDecoderOptions extends PointSinkOptions {
  readonly indexes: readonly string[];
}

/** Reads a v1 answer: an array of `{index, timestamp, value}`. */
export class PointDecoder implements AnswerDecoder<Omit<PointOutcome, "failure">> {
  readonly #positions: ReadonlyMap<string, number>;
  readonly #sink: PointSink;
  readonly #splitter = new RowSplitter({ key: null, onRows: (rows) => this.#take(rows) });

  constructor(options: PointDecoderOptions) {
    this.#positions = new Map(options.indexes.map((index, position) => [index, position]));
    this.#sink = new PointSink(options);
  }

  write(bytes: Uint8Array): void {
    this.#splitter.write(bytes);
  }

  end(): Omit<PointOutcome, "failure"> {
    if (!Rows.safeParse(this.#splitter.end()).success) throw new UnreadableAnswer("it is no list of points");
    return this.#sink.finish(this.#positions.size).outcome;
  }

  #take(rows: readonly unknown[]): void {
    for (const row of rows) {
      const index = textOf(row, "index");
      if (index === null) {
        this.#sink.refuse("", "unreadable_value", "A row names no signal.", row);
        continue;
      }
      const position = this.#positions.get(index);
      if (position === undefined) {
        this.#sink.refuse(index, "unasked_device", "The answer holds a signal that was not asked for.", row);
      } else {
        // A row that names a signal is an object.
        this.#sink.take(position, index, row as object, null);
      }
    }
  }
}

/** Reads a v2 answer: `{query, points: [{streamKey, tag, timestamp, value, decoded}]}`. */
export class StreamDecoder implements AnswerDecoder<Omit<StreamOutcome, "failure">> {
  readonly #decode: boolean;
  readonly #sink: PointSink;
  readonly #positions = new Map<string, number>();
  readonly #streams: Stream[] = [];
  readonly #splitter = new RowSplitter({ key: "points", onRows: (rows) => this.#take(rows) });

  constructor(options: PointSinkOptions) {
    this.#decode = options.decode ?? false;
    this.#sink = new PointSink(options);
  }

  write(bytes: Uint8Array): void {
    this.#splitter.write(bytes);
  }

  end(): Omit<StreamOutcome, "failure"> {
    const envelope = SelectEnvelope.safeParse(this.#splitter.end());
    if (!envelope.success) throw new UnreadableAnswer("it is no query with a list of points");
    const { query } = envelope.data;
    for (const key of query.unresolvedStreamKeys) {
      this.#sink.refuse(key, "unknown_point", "The vendor knows no stream of this key.", key);
    }
    const { outcome, words } = this.#sink.finish(this.#streams.length);
    return { ...outcome, streams: this.#streams, decoded: words, query };
  }

  #take(rows: readonly unknown[]): void {
    for (const row of rows) {
      const streamKey = textOf(row, "streamKey") ?? textOf(row, "tag");
      if (streamKey === null) {
        this.#sink.refuse("", "unreadable_value", "A row names no stream.", row);
        continue;
      }
      const word = this.#decode ? textOf(row, "decoded") : null;
      this.#sink.take(this.#positionOf(streamKey, row), streamKey, row as object, word);
    }
  }

  #positionOf(streamKey: string, row: unknown): number {
    const known = this.#positions.get(streamKey);
    if (known !== undefined) return known;
    const position = this.#streams.push({ streamKey, tag: textOf(row, "tag") }) - 1;
    this.#positions.set(streamKey, position);
    return position;
  }
}

/** A field that is text or a number, as text. */
function textOf(row: unknown, field: string): string | null {
  if (typeof row !== "object" || row === null) return null;
  const value = (row as Readonly<Record<string, unknown>>)[field];
  if (typeof value === "string") return value === "" ? null : value;
  return typeof value === "number" ? String(value) : null;
}
