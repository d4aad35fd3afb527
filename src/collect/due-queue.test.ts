import fc from "fast-check";
import { expect, test } from "vitest";
import { DueQueue } from "./due-queue.ts";

test("takes what is due, the longest due first, equal times in order of arrival", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 })),
      fc.integer({ min: 0, max: 20 }),
      fc.nat(30),
      (dues, byMs, count) => {
        const queue = new DueQueue<number>();
        for (const [item, dueMs] of dues.entries()) queue.put(item, dueMs);
        const inOrder = [...dues.keys()].sort((a, b) => (dues[a] ?? 0) - (dues[b] ?? 0) || a - b);
        const expected = inOrder.filter((item) => (dues[item] ?? 0) <= byMs).slice(0, count);
        expect(queue.take(count, byMs)).toEqual(expected);
        expect(queue.size).toBe(dues.length - expected.length);
        expect(queue.nextDueMs).toBe(dues[inOrder[expected.length] ?? -1] ?? null);
      },
    ),
  );
});
