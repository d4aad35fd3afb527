import { describe, expect, test } from "vitest";
import { BadUse } from "../exit-codes.ts";
import { guessPlan, type ImportWishes, SITE_DEFAULT } from "./guess.ts";
import type { ImportPlan } from "./plan.ts";
import { takeSample } from "./sample.ts";

const NO_WISHES: ImportWishes = {
  columns: new Map(),
  units: new Map(),
  order: null,
  site: null,
  device: null,
  deviceDefault: "file",
};

function guessed(text: string, wishes: Partial<ImportWishes> = {}, name = "log.csv"): ImportPlan {
  return guessPlan(takeSample(text, true, name), { ...NO_WISHES, ...wishes });
}

const metrics = ({ values }: ImportPlan) => values.map(({ metric, unit }) => `${metric} ${unit.from}:${unit.to}`);
const lines = (...all: readonly string[]): string => `${all.join("\n")}\n`;

describe("a guess", () => {
  test("of a wide table: a metric a column, units by the names, what holds text left out", () => {
    const plan = guessed(
      lines(
        "timestamp,ac_power_kw,temp_c,stale,remark,empty",
        "2022-03-18 04:33:00-07:00,1.5,20,False,ok,",
        "2022-03-18 04:34:00-07:00,,21,True,,",
      ),
    );
    expect(plan).toMatchObject({
      format: "csv",
      delimiter: ",",
      hasHeader: true,
      decimalComma: false,
      time: { column: 0, format: { kind: "iso" }, isLocal: false, isDescending: false, orderReason: null },
      site: { text: SITE_DEFAULT },
      device: { text: "file" },
      metricColumn: null,
      unitColumn: null,
      leftOut: [{ header: "remark", why: 'holds text such as "ok"' }],
    });
    expect(metrics(plan)).toEqual(["ac_power_kw kW:W", "temp_c Cel:Cel", "stale 1:1", "empty null:1"]);
    expect(plan.values.map(({ kind }) => kind)).toEqual(["number", "number", "state", "number"]);
  });

  test("of a log with semicolons, decimal commas and the day first", () => {
    const plan = guessed(lines("Datum;P [kW]", "31.12.2025 23:45;1,5", "01.01.2026 00:00;-0,25"));
    expect(plan).toMatchObject({
      delimiter: ";",
      decimalComma: true,
      time: { format: { kind: "year-last", order: "dmy" }, isLocal: true, orderReason: null },
    });
    expect(metrics(plan)).toEqual(["P [kW] kW:W"]);
  });

  test("of a table without a header, and without names at all", () => {
    const plan = guessed(lines("2026-01-01T00:00:00Z\t1\t2", "2026-01-01T00:15:00Z\t3\t4"));
    expect(plan).toMatchObject({ delimiter: "\t", hasHeader: false, headers: ["column 1", "column 2", "column 3"] });
    expect(metrics(plan)).toEqual(["column 2 null:1", "column 3 null:1"]);
  });

  test("of epochs needs the name of a time", () => {
    const rows = ["1649941817000,1", "1649941818000,2"];
    expect(guessed(lines("ts,v", ...rows)).time).toMatchObject({
      format: { kind: "epoch", unit: "ms" },
      isLocal: false,
    });
    expect(() => guessed(lines("counter,v", ...rows))).toThrow(/No column holds times: .*--columns time=/);
    const told = guessed(lines("counter,v", ...rows), { columns: new Map([["time", "counter"]]) });
    expect(told.time).toMatchObject({ column: 0, format: { kind: "epoch", unit: "ms" } });
  });

  test("of a table with a row a reading takes its names from the rows", () => {
    const plan = guessed(
      lines(
        "metricId,site,device,metric,unit,time,value,quality",
        "m,A,B,active_power,W,2026-01-01T00:00:00.000Z,1,good",
        "m,A,B,voltage,V,2026-01-01T00:00:00.000Z,2,good",
      ),
    );
    expect(plan).toMatchObject({
      site: { column: 1 },
      device: { column: 2 },
      metricColumn: 3,
      unitColumn: 4,
      time: { column: 5 },
      values: [{ column: 6 }],
    });
    expect(plan.leftOut.map(({ header }) => header)).toEqual(["metricId", "quality"]);
  });

  test("of NDJSON knows it by its first sign, or by its name", () => {
    const text = lines('{"time":"2026-01-01T00:00:00Z","p":1}', '{"q":2,"time":"2026-01-01T00:15:00Z"}');
    for (const name of ["stdin", "x.ndjson"]) {
      const plan = guessed(text, {}, name);
      expect(plan).toMatchObject({ format: "ndjson", headers: ["time", "p", "q"], time: { column: 0 } });
      expect(metrics(plan)).toEqual(["p null:1", "q null:1"]);
    }
  });

  test("sees rows that go back in time", () => {
    const plan = guessed(lines("time,v", "2026-01-01T00:15:00Z,1", "2026-01-01T00:00:00Z,1"));
    expect(plan.time.isDescending).toBe(true);
  });

  test("forgives a broken row among many", () => {
    const rows = Array.from({ length: 40 }, (_, at) => `2026-01-01T00:${String(at).padStart(2, "0")}:00Z,${at}`);
    const plan = guessed(lines("time,v", ...rows.with(7, "broken,x").with(9, "2026-01-01T00:09:00Z,?")));
    expect(metrics(plan)).toEqual(["v null:1"]);
  });
});

