import { expect, test } from "vitest";
import { parseOverview } from "./overview-view.ts";

const parse = (query: string) => parseOverview(new URLSearchParams(query));

test.each([
  ["", null, null],
  ["every=", null, null],
  ["every=1", 1_000, null],
  ["every=86400", 86_400_000, null],
  ["every=+60+", 60_000, null],
  ["every=0", null, "0"],
  ["every=86401", null, "86401"],
  ["every=1.5", null, "1.5"],
  ["every=-5", null, "-5"],
  ["every=<img>", null, "<img>"],
  [`every=${"9".repeat(99)}`, null, "9".repeat(20)],
])("%s", (query, pollIntervalMs, wrongInterval) => {
  expect(parse(query)).toEqual({ range: "24h", pollIntervalMs, wrongInterval });
});

test("any other range is the usual one", () => {
  expect(parse("range=7d").range).toBe("7d");
  expect(parse("range=constructor").range).toBe("24h");
});
