import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kilowatch } from "../../src/cli/kilowatch.fixture.ts";
import { INGEST_SETTINGS_DEFAULT } from "../../src/domain/api-key.ts";
import { type ApiServer, startApiServer } from "../api/api-server.ts";
import { type Ended, runHere } from "./run-here.ts";

/** The real commands against a real server, whose engine alone is in memory. */

/** Where no server answers. */
const NOBODY = "http://127.0.0.1:1";
const PV = join(import.meta.dirname, "pv");
const SERF = join(PV, "serf_east_1min.csv");
const STALE = join(PV, "inv_2173_stale.csv");
const RSF = join(PV, "nrel_rsf_ii.csv");

let server: ApiServer;
let url = "";
let folder = "";
let key = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-data-commands-"));
  server = await startApiServer();
  url = await server.app.listen({ host: "127.0.0.1", port: 0 });
  key = await newKey(["read", "ingest", "manage"]);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function newKey(scopes: readonly ("read" | "ingest" | "manage")[]): Promise<string> {
  const ingest = INGEST_SETTINGS_DEFAULT;
  const made = await server.catalogue.apiKeys.create({ name: "cli", scopes, siteIds: null, expiresAtMs: null, ingest });
  return made.text;
}

/** Runs a command against the server; an empty key is none. */
function run(args: readonly string[], apiKey = key): Promise<Ended> {
  const [command = "", ...rest] = args;
  return runHere([command, "--url", url, ...rest], { KILOWATCH_API_KEY: apiKey, HOME: folder });
}

interface Reading {
  readonly site: string;
  readonly device: string;
  readonly metric: string;
  readonly unit: string;
  readonly time: string;
  readonly value: number;
  readonly quality: string;
}

async function exported(...selection: readonly string[]): Promise<Reading[]> {
  const { code, out, err } = await run(["export", "--format", "ndjson", ...selection]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Reading);
}

/** A file's rows by the plainest of readers: none of these files has quotes. */
function table(path: string): { readonly header: string[]; readonly rows: string[][] } {
  const [header = [], ...rows] = readFileSync(path, "utf8")
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.split(","));
  return { header, rows };
}

/** What a column of a file should come out as: ISO time and value, in order. */
function column(
  path: string,
  name: string,
  timeOf: (text: string) => string,
  valueOfCell: (cell: string) => number = Number,
): [string, number][] {
  const { header, rows } = table(path);
  const at = header.indexOf(name);
  return rows
    .filter((cells) => cells[at] !== "")
    .map((cells): [string, number] => [timeOf(cells[0] ?? ""), valueOfCell(cells[at] ?? "")]);
}

const withOffset = (text: string): string => new Date(text.replace(" ", "T")).toISOString();
/** January in Denver is seven hours behind. */
const inDenver = (text: string): string => {
  const [, month, day, year, hour, minute] = (/^(\d+)\/(\d+)\/(\d+) (\d+):(\d+)$/.exec(text) ?? []).map(Number);
  return new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day, (hour ?? 0) + 7, minute)).toISOString();
};
const inWatts = (kilowatts: string): number => Number(`${kilowatts}e3`);
const pairs = (readings: readonly Reading[], metric: string): [string, number][] =>
  readings.filter((reading) => reading.metric === metric).map(({ time, value }) => [time, value]);

