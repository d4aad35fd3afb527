import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isEqual, KeyTable } from "./key-table.ts";

const viewOf = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  return new DataView(bytes.buffer, 0, bytes.length);
};
const find = (table: KeyTable, text: string) => table.find(viewOf(text), 0, viewOf(text).byteLength);

describe("a table of keys", () => {
  test("gives each key one index for ever, and its text back", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { maxLength: 300 }), (texts) => {
        const table = new KeyTable();
        const indexes = new Map<string, number>();
        for (const text of texts) {
          expect(find(table, text)).toBe(indexes.get(text) ?? -1);
          const index = table.internText(text);
          expect(index).toBe(indexes.get(text) ?? indexes.size);
          indexes.set(text, index);
        }
        expect(table.size).toBe(indexes.size);
        for (const [text, index] of indexes) expect(table.keyText(index)).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  test("keeps them while it grows", () => {
    const table = new KeyTable();
    for (let index = 0; index < 20_000; index++) expect(table.internText(`series ${index * 7_919}`)).toBe(index);
    for (let index = 0; index < 20_000; index++) expect(find(table, `series ${index * 7_919}`)).toBe(index);
    expect(table.keyText(19_999)).toBe(`series ${19_999 * 7_919}`);
  });

  test("takes keys to its limit, and knows them still when it is full", () => {
    const table = new KeyTable({ keysMax: 4 });
    expect(["a", "b", "c", "d", "e", "a"].map((text) => table.internText(text))).toEqual([0, 1, 2, 3, -1, 0]);
  });

  test("takes bytes to its limit", () => {
    const table = new KeyTable({ bytesMax: 10 });
    expect(["12345", "67890", "x", "12345"].map((text) => table.internText(text))).toEqual([0, 1, -1, 0]);
  });

  test("is worn past half of either limit", () => {
    const keys = new KeyTable({ keysMax: 4 });
    expect(["a", "b", "c"].map((text) => [keys.internText(text), keys.isWorn][1])).toEqual([false, false, true]);
    const bytes = new KeyTable({ bytesMax: 10 });
    expect(["12345", "6"].map((text) => [bytes.internText(text), bytes.isWorn][1])).toEqual([false, true]);
  });

  test("remembers what came after what, and each key's mark", () => {
    const table = new KeyTable();
    const [a, b] = [table.internText("a"), table.intern(viewOf("b,c d"), 0, 5, 3)];
    table.follows(a, b);
    expect([table.follower(a), table.follower(b)]).toEqual([b, 0]);
    expect([table.mark(a), table.mark(b), table.byteLength(b), table.byteLength(7)]).toEqual([0, 3, 5, 0]);
    expect(table.holds(b, 2, 3, viewOf("xxc dxx"), 2)).toBe(true);
    expect(table.holds(b, 2, 3, viewOf("xxc exx"), 2)).toBe(false);
    expect(() => table.keyText(2)).toThrow(RangeError);
  });

  test("equality looks at each byte and no other", () => {
    const bytes = fc.uint8Array({ maxLength: 20 });
    fc.assert(
      fc.property(bytes, bytes, fc.nat(3), fc.nat(3), (left, right, leftAt, rightAt) => {
        const place = (given: Uint8Array, at: number) =>
          new DataView(Uint8Array.from([...new Uint8Array(at), ...given, 1]).buffer);
        expect(isEqual(place(left, leftAt), leftAt, place(left, rightAt), rightAt, left.length)).toBe(true);
        const length = Math.min(left.length, right.length);
        expect(isEqual(place(left, leftAt), leftAt, place(right, rightAt), rightAt, length)).toBe(
          Buffer.from(left.subarray(0, length)).equals(right.subarray(0, length)),
        );
      }),
    );
  });
});
