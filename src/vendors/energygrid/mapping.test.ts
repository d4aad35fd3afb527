import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ACTIVE_POWER, ONLINE } from "../../domain/metric.ts";
import { QUALITY } from "../../domain/reading.ts";
import { ORIGINAL_CHARS_MAX } from "../vendor.ts";
import { parsePowerW, toLatest } from "./mapping.ts";

const NOW = Date.UTC(2026, 5, 21, 10);
const unchanged = (text: string): string => text;
const isoAt = (timeMs: number): string => new Date(timeMs).toISOString();

function row(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { sn: "SN-000", power: "3.24 kW", status: "Online", last_updated: isoAt(NOW - 2000), ...changes };
}

function latest(asked: readonly string[], rows: readonly unknown[]) {
  return toLatest(asked, rows, NOW, unchanged);
}

describe("power text", () => {
  test.each([
    ["3.24 kW", 3240],
    ["0.00 kW", 0],
    ["850 W", 850],
    ["850W", 850],
    ["1.5 MW", 1_500_000],
    ["0.29 kW", 290],
    ["4.035 kW", 4035],
    ["-0.5 kW", -500],
    ["\u22120.5 kW", -500],
    ["- 0.5 kW", -500],
    ["+0.5 kW", 500],
    ["  12\u00a0kW ", 12_000],
    ["3.kW", 3000],
    [".5 kw", 500],
    ["-0.00 kW", 0],
  ])("%j is %d W", (text, powerW) => {
    expect(parsePowerW(text)).toBe(powerW);
  });

  test.each([
    "",
    "kW",
    "3.24",
    "3,24 kW",
    "1,234 W",
    "3.24 kWh",
    "3.24 mW",
    "3.24 mw",
    "3.24 Mw",
    "1e3 W",
    "0x10 W",
    "--1 W",
    "1.2.3 kW",
    "NaN kW",
    "Infinity W",
    "n/a",
    "3.24 constructor",
    `${"9".repeat(100)} W`,
  ])("%j is unreadable", (text) => {
    expect(parsePowerW(text)).toBeNull();
  });

  test("scales exactly, whatever the number", () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000_000, max: 10_000_000 }), (milliKilowatts) => {
        expect(parsePowerW(`${(milliKilowatts / 1000).toFixed(3)} kW`)).toBe(milliKilowatts);
      }),
    );
  });

  test("any text is a finite number, or unreadable", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+]?\d{0,70}\.?\d{0,9} ?[kM]?W$/)), (text) => {
        const powerW = parsePowerW(text);
        expect(powerW === null || Number.isFinite(powerW)).toBe(true);
      }),
    );
  });
});

describe("rows", () => {
  test("an online device brings its power at the time it reported it, and that it is online now", () => {
    const { readings, missing, issues } = latest(["SN-000"], [row()]);
    expect(readings).toEqual([
      { device: "SN-000", metric: ONLINE, timeMs: NOW, value: 1, quality: QUALITY.good },
      { device: "SN-000", metric: ACTIVE_POWER, timeMs: NOW - 2000, value: 3240, quality: QUALITY.good },
    ]);
    expect({ missing, issues }).toEqual({ missing: [], issues: [] });
  });

  test("an offline device is offline now, and its power of then is uncertain", () => {
    const { readings } = latest(["SN-000"], [row({ status: "Offline", last_updated: isoAt(NOW - 86_400_000) })]);
    expect(readings).toEqual([
      { device: "SN-000", metric: ONLINE, timeMs: NOW, value: 0, quality: QUALITY.good },
      { device: "SN-000", metric: ACTIVE_POWER, timeMs: NOW - 86_400_000, value: 3240, quality: QUALITY.uncertain },
    ]);
  });

  test.each<[string, Record<string, unknown>, string, readonly string[]]>([
    ["power that is unreadable", { power: "n/a" }, "unreadable_value", ["online"]],
    ["power that is no text", { power: 3.24 }, "unreadable_value", ["online"]],
    ["an unknown status", { status: "Sleeping" }, "unreadable_value", ["active_power"]],
    ["a time without a zone", { last_updated: "2026-06-21T10:00:00" }, "implausible_time", ["online"]],
    ["a time that is none", { last_updated: "yesterday" }, "implausible_time", ["online"]],
    ["a time before 2000", { last_updated: "1999-12-31T23:59:59.999Z" }, "implausible_time", ["online"]],
    ["a time over a day ahead", { last_updated: isoAt(NOW + 86_400_001) }, "implausible_time", ["online"]],
  ])("%s is that device's issue, and the rest is kept", (_name, changes, kind, kept) => {
    const { readings, issues, missing } = latest(["SN-000"], [row(changes)]);
    expect(issues).toEqual([
      expect.objectContaining({ device: "SN-000", kind, original: JSON.stringify(row(changes)) }),
    ]);
    expect(readings.map(({ metric }) => metric.name)).toEqual(kept);
    expect(missing).toEqual([]);
  });

  test("a time that is a day ahead is still taken", () => {
    const { issues } = latest(["SN-000"], [row({ last_updated: isoAt(NOW + 86_400_000) })]);
    expect(issues).toEqual([]);
  });

  test("of a device that comes twice, the first counts", () => {
    const { readings, issues } = latest(["SN-000"], [row(), row({ power: "9 kW" })]);
    expect(readings.find(({ metric }) => metric === ACTIVE_POWER)?.value).toBe(3240);
    expect(issues.map(({ kind }) => kind)).toEqual(["repeated_device"]);
  });

  test("a device that was not asked for is no reading; one that is not there is missing", () => {
    const { readings, issues, missing } = latest(["SN-001"], [row()]);
    expect(readings).toEqual([]);
    expect(issues.map(({ kind, device }) => [kind, device])).toEqual([["unasked_device", "SN-000"]]);
    expect(missing).toEqual(["SN-001"]);
  });

  test.each([null, 7, "text", [], {}, { sn: 5 }])("a row that is %j names no device", (broken) => {
    const { issues, missing } = latest(["SN-000"], [broken]);
    expect(issues).toEqual([expect.objectContaining({ device: "", kind: "unreadable_value" })]);
    expect(missing).toEqual(["SN-000"]);
  });

  test("one broken row takes nothing from the others", () => {
    const good = row({ sn: "SN-001" });
    const rows = fc.array(fc.oneof(fc.jsonValue(), fc.constant(row())), { maxLength: 10 });
    fc.assert(
      fc.property(rows, fc.nat(10), (others, place) => {
        const { readings } = latest(["SN-000", "SN-001"], others.toSpliced(place, 0, good));
        expect(readings.filter(({ device }) => device === "SN-001")).toHaveLength(2);
      }),
    );
  });

  test("what an issue keeps is cleaned before it is cut", () => {
    const secret = "s".repeat(50);
    const padded = row({ power: "n/a", note: `${"x".repeat(100)}${secret}` });
    const { issues } = toLatest(["SN-000"], [padded], NOW, (text) => text.replaceAll(secret, "[redacted]"));
    expect(issues[0]?.original).not.toContain("sss");
    expect(issues[0]?.original.length).toBeLessThanOrEqual(ORIGINAL_CHARS_MAX);
  });

  test("a row that is nested too deeply to be written costs no other its place", () => {
    const deep = JSON.parse("[".repeat(10_000) + "]".repeat(10_000)) as unknown;
    const { readings, issues } = latest(["SN-000", "SN-001"], [row({ power: deep }), row({ sn: "SN-001" })]);
    expect(issues).toMatchObject([{ device: "SN-000", kind: "unreadable_value" }]);
    expect(readings.map(({ device }) => device)).toContain("SN-001");
  });
});
