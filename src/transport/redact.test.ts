import fc from "fast-check";
import { expect, test } from "vitest";
import { LEARNED_SECRETS_MAX, redactor, Secrets } from "./redact.ts";

test("however an answer repeats a secret, nothing of it is left", () => {
  const secret = fc
    .string({ minLength: 6, maxLength: 40, unit: "grapheme-ascii" })
    .filter((text) => !"[redacted]".includes(text));
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (secret, before, after) => {
      const forms = [
        secret,
        JSON.stringify(secret),
        encodeURIComponent(secret),
        new URLSearchParams({ secret }).toString().replace(/^secret=/, ""),
        Buffer.from(secret).toString("base64"),
      ];
      for (const form of forms) {
        const cleaned = redactor([secret])(`${before} ${form} ${after}`);
        expect(cleaned).toContain("[redacted]");
        expect(cleaned.split("[redacted]").join("")).not.toContain(secret);
      }
    }),
  );
});

test("a JSON answer may escape slashes", () => {
  expect(redactor(["ab/cd/ef"])('{"token":"ab\\/cd\\/ef"}')).toBe('{"token":"[redacted]"}');
});

test("a secret within another leaves no rest of the longer one", () => {
  expect(redactor(["abc", "abcdef"])("abcdef abc")).toBe("[redacted] [redacted]");
});

test("a secret that UTF-8 cannot write does no harm", () => {
  expect(redactor(["\ud800abc"])("\ud800abc")).toBe("[redacted]");
});

test("an empty secret changes nothing", () => {
  expect(redactor([""])("text")).toBe("text");
});

test("what a login brought is cleaned as well, and the newest are kept when there are many", () => {
  const secrets = new Secrets(["fixed-secret"]);
  const { redact } = secrets;
  secrets.add(["first-token"]);
  expect(redact("fixed-secret first-token")).toBe("[redacted] [redacted]");
  for (let login = 0; login < LEARNED_SECRETS_MAX; login++) secrets.add([`later-token-${login}.`]);
  expect(redact(`fixed-secret later-token-0. first-token`)).toBe("[redacted] [redacted] first-token");
});
