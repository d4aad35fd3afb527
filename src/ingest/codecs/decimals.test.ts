import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isJsonNumber, readDecimal } from "./decimals.ts";

const into = new Float64Array(1);

function read(text: string): number | null {
  const bytes = Buffer.from(`${text}\n`);
  return readDecimal(bytes, 0, into, 0) === text.length ? (into[0] ?? null) : null;
}

const digits = (maxLength: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${maxLength}}$`));
const exponent = fc.option(fc.integer({ min: -330, max: 330 }), { nil: null });
const text = fc
  .tuple(fc.constantFrom("", "-", "+"), digits(24), fc.option(digits(24), { nil: null }), exponent)
  .map(
    ([sign, whole, fraction, power]) =>
      `${sign}${whole}${fraction === null ? "" : `.${fraction}`}${power === null ? "" : `e${power}`}`,
  );

describe("decimal numbers", () => {
  test("are the same double as Number() gives", () => {
    fc.assert(
      fc.property(text, (given) => {
        const wanted = Number(given);
        expect(read(given)).toBe(Number.isFinite(wanted) ? wanted : null);
      }),
      { numRuns: 8_000 },
    );
  });

  test("come back from their shortest text, and from seventeen digits", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const short = Object.is(value, -0) ? "-0" : `${value}`;
        expect(read(short)).toBe(value);
        for (const digits of [16, 17, 18, 19]) {
          const long = value.toPrecision(digits);
          if (Number.isFinite(Number(long))) expect(read(long)).toBe(Number(long));
        }
      }),
      { numRuns: 8_000 },
    );
  });

  test("are rounded right next to the middle between two doubles", () => {
    const near = fc
      .tuple(
        fc.double({ min: 1e-3, max: 1e12, noNaN: true }),
        fc.integer({ min: -3, max: 3 }),
        fc.integer({ min: 10, max: 18 }),
      )
      .map(([value, off, precision]) => {
        const bits = new BigInt64Array(new Float64Array([value]).buffer);
        const above = new Float64Array(new BigInt64Array([(bits[0] ?? 0n) + 1n]).buffer)[0] ?? 0;
        const middle = (value / 2 + above / 2).toPrecision(precision);
        return middle.includes("e") ? middle : middle.slice(0, -1) + ((Number(middle.at(-1)) + off + 10) % 10 || 0);
      });
    fc.assert(
      fc.property(near, (given) => {
        expect(read(given)).toBe(Number(given));
      }),
      { numRuns: 8_000 },
    );
  });

  test.each([
    "0",
    "-0",
    "+0",
    "1.",
    ".5",
    "-.5e-3",
    "1E5",
    "1e+5",
    "1e-400",
    "0e999999999",
    "000000000000000000001.5",
    "9007199254740993",
    "123456789012345678.9",
    `0.${"0".repeat(400)}1e400`,
    "999999999",
    "9999999999",
    "4.35",
    "0.30000000000000004",
    "179769313486231570000e288",
  ])("read %s as Number() does", (given) => expect(read(given)).toBe(Number(given)));

  test.each([
    "",
    "-",
    "+",
    ".",
    "-.",
    "e5",
    "1e",
    "1e+",
    "--1",
    "1e999",
    "-1e999",
    "0x10",
    "NaN",
    "Infinity",
    "1_000",
    "１",
  ])("refuse %j", (given) => expect(read(given)).toBeNull());

  test("know what JSON takes", () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.stringMatching(/^[-+.0-9eE]{1,8}$/)), (given) => {
        if (read(given) === null) return;
        let isJson = true;
        try {
          JSON.parse(given);
        } catch {
          isJson = false;
        }
        expect(isJsonNumber(Buffer.from(`${given}\n`), 0, given.length)).toBe(isJson);
      }),
      { numRuns: 10_000 },
    );
  });
});
