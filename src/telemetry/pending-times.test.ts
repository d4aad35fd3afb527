import fc from "fast-check";
import { expect, test } from "vitest";
import { PendingTimes } from "./pending-times.ts";

test("names the newest batch that may hold readings of a window, as a plain search does", () => {
  const time = fc.integer({ min: 0, max: 30 });
  const batch = fc.record({ times: fc.array(time, { minLength: 1, maxLength: 4 }), done: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(batch, { maxLength: 12 }),
      time,
      time,
      fc.nat(40),
      fc.nat(3),
      (batches, a, b, through, before) => {
        const pending = new PendingTimes(before);
        let doneSeq = 0;
        const added = batches.map(({ times, done }, index) => {
          const seq = before + 2 * index + 1;
          pending.add(seq, Float64Array.from(times), doneSeq);
          if (done) doneSeq = seq;
          return { seq, times };
        });
        const window = { fromMs: Math.min(a, b), toMs: Math.max(a, b) };
        const holding = added.filter(
          ({ seq, times }) => seq <= through && Math.min(...times) < window.toMs && Math.max(...times) >= window.fromMs,
        );
        const wanted = holding.at(-1)?.seq ?? Math.min(through, before);
        const found = pending.newestWithin(window, through);
        // What is in the engine may be named or not: nobody waits for it.
        if (wanted > doneSeq) expect(found).toBe(wanted);
        else expect(found).toBeLessThanOrEqual(Math.max(doneSeq, before));
      },
    ),
    { numRuns: 500 },
  );
});