describe("real measurements", () => {
  test("of a plant in local time come out as they went in", async () => {
    const imported = await run([
      ...["import", SERF, "--site", "SERF East", "--device", "plant", "--timezone", "America/Denver"],
      ...["--columns", "active_power=ac_power__752", "--unit", "active_power=kW:W", "--yes", "--json"],
    ]);
    expect(imported.err).toMatch(/Site {5}"SERF East" \(new, timezone America\/Denver\)/);
    expect(imported.err).toMatch(/ac_power__752 {2}metric active_power, unit kW, stored in W \(× 1000\)/);
    expect(imported.code).toBe(0);
    expect(JSON.parse(imported.out)).toMatchObject({ complete: true, rows: 1_410, readings: 1_410, badRows: 0 });

    const readings = await exported("--site", "SERF East");
    expect(pairs(readings, "active_power")).toEqual(column(SERF, "ac_power__752", withOffset, inWatts));
    expect(readings[0]).toMatchObject({ site: "SERF East", device: "plant", unit: "W", quality: "good" });
    const { items } = await server.catalogue.sites.list({ limit: 10 }, null);
    expect(items.find(({ name }) => name === "SERF East")).toMatchObject({ timezone: "America/Denver" });
  });

  test("have the energy of each local day that a figure beside Kilowatch has", async () => {
    const { code, out, err } = await run([
      ...["query", "--site", "SERF East", "--name", "active_power", "--json"],
      ...["--from", "2022-03-18", "--to", "2022-03-19", "--step", "P1D", "--agg", "integral"],
    ]);
    expect(err).toBe("");
    expect(code).toBe(0);
    const [series] = (JSON.parse(out) as { series: { unit: string; points: { time: string; value: number }[] }[] })
      .series;
    expect(series).toMatchObject({ unit: "W.h", timezone: "America/Denver", step: "P1D" });
    const energies = dailyEnergies(column(SERF, "ac_power__752", withOffset, inWatts));
    expect(series?.points.map(({ time }) => time)).toEqual(energies.map(({ time }) => time));
    for (const [at, { energyWh }] of energies.entries()) {
      expect(series?.points[at]?.value).toBeCloseTo(energyWh, 4);
      expect(Math.abs(energyWh)).toBeGreaterThan(1_000_000);
    }
  });

  test("with labels and holes come out as they went in", async () => {
    const imported = await run(["import", STALE, "--site", "Inverters", "--yes"]);
    expect(imported.code).toBe(0);
    expect(imported.out).toMatch(/^Stored: \d+ readings of 2 metrics\nRows: 85\n/);
    const readings = await exported("--device", "inv_2173_stale");
    expect(pairs(readings, "value_normalized")).toEqual(column(STALE, "value_normalized", withOffset));
    const isTrue = (cell: string): number => (cell === "True" ? 1 : 0);
    expect(pairs(readings, "stale_data_mask")).toEqual(column(STALE, "stale_data_mask", withOffset, isTrue));
  });

  test("of twelve columns whose dates may be read either way come out as they went in", async () => {
    const imported = await run(["import", RSF, "--site", "RSF II", "--timezone", "America/Denver", "--yes"]);
    expect(imported.err).toMatch(/the month first, so that rows follow one another every 15 min\n/);
    expect(imported.code).toBe(0);
    const readings = await exported("--site", "RSF II");
    const { header } = table(RSF);
    const metrics = header.slice(1);
    expect(readings).toHaveLength(192 * 12);
    for (const metric of metrics) {
      const valueOfCell = metric.includes("_kw_") ? inWatts : Number;
      expect(pairs(readings, metric)).toEqual(column(RSF, metric, inDenver, valueOfCell));
    }
    const units = new Map(readings.map(({ metric, unit }) => [metric.replace(/_+\d+$/, ""), unit]));
    expect(Object.fromEntries(units)).toMatchObject({
      ac_power_kw: "W",
      inv2_ac_power_w: "W",
      poa_irradiance: "W/m2",
      module_temp: "Cel",
      wind_speed: "m/s",
      inv2_dc_power: "1",
    });
  });
});

const HOUR_MS = 3_600_000;

/** The area under the line through the readings, by local day in Denver (summer time), in W.h; gaps of more than an hour count nothing. */
function dailyEnergies(readings: readonly (readonly [string, number])[]): { time: string; energyWh: number }[] {
  const dayOf = (timeMs: number): number => Math.floor((timeMs - 6 * HOUR_MS) / 86_400_000);
  const energies = new Map<number, number>();
  for (const [at, [time, value]] of readings.slice(1).entries()) {
    const [fromMs, from] = [Date.parse(readings[at]?.[0] ?? ""), readings[at]?.[1] ?? Number.NaN];
    const toMs = Date.parse(time);
    if (toMs - fromMs > HOUR_MS) continue;
    // The one pair of readings about midnight has it as its second reading's time.
    expect(dayOf(toMs - 1)).toBe(dayOf(fromMs));
    const energyWh = (((from + value) / 2) * (toMs - fromMs)) / HOUR_MS;
    energies.set(dayOf(fromMs), (energies.get(dayOf(fromMs)) ?? 0) + energyWh);
  }
  return [...energies].map(([day, energyWh]) => ({
    time: new Date(day * 86_400_000 + 6 * HOUR_MS).toISOString(),
    energyWh,
  }));
}

