import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FLASH_CODES, FLASH_LENGTH_MAX, formatFlash, parseFlash } from "./flash.ts";

const ROLE = "/admin/users/018f-aa?/role";
const fields = fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), { maxKeys: 4 });

describe("a message's cookie", () => {
  test("holds the message and how it is undone, whatever the fields hold", () => {
    fc.assert(
      fc.property(fc.constantFrom(...FLASH_CODES), fields, (code, fields) => {
        const flash = { code, id: "1a2b3c4d", undo: { action: ROLE, fields } };
        const text = formatFlash(flash);
        expect(parseFlash(text)).toEqual(flash);
      }),
    );
    expect(parseFlash(formatFlash({ code: "setSaved", id: "x" }))).toEqual({ code: "setSaved", id: "x" });
  });

  test("goes without an undo that is too long for a cookie", () => {
    const of = (length: number) => ({
      action: ROLE,
      fields: { a: "x".repeat(length), b: "y".repeat(900), c: "z".repeat(900), d: "w".repeat(900) },
    });
    const room = FLASH_LENGTH_MAX - encodeURIComponent(formatFlash({ code: "setSaved", id: "x", undo: of(0) })).length;
    expect(parseFlash(formatFlash({ code: "setSaved", id: "x", undo: of(room) }))).toHaveProperty("undo");
    expect(parseFlash(formatFlash({ code: "setSaved", id: "x", undo: of(room + 1) }))).toEqual({
      code: "setSaved",
      id: "x",
    });
  });

  test.each([
    ["another site's", "https://evil.example/"],
    ["another site's without a scheme", "//evil.example/admin/users/1?/role"],
    ["another form of a page", "/admin/users/1?/remove"],
    ["another page", "/admin/users/1/delete"],
    ["a way out of the page", "/admin/users/..%2f?/role"],
    ["a longer address", "/admin/users/1?/role&/remove"],
  ])("names no form but those that undo: %s", (_name, action) => {
    const text = `setSaved.x.${JSON.stringify({ action, fields: {} })}`;
    expect(parseFlash(text)).toEqual({ code: "setSaved", id: "x" });
  });

  test.each(["", "setSaved", "setSaved.", ".x", "noSuchMessage.x", "setSaved.<b>"])("is none: %j", (text) => {
    expect(parseFlash(text)).toBeNull();
  });

  test.each(["{", "null", "[]", '{"action":1,"fields":{}}', '{"action":"/connections/1?/pause","fields":{"a":1}}'])(
    "is a message without an undo where that cannot be read: %j",
    (text) => expect(parseFlash(`setSaved.x.${text}`)).toEqual({ code: "setSaved", id: "x" }),
  );
});
