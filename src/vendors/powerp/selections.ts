import { VendorRefused } from "../../transport/errors.ts";
import { piecewise } from "../piecewise.ts";
import type { CallHow } from "./account.ts";
import { cutPoints, type Piece, type PointQuery } from "./cut.ts";
import type { LatestCalls } from "./latest-calls.ts";
import { PIECES_OPEN_MAX, type PointHow, undone } from "./point-calls.ts";
import type { PointBatch, SelectBatch, SelectPiece, Stream } from "./points.ts";
import type { LatestSelection, SelectCalls, Streams } from "./select-calls.ts";
import {
  checkSelection,
  chosenWindowMs,
  cutSelection,
  SELECT_RAW_SPAN_MS_MAX,
  SELECT_SIGNALS_MAX,
  type SelectQuery,
  type StreamBlocks,
  selected,
  streamBlocks,
  streamKeyOf,
} from "./selection.ts";
import type { SignalList } from "./signals.ts";
import type { Measurement, QueryFacts } from "./wire.ts";

export interface SelectHow extends CallHow {
  /** As `PointHow.done`. */
  readonly done?: ((piece: SelectPiece) => boolean) | undefined;
  /** Told once, before the first of them is read, how many pieces there are, those that are done among them. */
  readonly planned?: ((pieces: number) => void) | undefined;
}

export interface SelectionsOptions {
  readonly signals: SignalList;
  readonly latest: LatestCalls;
  readonly v2: SelectCalls;
  readonly blockSize: number;
  readonly readPoints: (query: PointQuery, how: PointHow) => AsyncGenerator<PointBatch, void, undefined>;
}

/** Answers selections by v2 where the tenant has it, and otherwise by v1, with the selector resolved over the signals' tags. */
export class Selections {
  readonly #options: SelectionsOptions;

  constructor(options: SelectionsOptions) {
    this.#options = options;
  }

  /** As `PowerPClient.select`. */
  read(query: SelectQuery, how: SelectHow): AsyncGenerator<SelectBatch, void, undefined> {
    checkSelection(query);
    return this.#read(query, { lane: "history", ...how });
  }

  /** As `PowerPClient.selectLatest`. */
  async latest(of: LatestSelection, how: CallHow): Promise<Streams> {
    const { v2, latest } = this.#options;
    if (await v2.available(of.databaseId, how)) return v2.latest(of, how);
    const byIndex = await this.#byIndex(of, how.signal);
    const indexes = [...byIndex.keys()];
    const points = await latest.readAll(of.databaseId, indexes, how);
    return { ...points, streams: streamsOf(indexes, byIndex), decoded: null, query: null };
  }

  /** As `PowerPClient.explain`. */
  async explain(query: SelectQuery, how: CallHow): Promise<QueryFacts> {
    checkSelection(query);
    const { v2 } = this.#options;
    if (await v2.available(query.databaseId, how)) return v2.explain(query, how);
    throw refused("no_v2", "This tenant has no v2 interface, and v1 explains no queries.");
  }

  async *#read(query: SelectQuery, how: SelectHow): AsyncGenerator<SelectBatch, void, undefined> {
    const { v2 } = this.#options;
    if (await v2.available(query.databaseId, how)) yield* await this.#readV2(query, how);
    else yield* this.#readV1(query, how);
  }

  async #readV2(query: SelectQuery, how: SelectHow): Promise<AsyncGenerator<SelectBatch, void, undefined>> {
    const { signal, lane, done, planned } = how;
    const { blocks, series } = await this.#blocksOf(query, { signal, lane });
    const cut = cutSelection(query, blocks, series);
    planned?.(cut.pieces);
    return piecewise({
      pieces: undone(cut, done),
      openMax: PIECES_OPEN_MAX,
      signal,
      read: (piece, stop) => this.#options.v2.read(query, piece, { signal: stop, lane }),
    });
  }

  async *#readV1(query: SelectQuery, how: SelectHow): AsyncGenerator<SelectBatch, void, undefined> {
    const { databaseId, fromMs, toMs, aggFunction } = query;
    const { signal, lane, done, planned } = how;
    const byIndex = await this.#byIndex(query, signal);
    const windowMs = chosenWindowMs(query);
    const points: PointQuery = { databaseId, indexes: [...byIndex.keys()], fromMs, toMs, aggFunction, windowMs };
    const pieceOf = ({ key, fromMs, toMs, indexes }: Piece): SelectPiece => {
      return { key, fromMs, toMs, streamKeys: streamsOf(indexes, byIndex).map(({ streamKey }) => streamKey) };
    };
    planned?.(cutPoints(points, { blockSize: this.#options.blockSize }).pieces);
    const isDone = done && ((piece: Piece): boolean => done(pieceOf(piece)));
    for await (const { piece, ...outcome } of this.#options.readPoints(points, { signal, lane, done: isDone })) {
      const streams = streamsOf(piece.indexes, byIndex);
      yield { piece: pieceOf(piece), ...outcome, streams, decoded: null, query: null };
    }
  }

  async #blocksOf(query: SelectQuery, how: CallHow): Promise<{ blocks: StreamBlocks; series: number }> {
    if (query.streamKeys) {
      const blocks = streamBlocks(query.streamKeys);
      return { blocks, series: Math.max(1, blocks[0]?.length ?? 0) };
    }
    // What is selected does not hang on the range, and one past the cap may be refused even here.
    const fromMs = Math.max(query.fromMs, query.toMs - SELECT_RAW_SPAN_MS_MAX);
    const { seriesRequested } = await this.#options.v2.explain({ ...query, fromMs }, how);
    const series = Math.max(1, seriesRequested ?? SELECT_SIGNALS_MAX);
    if (series <= SELECT_SIGNALS_MAX) return { blocks: [null], series };
    const listed = await this.#options.signals.ofDatabase(query.databaseId, how.signal);
    const streamKeys = selected(listed, query).map(streamKeyOf);
    // Where tags are not what the vendor selects by, it is left to refuse.
    const complete = streamKeys.length >= series;
    return { blocks: complete ? streamBlocks(streamKeys) : [null], series: SELECT_SIGNALS_MAX };
  }

  async #byIndex(
    of: Pick<SelectQuery, "databaseId" | "selector" | "streamKeys">,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, Measurement>> {
    const found = selected(await this.#options.signals.ofDatabase(of.databaseId, signal), of);
    if (found.length > 0) return new Map(found.map((measurement) => [measurement.index, measurement]));
    const detail = "This tenant has no v2 interface, and no signal's tag holds what the selector names.";
    throw refused("nothing_selected", detail);
  }
}

function streamsOf(indexes: readonly string[], byIndex: ReadonlyMap<string, Measurement>): readonly Stream[] {
  return indexes.map((index) => {
    const measurement = byIndex.get(index);
    return { streamKey: measurement ? streamKeyOf(measurement) : index, tag: measurement?.tag ?? null };
  });
}

function refused(code: string, detail: string): VendorRefused {
  return new VendorRefused(
    `PowerP: ${detail}`,
    { status: null, attempts: 0, requestId: null, body: null },
    code,
    detail,
  );
}
