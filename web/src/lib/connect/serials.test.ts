import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSerials, SERIALS_MAX } from "./serials.ts";

describe("serial numbers", () => {
  test.each([
    ["one a line", "SN-1\r\nSN-2\n", ["SN-1", "SN-2"]],
    ["commas, semicolons and blanks between", " SN-1 , SN-2;SN-3", ["SN-1", "SN-2", "SN-3"]],
    ["the same twice comes once", "SN-1\nSN-1", ["SN-1"]],
    ["a range keeps its zeros", "SN-008..SN-011", ["SN-008", "SN-009", "SN-010", "SN-011"]],
    ["a range with blanks", "7 .. 9", ["7", "8", "9"]],
    ["a range of one", "A1..A1", ["A1"]],
    ["PowerP's, with a database in front", "123/9..123/10", ["123/9", "123/10"]],
  ])("%s", (_name, text, serials) => {
    expect(parseSerials(text)).toEqual({ ok: true, serials });
  });

  test.each([
    ["nothing", " \n,", /at least one/],
    ["a range of two prefixes", "SN-1..XX-2", /SN-1\.\.XX-2/],
    ["a range backwards", "SN-2..SN-1", /no range/],
    ["a range without numbers", "a..b", /no range/],
    ["a range past what numbers can count", "1..99999999999999999999", /no range/],
    ["a range of one too many", `0..${SERIALS_MAX}`, /At most/],
    ["two ranges that are too many together", `1..${SERIALS_MAX}\nA1`, /At most/],
  ])("%s is refused", (_name, text, message) => {
    const parsed = parseSerials(text);
    expect(parsed).toEqual({ ok: false, message: expect.stringMatching(message) });
  });

  test("as many as fit are taken", () => {
    expect(parseSerials(`1..${SERIALS_MAX}`)).toMatchObject({ ok: true });
  });

  test("any list of plain words comes back as it was", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9/_-]{1,12}$/);
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1 }), fc.constantFrom("\n", ", ", ";\r\n"), (words, between) => {
        expect(parseSerials(words.join(between))).toEqual({ ok: true, serials: words });
      }),
    );
  });
});
