import fc from "fast-check";
import { expect, test } from "vitest";
import { InstantReader, instantText, justBeforeText } from "./instants.ts";

const time = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(9999, 11, 31) });

test("timestamps in a row are read to the ms, with any number of decimals", () => {
  const step = fc.record({ timeMs: time, decimals: fc.integer({ min: 3, max: 9 }) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
      const reader = new InstantReader();
      for (const { timeMs, decimals } of steps) {
        const text = `${instantText(timeMs).slice(0, -1)}${"9".repeat(decimals - 3)}Z`;
        expect(reader.read(text)).toBe(timeMs);
        expect(reader.read(text)).toBe(timeMs);
      }
    }),
  );
});

test.each([
  ["2026-11-21T09:08:07Z", "2026-11-21T09:08:07.000Z"],
  ["2026-11-21T09:08:07.1Z", "2026-11-21T09:08:07.100Z"],
  ["2026-11-21T09:08:07.0129Z", "2026-11-21T09:08:07.012Z"],
  ["2026-11-21T10:08:07+01:00", "2026-11-21T09:08:07.000Z"],
  ["2026-11-21T03:38:07.5-05:30", "2026-11-21T09:08:07.500Z"],
  ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
])("%s is %s", (text, same) => {
  expect(new InstantReader().read(text)).toBe(Date.parse(same));
});

test.each([
  "",
  "Z",
  "2026-11-21",
  "2026-11-21T09:08Z",
  "2026-11-21T09:08:07",
  "2026-11-21T09:08:07.Z",
  "2026-11-21T09:08:60Z",
  "2026-11-21T09:60:00Z",
  "2026-02-30T09:08:07Z",
  "2026-11-21T09:08:07.12aZ",
  "2026-11-21T09:08:0aZ",
  "2026-11-21T09:08:07.1ZZ",
  "2026-11-21 09:08:07Z",
  "1763716087000",
  "yesterday",
])("%j is no timestamp, before and after one of the same minute", (text) => {
  const reader = new InstantReader();
  expect(reader.read(text)).toBeNaN();
  expect(reader.read("2026-11-21T09:08:07.123Z")).toBe(Date.UTC(2026, 10, 21, 9, 8, 7, 123));
  expect(reader.read(text)).toBeNaN();
});

test("the moment before a time is 100 ns earlier", () => {
  expect(justBeforeText(Date.UTC(2026, 10, 21, 9, 30))).toBe("2026-11-21T09:29:59.9999999Z");
  expect(justBeforeText(Date.UTC(2026, 10, 21, 9, 30, 0, 5))).toBe("2026-11-21T09:30:00.0049999Z");
});
