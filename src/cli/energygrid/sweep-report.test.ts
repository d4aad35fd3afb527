import { describe, expect, test } from "vitest";
import { ACTIVE_POWER, ONLINE } from "../../domain/metric.ts";
import { QUALITY } from "../../domain/reading.ts";
import { VendorUnavailable } from "../../transport/errors.ts";
import type { LatestBatch, VendorReading } from "../../vendors/vendor.ts";
import { durationText, powerText, visible } from "../terminal.ts";
import { sweepReport } from "./sweep-report.ts";
import { csvText, shortfallLines, summaryRows } from "./sweep-text.ts";

const REPORTED_MS = Date.UTC(2026, 5, 21, 10, 0, 0, 125);
const ANSWERED_MS = REPORTED_MS + 900;
const FRAME = {
  vendor: "energygrid",
  startedAtMs: ANSWERED_MS,
  finishedAtMs: ANSWERED_MS + 1_000,
  durationMs: 1_000.4,
  limitMs: 1_000,
  interrupted: false,
  requests: { sent: 2, refused: 0, retried: 0 },
};

const powerOf = (device: string, value: number): VendorReading => ({
  device,
  metric: ACTIVE_POWER,
  timeMs: REPORTED_MS,
  value,
  quality: QUALITY.good,
});
const statusOf = (device: string, value: 0 | 1): VendorReading => ({
  device,
  metric: ONLINE,
  timeMs: ANSWERED_MS,
  value,
  quality: QUALITY.good,
});
const batch = (asked: readonly string[], some: Partial<LatestBatch>): LatestBatch => ({
  asked,
  readings: [],
  missing: [],
  issues: [],
  failure: null,
  ...some,
});

const unavailable = new VendorUnavailable("EnergyGrid is not available (HTTP 503).", {
  status: 503,
  attempts: 4,
  requestId: null,
  body: null,
});

describe("a sweep in which everything happened", () => {
  const serials = ["on", "off", "no power", "no status", "missing", "failed", "never"];
  const batches = [
    batch(["failed"], { failure: unavailable }),
    batch(["on", "off", "no power", "no status", "missing"], {
      readings: [
        powerOf("on", 3_240.1),
        statusOf("on", 1),
        powerOf("off", 500),
        statusOf("off", 0),
        statusOf("no power", 1),
        powerOf("no status", 70),
        powerOf("not asked", 9_000),
      ],
      missing: ["missing"],
      issues: [{ device: "no power", kind: "unreadable_value", detail: "The power is no number.", original: '"N/A"' }],
    }),
  ];
  const report = sweepReport(serials, batches, { ...FRAME, interrupted: true });

  test("each device stands in the order of asking, with what became of it", () => {
    const reported = new Date(REPORTED_MS).toISOString();
    expect(report.devicesDetail).toEqual([
      { sn: "on", status: "online", activePowerW: 3_240.1, time: reported },
      { sn: "off", status: "offline", activePowerW: 500, time: reported },
      { sn: "no power", status: "online", activePowerW: null, time: new Date(ANSWERED_MS).toISOString() },
      { sn: "no status", status: "unknown", activePowerW: 70, time: reported },
      { sn: "missing", status: "missing", activePowerW: null, time: null },
      { sn: "failed", status: "failed", activePowerW: null, time: null },
      { sn: "never", status: "unfinished", activePowerW: null, time: null },
    ]);
  });

  test("the counts add up, and the power is that of those online", () => {
    expect(report.devices).toEqual({
      asked: 6,
      answered: 4,
      online: 2,
      offline: 1,
      missing: 1,
      failed: 1,
      unfinished: 1,
    });
    expect(report.activePowerW).toBe(3_240.1);
    expect(report.complete).toBe(false);
    expect(report.failures).toEqual([
      { serials: ["failed"], error: "VendorUnavailable", message: "EnergyGrid is not available (HTTP 503)." },
    ]);
  });

  test("all that lacks is named", () => {
    expect(shortfallLines(report)).toEqual([
      "failed: failed: EnergyGrid is not available (HTTP 503).",
      "missing from the answers: missing",
      'doubtful: no power: The power is no number. It sent "N/A"',
      "without a usable power or status: no power, no status",
    ]);
  });
});

test("a whole sweep is complete, and nothing lacks", () => {
  const report = sweepReport(["a"], [batch(["a"], { readings: [powerOf("a", 1), statusOf("a", 0)] })], FRAME);
  expect(report.complete).toBe(true);
  expect(shortfallLines(report)).toEqual([]);
  expect(summaryRows(report).map((row) => row.tone)).not.toContain("bad");
});

test("sums of kW with two decimals have no noise", () => {
  const devices = ["a", "b", "c"];
  const readings = devices.flatMap((device, i) => [powerOf(device, [0.1, 0.2, 1_240][i] ?? 0), statusOf(device, 1)]);
  expect(sweepReport(devices, [batch(devices, { readings })], FRAME).activePowerW).toBe(1_240.3);
});

test("CSV quotes what would break a row", () => {
  const rows = csvText(sweepReport(['a"b', "c,d"], [], FRAME)).split("\r\n");
  expect(rows).toEqual(["sn,status,activePowerW,time", '"a""b",unfinished,,', '"c,d",unfinished,,', ""]);
});

test("hundreds of missing serials make one readable line", () => {
  const serials = Array.from({ length: 300 }, (_, i) => `S${i}`);
  const [line, ...more] = shortfallLines(sweepReport(serials, [batch(serials, { missing: serials })], FRAME));
  expect(more).toEqual([]);
  expect(line).toMatch(/^missing from the answers: S0, S1, .*S19 and 280 more$/);
});

test.each([
  [0, "0 s"],
  [49_000, "49 s"],
  [49_021, "49.02 s"],
  [1_500, "1.5 s"],
  [100_000, "1 min 40 s"],
  [199_000, "3 min 19 s"],
  [7_500_000, "2 h 5 min"],
])("%i ms is written %s", (durationMs, text) => expect(durationText(durationMs)).toBe(text));

test.each([
  [0, "0 W"],
  [999.4, "999 W"],
  [999.6, "1.00 kW"],
  [3_240, "3.24 kW"],
  [99_960, "100 kW"],
  [1_054_000, "1.05 MW"],
  [-12_340, "-12.3 kW"],
])("%d W is written %s", (powerW, text) => expect(powerText(powerW)).toBe(text));

test("a vendor's words cannot steer the terminal", () => {
  expect(visible("\u001b[2Jgone\r\u009b1m\nbut ünïcode ☀ stays")).toBe(
    "\ufffd[2Jgone\ufffd\ufffd1m\nbut ünïcode ☀ stays",
  );
});
