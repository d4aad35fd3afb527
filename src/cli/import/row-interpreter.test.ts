import { describe, expect, test } from "vitest";
import { guessPlan } from "./guess.ts";
import { RowInterpreter, SERIES_MAX } from "./row-interpreter.ts";
import { rowReader, takeSample } from "./sample.ts";

const LATEST_MS = Date.UTC(2030, 0, 1);

interface Setting {
  readonly timezone?: string;
  readonly units?: Readonly<Record<string, string>>;
}

/** What becomes of each row below the header: its readings, or what is wrong with it. */
function interpreted(lines: readonly string[], { timezone, units = {} }: Setting = {}) {
  const text = `${lines.join("\n")}\n`;
  const sample = takeSample(text, true, "log.csv");
  const plan = guessPlan(sample, {
    columns: new Map(),
    units: new Map(Object.entries(units)),
    order: null,
    site: null,
    device: null,
    deviceDefault: "D",
  });
  const interpreter = new RowInterpreter(plan, timezone ?? null, LATEST_MS);
  const rows = rowReader(sample).write(text).slice(1);
  const outcomes = rows.map((row) => {
    const read = interpreter.read(row);
    if (typeof read === "string") return read;
    const { timeMs, series, values } = read;
    return { time: new Date(timeMs).toISOString(), series: [...series], values: [...values] };
  });
  return { outcomes, series: interpreter.series, overlaps: interpreter.overlaps };
}

/** The UTC times of rows that hold nothing but a time and 1. */
function times(zone: string, ...local: readonly string[]) {
  const { outcomes, overlaps } = interpreted(["time,v", ...local.map((time) => `${time},1`)], { timezone: zone });
  return { utc: outcomes.map((row) => (typeof row === "string" ? row : row.time.slice(0, 16))), overlaps };
}

describe("local times", () => {
  test("are read in their zone, in summer and winter", () => {
    expect(times("America/Denver", "2022-01-02 00:00", "2022-07-02 00:00").utc).toEqual([
      "2022-01-02T07:00",
      "2022-07-02T06:00",
    ]);
  });

  test("that never were are bad rows, and say why", () => {
    const { utc } = times("Europe/Madrid", "2026-03-29 01:45", "2026-03-29 02:15", "2026-03-29 03:00");
    expect(utc).toEqual([
      "2026-03-29T00:45",
      '"2026-03-29 02:15" never was in Europe/Madrid: the clock was set forward past it',
      "2026-03-29T01:00",
    ]);
  });

  const twice = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"].map((clock) => `2026-10-25 ${clock}`);
  const utcOfTwice = ["23:30", "00:00", "00:30", "01:00", "01:30", "02:00"].map((clock, at) =>
    at === 0 ? `2026-10-24T${clock}` : `2026-10-25T${clock}`,
  );

  test("of the hour that came twice are told apart by the order of the rows", () => {
    expect(times("Europe/Madrid", ...twice)).toEqual({ utc: utcOfTwice, overlaps: 4 });
  });

  test("of that hour in a file that goes back in time, too", () => {
    const { utc } = times("Europe/Madrid", ...twice.toReversed());
    expect(utc).toEqual(utcOfTwice.toReversed());
  });

  test("of that hour are told apart for each device of its own", () => {
    const rows = twice.flatMap((time) => [`${time},A,1`, `${time},B,1`]);
    const { outcomes } = interpreted(["time,device,v", ...rows], { timezone: "Europe/Madrid" });
    const utc = outcomes.map((row) => (typeof row === "string" ? row : row.time.slice(0, 16)));
    expect(utc).toEqual(utcOfTwice.flatMap((time) => [time, time]));
  });

  test("with offsets need no zone, and have none but theirs", () => {
    const rows = ["2026-10-25 02:30+02:00", "2026-10-25 02:30+01:00"];
    expect(times("Asia/Tokyo", ...rows)).toEqual({ utc: ["2026-10-25T00:30", "2026-10-25T01:30"], overlaps: 0 });
  });
});

