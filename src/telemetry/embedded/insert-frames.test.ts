import fc from "fast-check";
import { expect, test } from "vitest";
import type { EncodedBatch } from "../sql/connection.ts";
import { framePieces, type InsertFrame, InsertFrameReader } from "./insert-frames.ts";

const batch: fc.Arbitrary<EncodedBatch> = fc.record(
  {
    seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    receivedAtMs: fc.integer({ min: 0 }),
    rows: fc.nat(0xffff_ffff),
    encoded: fc.uint8Array({ maxLength: 70 }),
  },
  { noNullPrototype: true },
);
const frames = fc.array(fc.array(batch, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });

test("frames come out as they went in, however the pipe cuts them, and batches lie on multiples of 8", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (given, cuts) => {
      const read: InsertFrame[] = [];
      const reader = new InsertFrameReader(({ id, batches }) => {
        for (const { encoded } of batches) expect(encoded.byteOffset % 8).toBe(0);
        // The memory is used again, so what is kept is copied.
        read.push({ id, batches: batches.map((each) => ({ ...each, encoded: Uint8Array.from(each.encoded) })) });
        if (id % 2 === 0) reader.shrink();
      });
      const bytes = Buffer.concat(given.flatMap((batches, id) => framePieces(id, batches)));
      for (let at = 0, cut = 0; at < bytes.byteLength; cut++) {
        const size = cuts[cut % cuts.length] ?? 1;
        // A chunk's memory is overwritten once it was taken, as a socket's is.
        const chunk = Uint8Array.from(bytes.subarray(at, at + size));
        reader.push(chunk);
        chunk.fill(0xff);
        at += size;
      }
      expect(read).toStrictEqual(given.map((batches, id) => ({ id, batches })));
    }),
  );
});
