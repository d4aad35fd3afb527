import { expect, test } from "vitest";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import type { CheckpointPiece } from "../journal/messages.ts";
import type { LatestColumns } from "../latest.ts";
import type { BatchQueue } from "../projector.ts";
import type { EncodedBatch, TouchedDays } from "../sql/connection.ts";
import { LOOK_EVERY_MS, SETTLE_MS } from "./settling-line.ts";
import { SettlingQueue } from "./settling-queue.ts";

const ROWS = 3;
const BYTES = 100;

/** A journal of numbered batches; what is taken away is gone. */
function journalOf(seqs: readonly number[]) {
  let batches = seqs.map((seq): EncodedBatch => ({ seq, receivedAtMs: 0, rows: ROWS, encoded: new Uint8Array(BYTES) }));
  const journal: BatchQueue = {
    lastSeq: Math.max(...seqs),
    get storedReadings() {
      return batches.length * ROWS;
    },
    read: async (afterSeq, readingsMax) => batches.filter(({ seq }) => seq > afterSeq).slice(0, readingsMax / ROWS),
    release: () => {},
    checkpoint: async ({ throughSeq }) => {
      batches = batches.filter(({ seq }) => seq > throughSeq);
    },
  };
  return { journal, seqs: () => batches.map(({ seq }) => seq) };
}

async function settling(seqs: readonly number[], { settleMs = SETTLE_MS, bytesMax = Infinity } = {}) {
  const { journal, seqs: kept } = journalOf(seqs);
  const clock = new VirtualClock();
  const server = { isThere: true, confirmed: 0 };
  const confirm = async (): Promise<void> => {
    if (!server.isThere) throw new Error("it is away");
    server.confirmed++;
  };
  const queue = new SettlingQueue(journal, { settleMs: () => settleMs, confirm, clock }, bytesMax);
  await queue.read(0, Infinity);
  /** As the projector does. */
  const insert = async (seq: number): Promise<void> => {
    queue.release(seq);
    await queue.checkpoint(pieceThrough(seq));
  };
  return { queue, clock, kept, server, insert };
}

const NO_DAYS: TouchedDays = { length: 0, series: new Uint32Array(0), days: new Int32Array(0) };

function pieceThrough(throughSeq: number): CheckpointPiece {
  return { latest: { length: 0 } as LatestColumns, dirtyDays: NO_DAYS, throughSeq };
}

test("batches stay until they have settled on a server that was asked", async () => {
  const { queue, clock, kept, server, insert } = await settling([1, 2, 3]);
  await insert(2);
  expect([kept(), queue.storedReadings]).toStrictEqual([[1, 2, 3], ROWS]);
  await clock.advance(SETTLE_MS - 1);
  expect([kept(), server.confirmed]).toStrictEqual([[1, 2, 3], 0]);
  await clock.advance(1);
  expect([kept(), server.confirmed, queue.storedReadings]).toStrictEqual([[3], 1, ROWS]);
  await insert(3);
  await clock.advance(SETTLE_MS + LOOK_EVERY_MS);
  expect([kept(), queue.storedReadings]).toStrictEqual([[], 0]);
  await queue.close();
});

test("nothing settles while the server is away", async () => {
  const { queue, clock, kept, server, insert } = await settling([1]);
  await insert(1);
  server.isThere = false;
  await clock.advance(3 * SETTLE_MS);
  expect(kept()).toStrictEqual([1]);
  server.isThere = true;
  await clock.advance(LOOK_EVERY_MS);
  expect(kept()).toStrictEqual([]);
  await queue.close();
});

test("after a restart of the server what was inserted is given again, and settles anew", async () => {
  const { queue, clock, kept, insert } = await settling([1, 2, 3, 4]);
  await insert(1);
  await clock.advance(SETTLE_MS);
  await insert(3);
  await clock.advance(SETTLE_MS - 1);
  expect((await queue.held(0, ROWS)).map(({ seq }) => seq)).toStrictEqual([2]);
  expect((await queue.held(2, 9 * ROWS)).map(({ seq }) => seq)).toStrictEqual([3]);
  expect(await queue.held(3, ROWS)).toStrictEqual([]);
  queue.rewritten();
  await clock.advance(SETTLE_MS - 1);
  expect(kept()).toStrictEqual([2, 3, 4]);
  await clock.advance(LOOK_EVERY_MS);
  expect([kept(), queue.storedReadings]).toStrictEqual([[4], ROWS]);
  await queue.close();
});

test("what has settled before its latest readings are saved leaves with the checkpoint that saves them", async () => {
  const { queue, clock, kept } = await settling([1]);
  queue.release(1);
  await clock.advance(SETTLE_MS);
  expect(kept()).toStrictEqual([1]);
  await queue.checkpoint(pieceThrough(1));
  expect(kept()).toStrictEqual([]);
  await queue.close();
});

test("more bytes than the bound are not held: the oldest leave first", async () => {
  const { queue, kept, insert } = await settling([1, 2, 3], { bytesMax: 2 * BYTES });
  for (const seq of [1, 2]) await insert(seq);
  expect(kept()).toStrictEqual([1, 2, 3]);
  await insert(3);
  expect([kept(), queue.storedReadings]).toStrictEqual([[2, 3], 0]);
  await queue.close();
});

test("a server that puts rows on stable storage holds nothing up", async () => {
  const { queue, kept, insert } = await settling([1, 2], { settleMs: 0 });
  await insert(1);
  expect(kept()).toStrictEqual([2]);
  expect(await queue.held(0, ROWS)).toStrictEqual([]);
  await queue.close();
});
