import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../domain/errors.ts";
import { filled, quoted, templateFault } from "./template.ts";

describe("a template", () => {
  test.each([
    ["plain text", null],
    ["{host}", null],
    ["Plant {region}, roof {host}", null],
    ["{host", /brace/],
    ["host}", /brace/],
    ["{{host}}", /brace/],
    ["{}", /empty/],
    ["{ }", /empty/],
  ])("%s", (template, fault) => {
    if (fault === null) expect(templateFault(template)).toBeNull();
    else expect(templateFault(template)).toMatch(fault);
  });

  test("is filled once: what a sender says is never a template itself", () => {
    expect(
      filled(
        "{a}-{b}",
        new Map([
          ["a", "{b}"],
          ["b", "$&{a}"],
        ]),
        "s",
      ),
    ).toBe("{b}-$&{a}");
  });

  test("asks for what the series must say", () => {
    expect(() => filled("{a}{b}", new Map([["a", ""]]), "the series")).toThrow(InvalidInput);
    expect(() => filled("{b}", new Map(), "the series")).toThrow(/"the series" has no "b"/);
  });

  test("without a fault is filled or refused, whatever it and the sender say", () => {
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), fc.string()), (template, attributes) => {
        fc.pre(templateFault(template) === null);
        const named = new Map(Object.entries(attributes));
        try {
          expect(typeof filled(template, named, "s")).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInput);
        }
      }),
    );
  });
});

test("a sender's text is repeated on one line, of bounded length", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 1_000 }), (text) => {
      const shown = quoted(text);
      expect(shown.length).toBeLessThanOrEqual(203);
      expect(shown.split(/[\r\n]/)).toHaveLength(1);
    }),
  );
});
