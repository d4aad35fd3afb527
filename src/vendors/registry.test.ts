import { expect, test } from "vitest";
import { VENDORS, vendorById } from "./registry.ts";

test("each vendor is found by its own id, and no id is given twice", () => {
  for (const vendor of VENDORS) expect(vendorById(vendor.id)).toBe(vendor);
  expect(new Set(VENDORS.map(({ id }) => id)).size).toBe(VENDORS.length);
});

test("an unknown id finds none", () => {
  expect(vendorById("constructor")).toBeUndefined();
});

test.each(["", "   ", "two words", "line\nbreak", "x".repeat(501)])(
  "the EnergyGrid token %j is refused before it is sent",
  (token) => {
    expect(vendorById("energygrid")?.credential.safeParse({ token }).success).toBe(false);
  },
);

test("blanks around a token are not part of it", () => {
  expect(vendorById("energygrid")?.credential.parse({ token: " abc\n" })).toEqual({ token: "abc" });
});
