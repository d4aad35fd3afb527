import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { differences, entryLine, type JournalEntry, pieceMark, readJournal, requestLine } from "./journal.ts";

const REQUEST = { call: "query", "--database": "123", "--signals": "1001,1002" };
const entries: JournalEntry[] = [1, 2, 3].map((n) => ({ piece: pieceMark(`piece ${n}`), bytes: n * 1_000, rows: n }));
const WHOLE = Buffer.from(requestLine(REQUEST) + entries.map(entryLine).join(""));

describe("a progress file", () => {
  test("is read as it was written", () => {
    const read = readJournal(WHOLE);
    expect(read.request).toEqual(REQUEST);
    expect(read.entries).toEqual(entries);
    expect(read.endsAt.at(-1)).toBe(WHOLE.length);
  });

  test("that is torn at any byte holds the lines before that byte, whole", () => {
    for (let at = 0; at <= WHOLE.length; at++) {
      const read = readJournal(WHOLE.subarray(0, at));
      const lines = WHOLE.toString("latin1", 0, at).split("\n").length - 1;
      expect(read.request).toEqual(lines === 0 ? null : REQUEST);
      expect(read.entries).toEqual(entries.slice(0, Math.max(0, lines - 1)));
    }
  });

  test("with a damaged byte has no more lines than before, and lengths that never fall", () => {
    fc.assert(
      fc.property(fc.nat(WHOLE.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(WHOLE);
        damaged[at] = byte;
        const read = readJournal(damaged);
        const lengths = read.entries.map(({ bytes }) => bytes);
        expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
        expect(read.entries.length).toBeLessThanOrEqual(entries.length);
      }),
    );
  });

  test("of another format is not read", () => {
    expect(readJournal(Buffer.from('{"download":2,"request":{}}\n')).request).toBeNull();
  });
});

test("a piece's mark is short and its own", () => {
  const marks = new Set(Array.from({ length: 10_000 }, (_, n) => pieceMark(`123/2026-11-20T00:00:00.000Z/${n}`)));
  expect(marks.size).toBe(10_000);
  expect([...marks].every((mark) => /^[\w-]{16}$/.test(mark))).toBe(true);
});

test("differences name the option and both values, long ones cut", () => {
  expect(differences(REQUEST, REQUEST)).toEqual([]);
  expect(differences(REQUEST, { ...REQUEST, "--agg": "max" })).toEqual(["--agg was not given, not max"]);
  const many = Array.from({ length: 200 }, (_, n) => String(1_001 + n)).join(",");
  const [words = ""] = differences(REQUEST, { ...REQUEST, "--signals": many });
  expect(words).toMatch(/^--signals was 1001,1002, not 1001,1002.*…$/);
  expect(words.length).toBeLessThan(120);
});
