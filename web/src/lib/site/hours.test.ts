import { expect, test } from "vitest";
import { hourRows } from "./hours.ts";

test("means go by the site's own hours, and what is missing is not a zero", () => {
  const at = (time: string): number => Date.parse(`2026-11-20T${time}:00Z`);
  const stack = {
    timesMs: [at("22:00"), at("22:30"), at("23:00"), at("23:30")],
    groups: [
      { group: "pv", values: [10, 30, null, 5] },
      { group: "battery", values: [null, null, -4, null] },
    ],
  } as const;
  expect(hourRows(stack, "Europe/Madrid")).toEqual([
    { label: "23:00", meanW: { pv: 20 } },
    { label: "00:00", meanW: { battery: -4, pv: 5 } },
  ]);
});
