import { expect, test } from "vitest";
import { formatBytes, formatCount, formatDuration } from "./amounts.ts";

test("counts have their thousands apart", () => {
  expect([0, 999, 1_000, 12_345, 2_016_000].map(formatCount)).toEqual(["0", "999", "1,000", "12,345", "2,016,000"]);
});

test("bytes are in the unit that reads best, and never a thousand of one", () => {
  const sizes = [0, 999, 999.4, 999.6, 1_000, 9_949, 9_951, 999_400, 999_600, 3_400_000, 128e9, 5e15];
  expect(sizes.map((bytes) => formatBytes(bytes).replace(" ", " "))).toEqual([
    "0 B",
    "999 B",
    "999 B",
    "1.0 kB",
    "1.0 kB",
    "9.9 kB",
    "10 kB",
    "999 kB",
    "1.0 MB",
    "3.4 MB",
    "128 GB",
    "5000 TB",
  ]);
});

test("a duration is in its two largest units", () => {
  const seconds = [-5, 0, 59, 60, 3_599, 3_600, 86_399, 86_400, 100_000];
  expect(seconds.map((each) => formatDuration(each * 1_000).replaceAll(" ", " "))).toEqual([
    "0 s",
    "0 s",
    "59 s",
    "1 min",
    "59 min",
    "1 h 0 min",
    "23 h 59 min",
    "1 d 0 h",
    "1 d 3 h",
  ]);
});
