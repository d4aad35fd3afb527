import { expect, test } from "vitest";
import { askedDays } from "./asked-days.ts";

const sums = (data: number[], failed: number[], unasked: number[], before = data.map(() => 0)) => ({
  data,
  nothing: data.map(() => 0),
  refused: data.map(() => 0),
  failed,
  unasked,
  before,
});

test("days are those of all devices that are asked for, and devices that push say nothing", () => {
  const device = { deviceId: "d", name: "d", streams: 1 };
  const days = askedDays(
    [0, 100, 150],
    [
      { ...device, asked: true, sums: sums([100, 50], [0, 0], [0, 0]) },
      { ...device, asked: true, sums: sums([0, 0], [100, 0], [0, 50]) },
      { ...device, asked: false, sums: null },
    ],
  );
  expect(days).toEqual([
    { startMs: 0, data: 0.5, nothing: 0, refused: 0, failed: 0.5, unasked: 0 },
    { startMs: 100, data: 0.5, nothing: 0, refused: 0, failed: 0, unasked: 0.5 },
  ]);
  expect(askedDays([0, 100], [{ ...device, asked: false, sums: null }])).toEqual([]);
});

test("the time before a device came is nobody's to ask for, and a day before them all is left out", () => {
  const device = { deviceId: "d", name: "d", streams: 1, asked: true };
  const young = { ...device, sums: sums([0, 30, 100], [0, 0, 0], [0, 0, 0], [100, 70, 0]) };
  const older = { ...device, sums: sums([0, 20, 0], [0, 10, 0], [0, 0, 100], [100, 70, 0]) };
  const days = askedDays([0, 100, 200, 300], [young, older]);
  expect(days.map(({ startMs, data, failed, unasked }) => [startMs, data, failed, unasked])).toEqual([
    [100, 50 / 60, 10 / 60, 0],
    [200, 0.5, 0, 0.5],
  ]);
});
