import fc from "fast-check";
import { expect, test } from "vitest";
import { localPath } from "./local-path.ts";

test.each([
  ["/devices/1?range=7d", "/devices/1?range=7d"],
  ["//evil.example/", "/"],
  ["/\\evil.example/", "/"],
  ["/\t/evil.example/", "/"],
  ["/..//evil.example/", "/evil.example/"],
  ["/.//evil.example/", "/evil.example/"],
  ["https://evil.example/", "/"],
  ["javascript:alert(1)", "/"],
  [null, "/"],
])("%j leads to %s", (text, path) => expect(localPath(text)).toBe(path));

test("never leads to another host", () => {
  const pieces = fc.constantFrom("/", "\\", "\t", "\n", "@", ":", "evil.example", "..", "?", "#", "%2f", "a");
  fc.assert(
    fc.property(
      fc.array(pieces).map((parts) => parts.join("")),
      (text) => {
        const target = new URL(localPath(text), "http://here.invalid/sign-in");
        expect(target.host).toBe("here.invalid");
      },
    ),
  );
});
