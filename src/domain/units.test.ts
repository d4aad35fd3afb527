import { expect, test } from "vitest";
import { wattsPer } from "./units.ts";

test.each([
  ["W", 1],
  ["kW", 1_000],
  ["MW", 1e6],
  ["mW", 1e-3],
  ["W.h", null],
  ["kWh", null],
  ["var", null],
  ["1", null],
])("one %s is so many watts", (unit, watts) => expect(wattsPer(unit)).toBe(watts));
