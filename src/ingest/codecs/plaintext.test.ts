import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyTable } from "../../domain/key-table.ts";
import { createPlaintextDecoder, type Decoder } from "./decoder.ts";
import { LINE_BYTES_MAX } from "./limits.ts";
import { MalformedLine } from "./malformed-line.ts";
import { decodeRows, type Row } from "./testing/decode-in-pieces.ts";

const create = (table: KeyTable): Decoder => createPlaintextDecoder(table);
const decode = (body: string | Uint8Array): Row[] => decodeRows(create, body);

function refusalOf(body: string): MalformedLine {
  try {
    decode(body);
  } catch (error) {
    if (error instanceof MalformedLine) return error;
  }
  throw new Error("it was not refused");
}

const VOLTAGE: Row = ["Voltage", 1_649_941_817_000, 1.34];

describe("plaintext readings", () => {
  test.each([
    ["the plain form", "1649941817 Voltage 1.34\n"],
    ["a missing final newline", "1649941817 Voltage 1.34"],
    ["carriage returns", "1649941817 Voltage 1.34\r\n"],
    ["several spaces and tabs", "1649941817 \t Voltage\t\t1.34  \n"],
    ["trailing blank lines", "1649941817 Voltage 1.34\n\r\n \t\n\n"],
    ["a leading space", " 1649941817 Voltage 1.34"],
    ["an exponent", "1649941817 Voltage 134e-2"],
  ])("take %s", (_case, body) => expect(decode(body)).toEqual([VOLTAGE]));

  test.each([
    ["two fields", "1649941817 Voltage", 1, /2 fields/],
    ["four fields", "1649941817 Volt age 1", 1, /4 fields/],
    ["a blank line between", "1 a 1\n\n2 a 2", 2, /0 fields/],
    ["a fraction of a second", "1.5 a 1", 1, /timestamp/],
    ["a time before 1970", "-1 a 1", 1, /timestamp/],
    ["a time past 9999", "253402300800 a 1", 1, /timestamp/],
    ["a time of many digits", "9".repeat(400), 1, /1 fields/],
    ["hex", "1 a 0x10", 1, /value/],
    ["NaN", "1 a 1\n1 b NaN", 2, /value/],
    ["Infinity", "1 a Infinity", 1, /value/],
    ["what overflows to infinity", "1 a 1e999", 1, /value/],
    ["a lone point", "1 a .", 1, /value/],
    ["a decimal comma", "1 a 1,5", 1, /value/],
    ["a control character", "1 a\u0007b 1", 1, /control/],
    ["a name that is too long", `1 ${"ä".repeat(65)} 1`, 1, /128 bytes/],
    ["an empty body", "", 1, /no reading/],
    ["blank lines only", "\n \r\n", 1, /no reading/],
  ])("refuse %s, naming the line", (_case, body, lineNumber, reason) => {
    const refusal = refusalOf(body);
    expect(refusal.lineNumber).toBe(lineNumber);
    expect(refusal.message).toMatch(reason);
  });

  test("refuse what is not UTF-8, naming its line", () => {
    const body = Buffer.concat([Buffer.from("1 a 1\n1 "), Uint8Array.of(0xff), Buffer.from(" 1\n")]);
    expect(() => decode(body)).toThrow("line 2: is not UTF-8 text");
  });

  test("the edges are inside", () => {
    expect(decode(`0 ${"ä".repeat(64)} -0\n253402300799 b 1.7976931348623157e308`)).toEqual([
      ["ä".repeat(64), 0, -0],
      ["b", 253_402_300_799_000, Number.MAX_VALUE],
    ]);
  });

  test("what is written comes out again", () => {
    const name = fc.stringMatching(/^[!-~]{1,20}$/);
    const row = fc.tuple(
      fc.integer({ min: 0, max: 253_402_300_799 }),
      name,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 50 }), (rows) => {
        const body = rows
          .map((fields) => fields.map((field) => (Object.is(field, -0) ? "-0" : `${field}`)).join(" "))
          .join("\n");
        expect(decode(body)).toEqual(rows.map(([seconds, wanted, value]) => [wanted, seconds * 1_000, value]));
      }),
    );
  });

  test("known names in any order are found again", () => {
    const table = new KeyTable();
    const body = (names: readonly string[]) => names.map((name, index) => `${index} ${name} ${index}.5\n`).join("");
    const names = fc.array(fc.constantFrom("a", "ab", "abc", "abcd", "abcde", "bbcde", "ä"), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(names, (wanted) => {
        expect(decodeRows(create, body(wanted), [], table)).toEqual(
          wanted.map((name, index) => [name, index * 1_000, index + 0.5]),
        );
      }),
    );
    expect(table.size).toBeLessThanOrEqual(7);
  });

  test("a line is taken to its limit, whether it is plain or not, and however it ends", () => {
    const table = new KeyTable();
    table.internText("a");
    for (const end of ["", "\n", "\r\n"]) {
      const longest = `1 a 0${"0".repeat(LINE_BYTES_MAX - 6)}7`;
      for (const cuts of [[], [LINE_BYTES_MAX], [LINE_BYTES_MAX + 1]]) {
        expect(decodeRows(create, longest + end, cuts, table)).toEqual([["a", 1_000, 7]]);
        expect(() => decodeRows(create, `2 a 2\n${longest}8${end}`, cuts, table)).toThrow(
          "line 2: is longer than 65536 bytes",
        );
      }
    }
    expect(() => decode(" ".repeat(LINE_BYTES_MAX + 1))).toThrow("line 1: is longer than 65536 bytes");
  });

  test("readings and keys are taken to their limits", () => {
    const three = (table: KeyTable) => createPlaintextDecoder(table, { readingsMax: 3 });
    expect(decodeRows(three, "1 a 1\n1 b 1\n1 c 1\n\n")).toHaveLength(3);
    expect(() => decodeRows(three, "1 a 1\n1 b 1\n1 c 1\n1 d 1")).toThrow(
      "line 4: is one reading more than the 3 that one body may hold",
    );
    const two = () => new KeyTable({ keysMax: 2 });
    expect(decodeRows(create, "1 a 1\n1 b 1\n1 a 1", [], two())).toHaveLength(3);
    expect(() => decodeRows(create, "1 a 1\n1 b 1\n1 c 1", [], two())).toThrow("line 3: names one series more");
  });

  test.each([Number.NaN, -1, 0, 1, 1e15])("that %d bytes are expected changes nothing", (bytesExpected) => {
    const expecting = (table: KeyTable) => createPlaintextDecoder(table, { bytesExpected });
    expect(decodeRows(expecting, "1 a 1\n".repeat(100))).toHaveLength(100);
  });

  test("a byte order mark may stand at the very start", () => {
    expect(decode(`\ufeff1649941817 Voltage 1.34\n`)).toEqual([VOLTAGE]);
    expect(() => decode("1 a 1\n\ufeff1 a 1")).toThrow("line 2: the timestamp");
  });
});
