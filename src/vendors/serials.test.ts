import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInput } from "../domain/errors.ts";
import { parseSerials, SERIALS_MAX } from "./serials.ts";

test("the reference fleet", () => {
  const serials = parseSerials("SN-000..SN-499");
  expect(serials).toHaveLength(500);
  expect([serials[0], serials[7], serials.at(-1)]).toEqual(["SN-000", "SN-007", "SN-499"]);
});

test.each([
  ["SN-001,SN-007", ["SN-001", "SN-007"]],
  [" SN-001 ,\n SN-007 ,", ["SN-001", "SN-007"]],
  ["SN-001\r\nSN-002", ["SN-001", "SN-002"]],
  ["SN-001..SN-003,X9", ["SN-001", "SN-002", "SN-003", "X9"]],
  ["SN-002,SN-001..SN-003", ["SN-002", "SN-001", "SN-003"]],
  ["SN-8..SN-11", ["SN-8", "SN-9", "SN-10", "SN-11"]],
  ["7..9", ["7", "8", "9"]],
  ["SN-1..SN-1", ["SN-1"]],
])("%j", (text, serials) => {
  expect(parseSerials(text)).toEqual(serials);
});

test.each([
  ["", "name at least one"],
  [" , ", "name at least one"],
  ["SN-499..SN-000", "must go upwards"],
  ["SN-000..TX-499", "must begin alike"],
  ["SN-00..SN-499", "as many digits"],
  ["SN-..SN-499", "end in a number"],
  ["SN-000..", "is no range"],
  ["..SN-1", "is no range"],
  ["SN-0..SN-1..SN-2", "is no range"],
  ["SN-1..SN-999999999", `more than ${SERIALS_MAX}`],
  [`SN-1..SN-${"9".repeat(30)}`, "too long"],
  ["x".repeat(1000), "longer than"],
])("%j is refused: %s", (text, words) => {
  expect(() => parseSerials(text)).toThrow(InvalidInput);
  expect(() => parseSerials(text)).toThrow(words);
});

test("a range holds every number between its ends, as wide as they are", () => {
  fc.assert(
    fc.property(fc.nat(5000), fc.nat(300), fc.integer({ min: 4, max: 8 }), (first, more, width) => {
      const serial = (number: number): string => `INV${String(number).padStart(width, "0")}`;
      const serials = parseSerials(`${serial(first)}..${serial(first + more)}`);
      expect(serials).toEqual(Array.from({ length: more + 1 }, (_, index) => serial(first + index)));
    }),
  );
});
