import { expect, test } from "vitest";
import { metricName } from "./metric-name.ts";

test.each([
  ["active_power", "Active power"],
  ["pv_active_power", "Pv active power"],
  ["Voltage", "Voltage"],
  ["_", ""],
])("%s is called %j", (name, words) => expect(metricName(name)).toBe(words));
