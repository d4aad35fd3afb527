import { expect, test } from "vitest";
import { deviceBody, NO_DEVICE_FIELDS, readDeviceFields } from "./device-fields.ts";
import { errorsByRow, METRIC_ROWS_MAX, metricsBody, readMetricRows, withAnotherRow } from "./metric-fields.ts";

function formOf(fields: readonly (readonly [string, string])[]): FormData {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return form;
}

test("a device's form: empty is unknown, kW are W, and what is wrong is named", () => {
  const typed = formOf([
    ["name", " Inverter 1 "],
    ["kind", "inverter"],
    ["ratedPowerKw", "5,1"],
    ["model", ""],
  ]);
  expect(deviceBody(readDeviceFields(typed), ["name"])).toEqual({
    body: {
      name: "Inverter 1",
      kind: "inverter",
      serialNumber: null,
      manufacturer: null,
      model: null,
      ratedPowerW: 5_100,
    },
  });
  const wrong = deviceBody({ ...NO_DEVICE_FIELDS, ratedPowerKw: "much" }, ["name", "serialNumber"]);
  expect("errors" in wrong && Object.keys(wrong.errors).sort()).toEqual(["name", "ratedPowerKw", "serialNumber"]);
});

const row = (name: string, unit: string, kind = "gauge") => [
  ["metricName", name] as const,
  ["metricUnit", unit] as const,
  ["metricKind", kind] as const,
];

test("rows without a name are left out, and errors find their row again", () => {
  const rows = readMetricRows(formOf([...row("power", "W"), ...row("", ""), ...row("energy", "kW.h", "counter")]));
  const read = metricsBody(rows);
  expect(read).toEqual({
    metrics: [
      { name: "power", unit: "W", kind: "gauge" },
      { name: "energy", unit: "kW.h", kind: "counter" },
    ],
    rowOf: [0, 2],
  });
  const rowOf = "rowOf" in read ? read.rowOf : [];
  expect(errorsByRow({ "metrics.1.unit": "too long", name: "taken", metrics: "must differ" }, rowOf)).toEqual({
    "metrics.2.unit": "too long",
    name: "taken",
    "metrics.0.name": "must differ",
  });
});

test("a device measures something, each in a unit", () => {
  expect(metricsBody(readMetricRows(formOf(row("", "W"))))).toHaveProperty(["errors", "metrics.0.name"]);
  expect(metricsBody(readMetricRows(formOf([...row("", ""), ...row("power", "")])))).toHaveProperty([
    "errors",
    "metrics.1.unit",
  ]);
});

test("a form grows by a row, up to its limit", () => {
  let rows = readMetricRows(formOf(row("power", "W")));
  for (let more = 0; more < METRIC_ROWS_MAX + 1; more++) rows = withAnotherRow(rows);
  expect(rows).toHaveLength(METRIC_ROWS_MAX);
  expect(rows[0]?.name).toBe("power");
  expect(readMetricRows(formOf(Array.from({ length: METRIC_ROWS_MAX + 1 }, () => row("a", "W")).flat()))).toHaveLength(
    METRIC_ROWS_MAX,
  );
});
