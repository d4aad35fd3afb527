import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Chance } from "./chance.ts";
import { Ledger, type SentReading } from "./ledger.ts";
import { Workload } from "./workload.ts";

const reading = (name: string, timeMs: number, value: number): SentReading => ({ name, timeMs, value });
const A = [reading("a", 1_000, 1), reading("a", 2_000, 2), reading("b", 1_000, 3)];

function ackedLedger(): Ledger {
  const ledger = new Ledger();
  ledger.sending(A);
  ledger.answeredAcked(A);
  return ledger;
}

const faultsOf = (ledger: Ledger, held: readonly SentReading[]) => ledger.compare(held).faults.lines();

describe("a laboratory that cannot find a fault proves nothing: the ledger", () => {
  test("is content with what was acked, in any order", () => {
    expect(faultsOf(ackedLedger(), A.toReversed())).toEqual([]);
    expect(ackedLedger().compare(A.toReversed()).hash).toBe(ackedLedger().compare(A).hash);
  });

  test("sees one acked reading missing", () =>
    expect(faultsOf(ackedLedger(), A.slice(1))).toEqual(["lost: a @ 1000 = 1"]));

  test("sees one that is there twice, also when the same one is there four times", () => {
    expect(faultsOf(ackedLedger(), [...A, ...A.slice(0, 1)])).toEqual(["doubled: a @ 1000"]);
    expect(faultsOf(ackedLedger(), [...A, ...A, ...A, ...A]).join()).toContain("doubled");
  });

  test("sees another value", () => {
    const held = [reading("a", 1_000, 7), ...A.slice(1)];
    expect(faultsOf(ackedLedger(), held)).toEqual(["wrong: a @ 1000 is 7; acked was 1, sent after it nothing"]);
  });

  test("sees one that nobody sent, and two values that changed places", () => {
    expect(faultsOf(ackedLedger(), [...A, reading("c", 1_000, 1)])).toEqual(["invented: c @ 1000 = 1"]);
    const swapped = [reading("a", 1_000, 2), reading("a", 2_000, 1), reading("b", 1_000, 3)];
    expect(faultsOf(ackedLedger(), swapped)).toHaveLength(2);
  });

  test("takes an unanswered batch as a whole or not at all, and knows afterwards which", () => {
    const open = () => {
      const ledger = new Ledger();
      ledger.sending(A);
      ledger.unansweredFor(A);
      return ledger;
    };
    expect(faultsOf(open(), [])).toEqual([]);
    expect(faultsOf(open(), A)).toEqual([]);
    expect(faultsOf(open(), A.slice(1))).toEqual(["torn: of a batch, 2 readings are stored and 1 are not"]);
    const stored = open();
    stored.settle(A);
    expect(faultsOf(stored, [])).toHaveLength(3);
    const gone = open();
    gone.settle([]);
    expect(faultsOf(gone, A)).toHaveLength(3);
  });

  test("takes the acked value or an unanswered later one, and nothing older", () => {
    const ledger = ackedLedger();
    const later = [reading("a", 1_000, 9)];
    ledger.sending(later);
    ledger.unansweredFor(later);
    expect(faultsOf(ledger, A)).toEqual([]);
    expect(faultsOf(ledger, [...later, ...A.slice(1)])).toEqual([]);
    expect(faultsOf(ledger, A.slice(1))).toEqual(["lost: a @ 1000"]);
    ledger.sending(later);
    ledger.answeredAcked(later);
    expect(faultsOf(ledger, A)).toEqual(["wrong: a @ 1000 is 1; acked was 9, sent after it nothing"]);
  });

  test("calls what was refused invented, unless an earlier attempt had no answer", () => {
    const refused = new Ledger();
    refused.sending(A);
    refused.answeredRefused(A);
    expect(faultsOf(refused, [])).toEqual([]);
    expect(faultsOf(refused, A)).toHaveLength(3);
    const twice = new Ledger();
    twice.sending(A);
    twice.unansweredFor(A);
    twice.sending(A);
    twice.answeredRefused(A);
    expect(faultsOf(twice, A)).toEqual([]);
    expect(faultsOf(twice, [])).toEqual([]);
  });

  test("expects the last of a place's rows in one batch", () => {
    const ledger = new Ledger();
    const batch = [reading("a", 1_000, 1), reading("a", 1_000, 2)];
    ledger.sending(batch);
    ledger.answeredAcked(batch);
    expect(faultsOf(ledger, [reading("a", 1_000, 2)])).toEqual([]);
    expect(faultsOf(ledger, [reading("a", 1_000, 1)])).toHaveLength(1);
  });
});

test("whatever a seed sends, a store that keeps the last of each place is right, and any change to it is found", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(), fc.constantFrom("lose", "double", "change"), (seed, at, harm) => {
      const workload = new Workload({ chance: new Chance(seed), name: "s", timeStepMs: 1_000 });
      const ledger = new Ledger();
      const store = new Map<string, SentReading>();
      for (let count = 0; count < 20; count++) {
        const batch = workload.next();
        ledger.sending(batch);
        ledger.answeredAcked(batch);
        workload.remember(batch);
        for (const row of batch) store.set(`${row.name} ${row.timeMs}`, row);
      }
      const held = [...store.values()];
      expect(faultsOf(ledger, held)).toEqual([]);
      const index = at % held.length;
      const victim = held[index];
      if (!victim) return;
      const rest = held.toSpliced(index, 1);
      const harmed = {
        lose: rest,
        double: [...held, victim],
        change: [...rest, { ...victim, value: victim.value + 0.25 }],
      };
      expect(faultsOf(ledger, harmed[harm])).toHaveLength(1);
    }),
    { numRuns: 15 },
  );
});
