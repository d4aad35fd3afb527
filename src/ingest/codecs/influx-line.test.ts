import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyTable } from "../../domain/key-table.ts";
import { createInfluxLineDecoder, describeInfluxKey, type InfluxLineOptions } from "./decoder.ts";
import { FUTURE_MS_MAX, INFLUX_KEY_BYTES_MAX, LINE_BYTES_MAX } from "./limits.ts";
import { decodeRows, everyCut, NOW_MS, outcome, type Row } from "./testing/decode-in-pieces.ts";
import { type ReferencePoint, referenceLines } from "./testing/influx-reference.ts";

const decoder =
  (options: Partial<InfluxLineOptions> = {}) =>
  (table: KeyTable) =>
    createInfluxLineDecoder(table, { nowMs: NOW_MS, precision: "ms", ...options });
const rows = (body: string, options: Partial<InfluxLineOptions> = {}) => decodeRows(decoder(options), body);

function points(body: string, options: Partial<InfluxLineOptions> = {}): ReferencePoint[] {
  return rows(body, options).map(([key, timeMs, value]) => {
    const { measurement, tags, field } = describeInfluxKey(key);
    return { measurement, tags: [...tags], field, timeMs, value };
  });
}

describe("line protocol", () => {
  test.each<[string, string, Row[]]>([
    ["one field", "m,a=b v=1.5 7\n", [["m,a=b v", 7, 1.5]]],
    ["no tags", "m v=1 7", [["m v", 7, 1]]],
    ["no timestamp: now", "m v=1", [["m v", NOW_MS, 1]]],
    ["no timestamp, and a carriage return", "m v=1\r\n", [["m v", NOW_MS, 1]]],
    [
      "several fields, all of the line's time",
      "m,t=x a=1,b=2i,c=3u,d=-4.5e1 7",
      [
        ["m,t=x a", 7, 1],
        ["m,t=x b", 7, 2],
        ["m,t=x c", 7, 3],
        ["m,t=x d", 7, -45],
      ],
    ],
    ["comments, blank lines and leading blanks", "# c v=1\n\n \t\r\n  m v=1 7\n#", [["m v", 7, 1]]],
    ["several spaces, which are no part of the key", "m   v=1   7  \r\n", [["m v", 7, 1]]],
    [
      "a field twice: both, in order",
      "m v=1,v=2 7",
      [
        ["m v", 7, 1],
        ["m v", 7, 2],
      ],
    ],
    [
      "the edges of 64 bits, as the nearest double",
      "m a=9223372036854775807i,b=-9223372036854775808i,c=18446744073709551615u 7",
      [
        ["m a", 7, 2 ** 63],
        ["m b", 7, -(2 ** 63)],
        ["m c", 7, 2 ** 64],
      ],
    ],
    ["leading zeros", "m a=000000000000000000000012i 0007", [["m a", 7, 12]]],
    [
      "numbers in every form",
      "m a=1.,b=.5,c=+3,d=1E2,e=-0 7",
      [
        ["m a", 7, 1],
        ["m b", 7, 0.5],
        ["m c", 7, 3],
        ["m d", 7, 100],
        ["m e", 7, -0],
      ],
    ],
    ["nothing at all", "", []],
    ["comments only", "# m v=1 7\n", []],
  ])("takes %s", (_case, body, wanted) => expect(rows(body)).toEqual(wanted));

  test("escapes are undone where they stand for something", () => {
    const body = String.raw`my\ m\,x\=y,ta\,g\=\ k=v\ a\,l\=ue,b=c\d fi\ eld\,\=x=1 7`;
    expect(points(body)).toEqual([
      {
        measurement: "my m,x=y",
        tags: [
          ["ta,g= k", "v a,l=ue"],
          ["b", String.raw`c\d`],
        ],
        field: "fi eld,=x",
        timeMs: 7,
        value: 1,
      },
    ]);
  });

  test.each([
    ["no fields", "m 7", /line 1: the field "7" has no value/],
    ["a measurement alone", "m", /has no fields/],
    ["no measurement", ",a=b v=1", /has no measurement/],
    ["a tag without a name", "m,=b v=1", /a tag has no name/],
    ["a tag without a value", "m,a= v=1", /the tag "a" has no value/],
    ["a tag without an equals sign", "m,a v=1", /the tag "a" has no value/],
    ["an equals sign too many", "m,a=b=c v=1", /equals sign without a backslash/],
    ["a tag twice", "m,a=b,c=d,a=e v=1", /the tag "a" twice/],
    ["a tag twice, escaped once", String.raw`m,a\ b=1,a\ b=2 v=1`, /the tag "a b" twice/],
    ["a field without a name", "m =1", /a field has no name/],
    ["a comma too many", "m v=1, 7", /a field has no name/],
    ["a field without a value", "m v= 7", /the value "" is not a finite number/],
    ["NaN", "m v=NaN", /the value "NaN" is not a finite number/],
    ["infinity", "m v=-Infinity", /not a finite number/],
    ["what overflows", "m v=1e999 7", /not a finite number/],
    ["a text", 'm v="x y" 7', /the field "v" is a text, not a number/],
    ["a text that is a number", 'm v="12" 7', /is a text/],
    ["a text among numbers", 'm a=1,v="12",b=2 7', /line 1: the field "v" is a text/],
    ["a boolean", "m v=true", /the field "v" is a boolean/],
    ["another word", "m v=yes", /the value "yes" is not a finite number/],
    ["an integer with a point", "m v=1.5i", /not an integer of 64 bits/],
    ["an integer with an exponent", "m v=1e3i", /not an integer/],
    ["an integer past int64", "m v=9223372036854775808i", /not an integer/],
    ["an integer below int64", "m v=-9223372036854775809i", /not an integer/],
    ["an unsigned integer past uint64", "m v=18446744073709551616u", /not an unsigned integer/],
    ["an unsigned integer with a sign", "m v=-1u", /not an unsigned integer/],
    ["something behind a value", "m v=1x 7", /a value is not followed by/],
    ["a timestamp that is none", "m v=1 soon", /the timestamp is not a whole number/],
    ["a timestamp with a point", "m v=1 1.5", /the timestamp is not a whole number/],
    ["a time before 1970", "m v=1 -1", /the timestamp lies before 1970/],
    [
      "a time too far ahead",
      `m v=1 ${NOW_MS + FUTURE_MS_MAX + 1}`,
      /the timestamp lies after 2026-11-22T12:00:00.000Z/,
    ],
    ["something behind the timestamp", "m v=1 7 8", /something stands behind the timestamp/],
    ["a control character", "m,a=b\u0007 v=1", /hold a control character/],
    ["a C1 control character", "m,a=\u0085 v=1", /hold a control character/],
  ])("refuses %s, naming the line", (_case, body, reason) => {
    expect(() => rows(body)).toThrow(reason);
    expect(() => rows(`m v=1 7\n# c\n${body}\nm v=2 7`)).toThrow(/^line 3: /);
  });

  test("a blank line of SQL is only malformed text", () => {
    expect(outcome(decoder(), "m v=1 7\n\nDROP TABLE readings;\n")).toMatch(/^line 3: /);
  });

  test("refuses bytes that are not UTF-8, wherever they stand", () => {
    for (const [before, behind] of [
      ["m,a=", " v=1"],
      ["# ", ""],
      ["m v=1 ", ""],
      ["m v=", ""],
      ["m ", "=1"],
    ]) {
      const body = Buffer.concat([Buffer.from(`m v=1\n${before}`), Uint8Array.of(0xc3), Buffer.from(`${behind}\n`)]);
      expect(() => decodeRows(decoder(), body)).toThrow("line 2: is not UTF-8 text");
    }
  });

  describe("with texts skipped", () => {
    const skip = { otherFields: "skip" } as const;

    test("takes the numbers beside them, and counts lines within texts", () => {
      const body = `${String.raw`m s="a\"b, \\",v=1,t=T,w=2,f=false 7`}\nm u="two\nlines\n",v=3 8\nm v=x`;
      expect(() => rows(body, skip)).toThrow(/^line 5: /);
      expect(rows(body.slice(0, body.lastIndexOf("\n")), skip)).toEqual([
        ["m v", 7, 1],
        ["m w", 7, 2],
        ["m v", 8, 3],
      ]);
    });

    test.each([
      ["a line of texts and booleans only", 'm s="x",b=t 7', "line 1: has no number among its fields"],
      ["a text that does not end", 'm v=1,s="x\ny', "line 1: a text in quotes does not end"],
      ["a text that ends in a backslash", 'm v=1,s="x\\', "line 1: a text in quotes does not end"],
      [
        "what stands behind a text",
        'm v=1,s="x"y 7',
        "line 1: a value is not followed by a comma, a space or the line's end",
      ],
    ])("refuses %s", (_case, body, message) => expect(outcome(decoder(skip), body, everyCut(body))).toBe(message));

    test("a text that goes on over many small chunks is not read again and again", () => {
      const body = `m v=1,s="${"\n".repeat(LINE_BYTES_MAX - 20)}" 7\n`;
      expect(decodeRows(decoder(skip), body, everyCut(body))).toEqual([["m v", 7, 1]]);
    });

    test("a line of many lines is taken to the limit of one", () => {
      const fits = `m v=1,s="${"\n".repeat(LINE_BYTES_MAX - 10)}"`;
      for (const cuts of [[], [LINE_BYTES_MAX - 1], [100, 40_000]]) {
        expect(outcome(decoder(skip), `${fits}\n`, cuts)).toEqual([["m v", NOW_MS, 1]]);
        expect(outcome(decoder(skip), `${fits} \n`, cuts)).toBe("line 1: is longer than 65536 bytes");
      }
    });
  });

  test.each([
    ["ns", "1780000000123999999", 1_780_000_000_123],
    ["us", "1780000000123999", 1_780_000_000_123],
    ["ms", "1780000000123", 1_780_000_000_123],
    ["s", "1780000000", 1_780_000_000_000],
    ["m", "29666666", 1_779_999_960_000],
    ["h", "494444", 1_779_998_400_000],
  ] as const)("timestamps in %s become milliseconds", (precision, text, timeMs) => {
    expect(rows(`m v=1 ${text}`, { precision })).toEqual([["m v", timeMs, 1]]);
  });

  test("a time is taken to its bound", () => {
    const latest = NOW_MS + FUTURE_MS_MAX;
    expect(rows(`m v=1 ${latest}\nm v=1 0`)).toEqual([
      ["m v", latest, 1],
      ["m v", 0, 1],
    ]);
    expect(rows("m v=1 5000", { timeMsMax: 5_000 })).toHaveLength(1);
    expect(() => rows("m v=1 5001", { timeMsMax: 5_000 })).toThrow("lies after 1970-01-01T00:00:05.000Z");
  });

  test("keys and lines are taken to their limits", () => {
    const longest = `m,t=${"x".repeat(INFLUX_KEY_BYTES_MAX - 6)} v`;
    expect(rows(`${longest}=1 7`)).toEqual([[longest, 7, 1]]);
    expect(rows(`${longest.replace(" ", "  ")}=1 7`)).toEqual([[longest, 7, 1]]);
    expect(() => rows(`${longest}w=1 7`)).toThrow("line 1: its measurement, tags and field are longer than 4096 bytes");
    expect(() => rows(`${longest.replace(" ", "  ")}w=1 7`)).toThrow("longer than 4096 bytes");
    const line = `m v=1${" ".repeat(LINE_BYTES_MAX - 6)}7`;
    expect(rows(`${line}\r\nm v=1 7`)).toHaveLength(2);
    expect(() => rows(`${line}0\nm v=1 7`)).toThrow("line 1: is longer than 65536 bytes");
    expect(() => rows(`m v=1 7\n#${"x".repeat(LINE_BYTES_MAX)}\n`)).toThrow("line 2: is longer than 65536 bytes");
  });

  test("the readings of one line are taken to the limit of the body", () => {
    expect(rows("m a=1,b=2,c=3 7", { readingsMax: 3 })).toHaveLength(3);
    expect(() => rows("m a=1\nm a=1,b=2,c=3 7", { readingsMax: 3 })).toThrow("line 2: is one reading more than the 3");
  });

  const word = fc.oneof(fc.stringMatching(/^[a-zA-Z0-9_.:/-]{1,8}$/), fc.stringMatching(/^[ ,="äπ😀#'a-c-]{1,6}$/u));
  const point = fc.record({
    measurement: word.filter((text) => !text.startsWith("#")),
    tags: fc.uniqueArray(fc.tuple(word, word), { maxLength: 3, selector: ([name]) => name }),
    fields: fc.array(fc.tuple(word, fc.double({ noNaN: true, noDefaultInfinity: true })), {
      minLength: 1,
      maxLength: 4,
    }),
    timeMs: fc.integer({ min: 0, max: NOW_MS }),
  });
  const escaped = (text: string) => text.replace(/[ ,=]/g, "\\$&");
  const number = (value: number) => (Object.is(value, -0) ? "-0" : `${value}`);

  test("what is written comes out again, wherever chunks are cut", () => {
    const table = new KeyTable();
    fc.assert(
      fc.property(fc.array(point, { maxLength: 8 }), fc.array(fc.nat(800), { maxLength: 8 }), (wanted, cuts) => {
        const body = wanted
          .map(({ measurement, tags, fields, timeMs }) => {
            const head = [
              measurement.replace(/[ ,]/g, "\\$&"),
              ...tags.map(([name, value]) => `${escaped(name)}=${escaped(value)}`),
            ];
            return `${head.join(",")} ${fields.map(([name, value]) => `${escaped(name)}=${number(value)}`).join(",")} ${timeMs}\n`;
          })
          .join("");
        const decoded = decodeRows(decoder(), body, cuts, table).map(([key, timeMs, value]) => ({
          ...describeInfluxKey(key),
          timeMs,
          value,
        }));
        expect(decoded).toEqual(
          wanted.flatMap(({ measurement, tags, fields, timeMs }) =>
            fields.map(([field, value]) => ({ measurement, tags: new Map(tags), field, timeMs, value })),
          ),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("takes and refuses what a slow and simple reader takes and refuses", () => {
    const pieces = fc.constantFrom(
      "m",
      ",",
      "=",
      " ",
      "\n",
      "\\",
      '"',
      "a",
      "v",
      "1",
      "1.5",
      "2i",
      "3u",
      "t",
      "false",
      "#",
      "\r\n",
      "\t",
      "-",
      "e",
      " v=1",
      ",t=x",
      " 7\n",
      "m v=1\n",
      'm,a=b s="x",v=1 7\n',
    );
    const text = fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join(""));
    for (const otherFields of ["refuse", "skip"] as const) {
      fc.assert(
        fc.property(text, fc.array(fc.nat(40), { maxLength: 4 }), (body, cuts) => {
          const wanted = referenceLines(body, NOW_MS, otherFields === "skip");
          const decoded = outcome(decoder({ otherFields }), body, cuts);
          if (typeof wanted === "number") expect(`${decoded}`).toMatch(new RegExp(`^line ${wanted}: `));
          else expect(points(body, { otherFields })).toEqual(wanted);
          if (typeof wanted !== "number") expect(decoded).toEqual(rows(body, { otherFields }));
        }),
        { numRuns: 3_000 },
      );
    }
  });
});
