import { describe, expect, test } from "vitest";
import { BadUse } from "./exit-codes.ts";
import { readTimeRange } from "./time-option.ts";

const at = (text: string): number => Date.parse(text);

describe("--from and --to", () => {
  test.each([
    ["one date twice is that day", "2026-11-20", "2026-11-20", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"],
    [
      "a moment as --to is not included",
      "2026-11-20T06:00:00Z",
      "2026-11-20T07:00:00Z",
      "2026-11-20T06:00:00Z",
      "2026-11-20T07:00:00Z",
    ],
    [
      "offsets count",
      "2026-11-20T06:00+02:00",
      "2026-11-20T05:30-01:00",
      "2026-11-20T04:00:00Z",
      "2026-11-20T06:30:00Z",
    ],
    ["without an offset it is UTC", "2026-11-20T06:00", "2026-11-20", "2026-11-20T06:00:00Z", "2026-11-21T00:00:00Z"],
  ])("%s", (_name, from, to, fromTime, toTime) => {
    expect(readTimeRange(from, to, "query")).toEqual({ fromMs: at(fromTime), toMs: at(toTime) });
  });

  test.each<[string, string | undefined, string | undefined, RegExp]>([
    ["one is missing", "2026-11-20", undefined, /query needs --from and --to/],
    ["no date", "20.11.2026", "2026-11-20", /--from must be a date or a time/],
    ["a day that no calendar has", "2026-02-28", "2026-02-30", /--to must be a date or a time.*2026-02-30/],
    ["an empty range", "2026-11-20T06:00:00Z", "2026-11-20T06:00:00Z", /--to must be after --from/],
  ])("%s is refused", (_name, from, to, words) => {
    expect(() => readTimeRange(from, to, "query")).toThrow(words);
    expect(() => readTimeRange(from, to, "query")).toThrow(BadUse);
  });
});
