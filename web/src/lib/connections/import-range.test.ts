import { expect, test } from "vitest";
import { importSpan, parseImportDays } from "./import-range.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 23, 59, 59);
const parse = (query: string) => parseImportDays(new URLSearchParams(query), NOW_MS);

test("without days it is the last thirty and today", () => {
  expect(parse("")).toEqual({ from: "2026-10-23", to: "2026-11-22", isRange: true });
});

test("both days belong to the range", () => {
  expect(importSpan(parse("from=2026-06-01&to=2026-06-30"))).toEqual({
    from: "2026-06-01T00:00:00.000Z",
    to: "2026-07-01T00:00:00.000Z",
  });
  expect(importSpan(parse("from=2026-06-01&to=2026-06-01")).to).toBe("2026-06-02T00:00:00.000Z");
});

test.each(["from=2026-06-02&to=2026-06-01", "from=2026-02-30", "from=yesterday", "to=2026-13-01", "from=26-1-1"])(
  "%s is no range",
  (query) => {
    expect(parse(query).isRange).toBe(false);
  },
);
