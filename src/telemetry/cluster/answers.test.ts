import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exceptionIn, meaningOf } from "./answers.ts";

const OLD = "Code: 60, e.displayText() = DB::Exception: Table default.x doesn't exist., e.what() = DB::Exception\n";
const NEW =
  "Code: 60. DB::Exception: Unknown table expression identifier 'x' in scope SELECT * FROM x. (UNKNOWN_TABLE) (version 25.8.2.29 (official build))\n";
const bytes = (text: string) => Buffer.from(text, "latin1");
const codeIn = (status: number, body: string, exceptionCode?: string) =>
  exceptionIn({ status, exceptionCode }, bytes(body))?.code;

describe("an exception", () => {
  test.each([
    ["of an old server", 404, OLD, undefined, 60],
    ["of a new server", 404, NEW, "60", 60],
    ["of a new server behind something that drops headers", 404, NEW, undefined, 60],
    ["that only the header tells", 500, "", "241", 241],
    ["that a header tells beside 200", 200, NEW, "60", 60],
    ["at the end of an old server's numbers", 200, `\0\x01\x02\xff${OLD}`, undefined, 60],
    ["at the end of a new server's numbers", 200, `\0\x01\x02\xff${NEW}`, undefined, 60],
    ["in words that no ClickHouse says", 502, "<html>Bad gateway</html>", undefined, undefined],
    ["in a page that quotes one", 500, `<html>${OLD}</html>`, undefined, undefined],
    ["in numbers that go on after its words", 200, `${OLD}\x01\x02`, undefined, undefined],
  ])("%s", (_case, status, body, header, code) => {
    expect(codeIn(status, body, header)).toBe(code);
  });

  test("is one line, and not a long one", () => {
    const exception = exceptionIn(
      { status: 500, exceptionCode: undefined },
      bytes(`Code: 62. DB::Exception: a\nb ${"c".repeat(999)}`),
    );
    expect(exception?.message).toMatch(/^Code: 62\. DB::Exception: a b c+$/);
    expect(exception?.message).toHaveLength(300);
  });

  test("is never found in rows of numbers", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (rows) => {
        expect(exceptionIn({ status: 200, exceptionCode: undefined }, rows)).toBeNull();
      }),
    );
  });
});

test.each([
  [516, "not-let-in"],
  [497, "not-allowed"],
  [252, "passes"],
  [81, "gone"],
  [62, "refused"],
] as const)("code %i means %s", (code, meaning) => expect(meaningOf(code)).toBe(meaning));