describe("the order of day and month", () => {
  const quarterHours = Array.from({ length: 300 }, (_, at) => {
    const time = new Date(Date.UTC(2022, 0, 2) + at * 900_000);
    const clock = `${time.getUTCHours()}:${String(time.getUTCMinutes()).padStart(2, "0")}`;
    return { month: time.getUTCMonth() + 1, day: time.getUTCDate(), clock };
  });

  test.each([
    ["mdy", ({ month, day, clock }: (typeof quarterHours)[number]) => `${month}/${day}/2022 ${clock},1`],
    ["dmy", ({ month, day, clock }: (typeof quarterHours)[number]) => `${day}/${month}/2022 ${clock},1`],
  ])("is %s where only that makes even steps, and the plan says so", (order, row) => {
    const { time } = guessed(lines("time,v", ...quarterHours.map(row)));
    expect(time.format).toEqual({ kind: "year-last", order });
    expect(time.orderReason).toMatch(/first, so that rows follow one another every 15 min$/);
  });

  test("must be told where either is as even", () => {
    const text = lines("time,v", "1/2/2022 0:00,1", "1/2/2022 0:15,1");
    expect(() => guessed(text)).toThrow(/"1\/2\/2022 0:00" may have the day or the month first.*--date-order/);
    expect(guessed(text, { order: "dmy" }).time.format).toEqual({ kind: "year-last", order: "dmy" });
  });

  test("is none where both numbers pass 12", () => {
    expect(() => guessed(lines("time,v", "13/2/2022 0:00,1", "2/13/2022 0:15,1"))).toThrow(BadUse);
  });
});

describe("what was told", () => {
  const text = lines("t,a,b,plant", "2026-01-01T00:00:00Z,1,2,P1", "2026-01-01T00:15:00Z,3,4,P2");

  test("names metrics, and leaves the other columns out", () => {
    const plan = guessed(text, { columns: new Map([["active_power", "b"]]), units: new Map([["b", "kW:W"]]) });
    expect(metrics(plan)).toEqual(["active_power kW:W"]);
    expect(plan.leftOut.map(({ header }) => header)).toEqual(["a", "plant"]);
  });

  test("may name a unit by the metric's name", () => {
    const plan = guessed(text, { columns: new Map([["power", "b"]]), units: new Map([["power", "MW"]]) });
    expect(metrics(plan)).toEqual(["power MW:MW"]);
  });

  test("wins over a column of that name", () => {
    const plan = guessed(lines("time,site,v", "2026-01-01T00:00:00Z,A,1"), { site: "B", device: "D" });
    expect(plan).toMatchObject({ site: { text: "B" }, device: { text: "D" } });
  });

  test("makes any column the site's or the device's", () => {
    const plan = guessed(text, { columns: new Map([["device", "plant"]]) });
    expect(plan).toMatchObject({ device: { column: 3 } });
    expect(metrics(plan)).toEqual(["a null:1", "b null:1"]);
  });

  test.each([
    ["a column that is not there", { columns: new Map([["time", "x"]]) }, /there is no column "x"; there is t, a, b/],
    ["a unit of no column", { units: new Map([["x", "W"]]) }, /--unit: there is no column "x"/],
    ["a time that is none", { columns: new Map([["time", "a"]]) }, /"a" holds no times/],
    ["an empty site", { site: " " }, /--site is empty/],
    ["a site with a backslash", { site: "a\\" }, /--site holds a backslash/],
    ["a device that is too long", { device: "x".repeat(129) }, /--device is longer than 128 bytes/],
    ["no device where no file has a name", { deviceDefault: null }, /--device/],
  ])("is refused: %s", (_what, wishes, words) => {
    expect(() => guessed(text, wishes)).toThrow(BadUse);
    expect(() => guessed(text, wishes)).toThrow(words);
  });
});

test.each([
  ["empty", " \n", /is empty/],
  ["without a delimiter", "a\n1\n", /is no table/],
  ["without rows", "time,v\n", /holds no rows/],
  ["with one name twice", "time,v,v\n2026-01-01T00:00:00Z,1,2\n", /two columns of the name "v"/],
  ["without numbers", "time,v\n2026-01-01T00:00:00Z,x\n", /No column holds numbers/],
  ["with too many columns", `time${",v".repeat(1_000)}\n`, /1001 columns/],
])("a file %s is refused", (_what, text, words) => {
  expect(() => guessed(text)).toThrow(BadUse);
  expect(() => guessed(text)).toThrow(words);
});
