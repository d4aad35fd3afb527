import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UnreadableAnswer } from "../../transport/errors.ts";
import { RowSplitter } from "./row-splitter.ts";

function split(json: Uint8Array, key: string | null, cuts: readonly number[]): { rows: unknown[]; around: unknown } {
  const rows: unknown[] = [];
  const splitter = new RowSplitter({ key, onRows: (group) => rows.push(...group) });
  const places = [...new Set(cuts.map((cut) => cut % (json.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...places, json.length]) {
    // The network uses its memory again.
    const chunk = Uint8Array.from(json.subarray(from, to));
    splitter.write(chunk);
    chunk.fill(0x5d);
    from = to;
  }
  return { rows, around: splitter.end() };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const cuts = fc.array(fc.nat(), { maxLength: 30 });
const blanks = fc.constantFrom("", " ", "\n\t ");

describe("rows of an answer, however the network cuts it", () => {
  test("are what JSON.parse makes of the whole", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 12 }), blanks, cuts, (rows, blank, cutAt) => {
        const text = `${blank}[${blank}${rows.map((row) => JSON.stringify(row, null, blank)).join(`${blank},${blank}`)}${blank}]${blank}`;
        expect(split(bytes(text), null, cutAt)).toEqual({ rows: JSON.parse(text) as unknown, around: [] });
      }),
      { numRuns: 300 },
    );
  });

  test("are found under their key, whatever stands around", () => {
    const around = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
    fc.assert(
      fc.property(
        around,
        fc.array(fc.jsonValue(), { maxLength: 8 }),
        fc.boolean(),
        cuts,
        (other, rows, first, cutAt) => {
          const { points: _, ...rest } = other;
          const whole = first ? { points: rows, ...rest } : { ...rest, points: rows };
          const text = JSON.stringify(whole);
          expect(split(bytes(text), "points", cutAt)).toEqual({
            rows: (JSON.parse(text) as { points: unknown }).points,
            around: JSON.parse(JSON.stringify({ ...whole, points: [] })) as unknown,
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("are those of the answer, not of a text or of an object in it that looks like them", () => {
    const whole = {
      note: '{"points":[1,2',
      inner: { points: [7] },
      list: [[1], { points: [8] }],
      '{"points"': [9],
      points: [{ points: [3] }],
    };
    expect(split(bytes(JSON.stringify(whole)), "points", [])).toEqual({
      rows: whole.points,
      around: { ...whole, points: [] },
    });
  });

  test("that are many come in groups, in order", () => {
    const rows = Array.from({ length: 20_000 }, (_, number) => ({ number, text: '}],\\"[{' }));
    const groups: number[] = [];
    const seen: unknown[] = [];
    const splitter = new RowSplitter({
      key: null,
      onRows: (group) => {
        groups.push(group.length);
        seen.push(...group);
      },
    });
    const json = bytes(JSON.stringify(rows));
    for (let from = 0; from < json.length; from += 1_000) splitter.write(json.subarray(from, from + 1_000));
    splitter.end();
    expect(seen).toEqual(rows);
    expect(groups.length).toBeGreaterThan(5);
    expect(Math.max(...groups)).toBeLessThan(15_000);
  });
});

describe("what is no JSON is refused", () => {
  const valid = fc.array(fc.jsonValue(), { minLength: 1, maxLength: 8 }).map((rows) => JSON.stringify(rows));

  test("when it is cut short anywhere", () => {
    fc.assert(
      fc.property(valid, fc.nat(), (text, at) => {
        const cut = bytes(text).subarray(0, at % bytes(text).length);
        expect(() => split(cut, null, [])).toThrow(UnreadableAnswer);
      }),
    );
  });

  test("exactly when JSON.parse refuses it, one byte of it being another", () => {
    fc.assert(
      fc.property(valid, fc.nat(), fc.constantFrom(...'[]{},:"\\ 01etn'), (text, at, sign) => {
        const place = at % text.length;
        const changed = text.slice(0, place) + sign + text.slice(place + 1);
        let parsed: unknown;
        try {
          parsed = JSON.parse(changed);
        } catch {
          expect(() => split(bytes(changed), null, [])).toThrow(UnreadableAnswer);
          return;
        }
        if (Array.isArray(parsed)) expect(split(bytes(changed), null, [])).toEqual({ rows: parsed, around: [] });
      }),
      { numRuns: 500 },
    );
  });

  test.each(["", " ", "[1,]", "[,1]", "[,]", "[1 2]", "[1]]", "[1][2]", "[}", '["a]', "nul"])("such as %j", (text) => {
    expect(() => split(bytes(text), null, [])).toThrow(UnreadableAnswer);
  });

  test("when a comma follows the last of many rows", () => {
    const many = JSON.stringify(Array.from({ length: 20_000 }, () => "row"));
    const wide = `[${JSON.stringify("x".repeat(70_000))},]`;
    expect(() => split(bytes(`${many.slice(0, -1)},]`), null, [])).toThrow(UnreadableAnswer);
    expect(() => split(bytes(wide), null, [])).toThrow(UnreadableAnswer);
  });

  test("when a comma follows so many blanks as make a group", () => {
    const blank = " ".repeat(70_000);
    for (const text of [`[${blank},1]`, `[1,${blank},1]`])
      expect(() => split(bytes(text), null, [])).toThrow(UnreadableAnswer);
  });
});

test("arrays that are not the rows are passed over, however many stand before them", () => {
  const others = '"a":[],'.repeat(100_000);
  const beganMs = performance.now();
  expect(split(bytes(`{${others}"points":[1]}`), "points", [])).toEqual({ rows: [1], around: { a: [], points: [] } });
  // Looked through from the start for each of them, they would take half a minute.
  expect(performance.now() - beganMs).toBeLessThan(15_000);
});

test.each(["null", "7", '"text"', "{}", '{"points":7}', '{"points":null}'])(
  "%s has no rows, and is what stands around them",
  (text) => {
    expect(split(bytes(text), "points", [])).toEqual({ rows: [], around: JSON.parse(text) as unknown });
  },
);
