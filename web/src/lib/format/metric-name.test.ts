import { expect, test } from "vitest";
import { metricName } from "./metric-name.ts";

test.each([
  ["active_power", "Active power"],
  ["string_current_max", "String current max"],
  ["Voltage", "Voltage"],
  ["_", ""],
])("%s is called %j", (name, words) => expect(metricName(name)).toBe(words));