describe("an import", () => {
  const good = "time,v\n2026-01-01T00:00:00Z,1\n2026-01-01T00:15:00Z,2\n";
  const into = (device: string): string[] => ["--site", "Imports", "--device", device];
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  test("asks first, and without anybody to ask writes nothing", async () => {
    const { code, out, err } = await run(["import", file("asked.csv", good), ...into("asked")]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^File {5}asked\.csv: CSV, commas between\n/);
    expect(err).toMatch(/nobody to ask, and --yes writes without asking\.\n$/);
    expect(await server.catalogue.devices.all().then((all) => all.some(({ name }) => name === "asked"))).toBe(false);
  });

  test("that is tried out writes nothing, and needs no server", async () => {
    const path = file("dry.csv", good);
    const { code, out, err } = await runHere(["import", path, "--dry-run", "--json", "--url", NOBODY], {});
    expect(err).toMatch(
      /Checked {2}2 rows: 2 readings of 1 metric, 2026-01-01T00:00:00.000Z to 2026-01-01T00:15:00.000Z/,
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ dryRun: true, complete: true, readings: 2, stored: null });
  });

  test("of a file with bad rows writes nothing, and says where they are", async () => {
    const path = file("bad.csv", `${good}2026-13-01T00:00:00Z,3\n2026-01-01T00:30:00Z,4\n`);
    const { code, err } = await run(["import", path, ...into("bad"), "--yes"]);
    expect(code).toBe(2);
    expect(err).toMatch(/Bad {6}1 row\n {9}line 4: "2026-13-01T00:00:00Z" is no time of the column's form\n/);
    expect(err).toMatch(/Nothing was written: .*--bad-rows skip/);
    const skipped = await run(["import", path, ...into("bad"), "--yes", "--bad-rows", "skip", "--json"]);
    expect(skipped.code).toBe(3);
    expect(JSON.parse(skipped.out)).toMatchObject({ complete: false, badRows: 1, stored: { readings: 3 } });
    expect(pairs(await exported("--device", "bad"), "v").map(([, value]) => value)).toEqual([1, 2, 4]);
  });

  test("may be repeated without harm", async () => {
    const path = file("again.csv", good);
    for (let time = 0; time < 2; time++) {
      const { code } = await run(["import", path, ...into("again"), "--yes"]);
      expect(code).toBe(0);
    }
    expect(pairs(await exported("--device", "again"), "v").map(([, value]) => value)).toEqual([1, 2]);
    expect(readdirSync(join(folder, ".cache", "kilowatch", "imports"))).toEqual([]);
  });

  test("of local times takes the site's timezone, and says so", async () => {
    const path = file("local.csv", "time,v\n2022-01-02 00:00,1\n2022-01-02 00:15,2\n");
    const unknown = await run(["import", path, "--site", "Nowhere yet", "--yes"]);
    expect(unknown.code).toBe(1);
    expect(unknown.err).toMatch(/have no offset: name their timezone, such as --timezone Europe\/Madrid/);
    const known = await run(["import", path, "--site", "SERF East", "--device", "local", "--yes"]);
    expect(known.err).toMatch(/local time of America\/Denver \(the site's\)/);
    expect(pairs(await exported("--device", "local"), "v")[0]).toEqual(["2022-01-02T07:00:00.000Z", 1]);
  });

  test("in another unit than its metric is refused with the flag that helps", async () => {
    const text = "time,power_kw\n2026-01-01T00:00:00Z,1\n2026-01-01T00:15:00Z,2\n";
    const path = file("unit.csv", text);
    expect((await run(["import", path, ...into("unit"), "--unit", "power_kw=kW", "--yes"])).code).toBe(0);
    const { code, err } = await run(["import", path, ...into("unit"), "--yes"]);
    expect(code).toBe(1);
    expect(err).toMatch(/The metric power_kw is in kW, .* add --unit "power_kw=kW:kW"/);
    const readings = await exported("--device", "unit");
    expect(readings.map(({ unit, value }) => [unit, value])).toEqual([
      ["kW", 1],
      ["kW", 2],
    ]);
  });

  test("through a pipe takes an export as it is", async () => {
    const before = await exported("--device", "inv_2173_stale");
    const csv = await run(["export", "--device", "inv_2173_stale"]);
    const moved = csv.out.replaceAll(",Inverters,", ',"Elsewhere, too",');
    const env = { KILOWATCH_API_KEY: key, HOME: folder };
    const { code, err } = await kilowatch(["import", "-", "--url", url, "--yes"], { env, input: moved });
    expect(err).toMatch(/Site {5}of each row: column site\nDevice {3}of each row: column device\n/);
    expect(code).toBe(0);
    const after = await exported("--site", "Elsewhere, too");
    const bare = ({ device, metric, unit, time, value }: Reading) => ({ device, metric, unit, time, value });
    expect(after.map(bare)).toEqual(before.map(bare));
  });

  test("with a key that may only write goes on without looking", async () => {
    const apiKey = await newKey(["ingest"]);
    const { code, err } = await run(["import", file("blind.csv", good), ...into("blind"), "--yes"], apiKey);
    expect(err).toMatch(/Site {5}"Imports" \(created when it is new\)/);
    expect(code).toBe(0);
    expect(await exported("--device", "blind")).toHaveLength(2);
  });

  test("with a key that may not write fails, and says why", async () => {
    const apiKey = await newKey(["read"]);
    const { code, err } = await run(["import", file("reader.csv", good), ...into("reader"), "--yes"], apiKey);
    expect(code).toBe(2);
    expect(err).toMatch(/error: The server refused \(403\): This API key's scopes do not allow this\.\n$/);
  });

  test("without a key says where one comes from", async () => {
    const path = file("keyless.csv", good);
    const { code, err } = await run(["import", path, "--yes"], "");
    expect(code).toBe(1);
    expect(err).toMatch(/The Kilowatch API key is not set: put it into KILOWATCH_API_KEY, .* --key-file\.\n$/);
  });
});

describe("an export", () => {
  test("is the same as CSV, NDJSON and Parquet", async () => {
    const readings = await exported("--site", "RSF II");
    const csv = await run(["export", "--site", "RSF II"]);
    const [header, ...lines] = csv.out.trimEnd().split("\n");
    expect(header).toBe("metricId,site,device,metric,unit,time,value,quality");
    expect(lines.map((line) => line.split(",").slice(1))).toEqual(
      readings.map((row) => [row.site, row.device, row.metric, row.unit, row.time, String(row.value), row.quality]),
    );

    const path = join(folder, "all.parquet");
    const { code, out } = await run(["export", "--site", "RSF II", "--out", path]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Written: .*all\.parquet\nReadings: 2304 of 12 metrics\n/);
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
    expect(rows.map((row) => ({ ...row, time: (row["time"] as Date).toISOString() }))).toEqual(readings);
  });

  test("is of a range, whose dates are UTC's", async () => {
    const range = ["--from", "2022-01-03", "--to", "2022-01-03T12:00:00Z"];
    const readings = await exported("--site", "RSF II", "--name", "wind_speed__1051", ...range);
    expect(readings.map(({ time }) => time)).toEqual(
      Array.from({ length: 48 }, (_, at) => new Date(Date.UTC(2022, 0, 3) + at * 900_000).toISOString()),
    );
  });

  test("replaces no file unless told to", async () => {
    const path = join(folder, "kept.csv");
    writeFileSync(path, "kept");
    const refused = await run(["export", "--site", "RSF II", "--out", path]);
    expect(refused.code).toBe(1);
    expect(readFileSync(path, "utf8")).toBe("kept");
    expect((await run(["export", "--site", "RSF II", "--out", path, "--overwrite"])).code).toBe(0);
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(2_306);
  });

  test.each([
    ["nothing selected", [], 1, /Say which metrics/],
    ["a site that is not there", ["--site", "Atlantis"], 2, /There is no site "Atlantis"; there is "SERF East"/],
    ["a device that is not there", ["--device", "D9"], 2, /There is no device "D9"/],
    ["a metric by its name", ["--metric", "voltage"], 1, /goes with --name/],
    [
      "a name that is not there",
      ["--site", "SERF East", "--name", "soc"],
      2,
      /no metric soc there; there is active_power/,
    ],
    ["an ending that says nothing", ["--site", "RSF II", "--out", "x.txt"], 1, /--format/],
    ["an end before its start", ["--site", "RSF II", "--from", "2022-01-03", "--to", "2022-01-02"], 1, /after --from/],
  ])("with %s is refused", async (_what, args, code, words) => {
    const ended = await run(["export", ...args]);
    expect(ended).toMatchObject({ code, out: "" });
    expect(ended.err).toMatch(words);
  });

  test("needs no key where everybody may look, and says so where not", async () => {
    const open = await startApiServer({ visitorsMayLook: true });
    const openUrl = await open.app.listen({ host: "127.0.0.1", port: 0 });
    const looked = await runHere(["export", "--url", openUrl, "--site", "Atlantis"], { KILOWATCH_API_KEY: "" });
    await open.close();
    expect(looked.err).toMatch(/There is no site "Atlantis"/);
    const refused = await run(["export", "--site", "RSF II"], "");
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toMatch(/The Kilowatch API key is not set/);
  });

  test("of a server that is not there says so", async () => {
    const { code, err } = await runHere(["export", "--url", NOBODY, "--site", "x"], { KILOWATCH_API_KEY: "" });
    expect(code).toBe(2);
    expect(err).toMatch(/^error: No server answers at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)/);
  });
});

describe("a query", () => {
  const rsf = ["query", "--site", "RSF II", "--name", "wind_speed__1051", "--name", "module_temp__1056"];

  test("into a pipe is CSV in UTC, and says beside it what the numbers are", async () => {
    const { code, out, err } = await run([...rsf, "--from", "2022-01-02", "--to", "2022-01-02", "--step", "PT12H"]);
    expect(code).toBe(0);
    const [header, ...lines] = out.trimEnd().split("\n");
    expect(header).toBe("metricId,site,device,metric,unit,time,value");
    expect(lines.map((line) => line.split(",").slice(3, 6))).toEqual([
      ["module_temp__1056", "Cel", "2022-01-02T00:00:00.000Z"],
      ["module_temp__1056", "Cel", "2022-01-02T12:00:00.000Z"],
      ["module_temp__1056", "Cel", "2022-01-03T00:00:00.000Z"],
      ["wind_speed__1051", "m/s", "2022-01-02T00:00:00.000Z"],
      ["wind_speed__1051", "m/s", "2022-01-02T12:00:00.000Z"],
      ["wind_speed__1051", "m/s", "2022-01-03T00:00:00.000Z"],
    ]);
    expect(err).toMatch(
      /^6 values of 2 metrics: mean by PT12H, 2022-01-02T07:00:00.000Z to 2022-01-03T07:00:00.000Z, times in UTC\.\n/,
    );
  });

  test("in another timezone reads and writes that one's times", async () => {
    const { code, out } = await run([
      ...rsf,
      "--from",
      "2022-01-03",
      "--to",
      "2022-01-03",
      "--step",
      "P1D",
      "--tz",
      "Asia/Tokyo",
      "--format",
      "ndjson",
    ]);
    expect(code).toBe(0);
    const times = out
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { time: string }).time);
    expect(times).toEqual(["2022-01-03T00:00:00.000+09:00", "2022-01-03T00:00:00.000+09:00"]);
  });

  test("of raw readings has all of them, over pages", async () => {
    const { code, out } = await run([
      "query",
      "--device",
      "plant",
      "--from",
      "2022-03-18",
      "--to",
      "2022-03-19",
      "--step",
      "raw",
      "--tz",
      "UTC",
    ]);
    expect(code).toBe(0);
    expect(out.trimEnd().split("\n")).toHaveLength(
      1 + column(SERF, "ac_power__752", withOffset).filter(([time]) => time < "2022-03-20").length,
    );
  });

  test("is a table when asked for", async () => {
    const { out } = await run([
      ...rsf,
      "--from",
      "2022-01-03",
      "--to",
      "2022-01-03",
      "--step",
      "P1D",
      "--format",
      "table",
    ]);
    expect(out).toMatch(/nrel_rsf_ii/);
    expect(out).toMatch(/2022-01-03T00:00:00\.000-07:00/);
  });

  test("without a range is refused", async () => {
    const { code, err } = await run([...rsf]);
    expect(code).toBe(1);
    expect(err).toMatch(/needs --from and --to/);
  });
});