describe("a row", () => {
  const good = "2026-01-01T00:00:00Z";

  test.each([
    [`${good},1`, "2 cells where there are 3 columns"],
    ["yesterday,1,2", '"yesterday" is no time of the column\'s form'],
    [",1,2", "no time"],
    ["1969-12-31T23:59:59Z,1,2", '"1969-12-31T23:59:59Z" lies before 1970'],
    ["2030-01-01T00:00:01Z,1,2", '"2030-01-01T00:00:01Z" lies in the future'],
    ["2026-01-01T00:00:00,1,2", '"2026-01-01T00:00:00" has no offset, and no timezone was named'],
    [`${good},x,2`, '"x" in a is no number'],
    [`${good},0x10,2`, '"0x10" in a is no number'],
    [`${good},Infinity,2`, '"Infinity" in a is no number'],
    [`${good},1e999,2`, '"1e999" in a is too large'],
  ])("%s is bad, all of it", (row, reason) => {
    const rows = Array.from({ length: 20 }, (_, at) => `2026-01-02T00:00:${String(at + 10)}Z,1,2`);
    expect(interpreted(["time,a,b", ...rows, row]).outcomes.at(-1)).toBe(reason);
  });

  test("at the edges of time is good", () => {
    const { outcomes } = interpreted(["time,a,b", "1970-01-01T00:00:00Z,1,2", "2030-01-01T00:00:00Z,1,2"]);
    expect(outcomes.map((row) => typeof row)).toEqual(["object", "object"]);
  });

  test("has readings where it has values", () => {
    const { outcomes } = interpreted(["time,a,b", `${good},,-0`, `${good},NaN,.5`, `${good},n/a, 1e-7 `]);
    expect(outcomes.map((row) => typeof row !== "string" && row.values)).toEqual([
      [Number.NaN, -0],
      [Number.NaN, 0.5],
      [Number.NaN, 1e-7],
    ]);
  });

  test("of states has 1 and 0", () => {
    const { outcomes } = interpreted(["time,s", `${good},True`, `${good},OFF`, `${good},`]);
    expect(outcomes.map((row) => typeof row !== "string" && row.values)).toEqual([[1], [0], [Number.NaN]]);
  });

  test("of another unit is converted without dust", () => {
    const { outcomes, series } = interpreted(["time,p", `${good},-2.8601`], { units: { p: "kW:W" } });
    expect(outcomes).toMatchObject([{ values: [-2860.1] }]);
    expect(series).toEqual([{ site: "Imported data", device: "D", metric: "p", unit: "W" }]);
  });

  test("names its series, each once", () => {
    const { outcomes, series } = interpreted([
      "time,device,metric,unit,value",
      `${good},A,voltage,V,1`,
      `${good},B,voltage,V,2`,
      `${good},A,voltage,V,3`,
      `${good},A,,V,4`,
      `${good},A,odd,,5`,
    ]);
    expect(series).toEqual([
      { site: "Imported data", device: "A", metric: "voltage", unit: "V" },
      { site: "Imported data", device: "B", metric: "voltage", unit: "V" },
      { site: "Imported data", device: "A", metric: "odd", unit: "" },
    ]);
    expect(outcomes.map((row) => (typeof row === "string" ? row : row.series))).toEqual([
      [0],
      [1],
      [0],
      "the name in metric is empty",
      [2],
    ]);
  });

  test("of one series too many is bad", () => {
    const rows = Array.from({ length: SERIES_MAX + 1 }, (_, at) => `${good},m${at},1`);
    const { outcomes } = interpreted(["time,metric,value", ...rows]);
    expect(outcomes.at(-2)).toMatchObject({ values: [1] });
    expect(outcomes.at(-1)).toBe(`more than ${SERIES_MAX} metrics are named`);
  });
});
