import { afterEach, describe, expect, test, vi } from "vitest";
import { addAudit } from "./audit.ts";
import { addDemo } from "./demo.ts";
import { addFetch } from "./fetch.ts";
import { addPlan } from "./plan.ts";
import { createProgram, run } from "./program.ts";
import { addServe } from "./serve.ts";
import { addSimulate } from "./simulate.ts";

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

async function kilowatch(args: readonly string[]): Promise<{ code: unknown; out: string; err: string }> {
  const program = createProgram();
  for (const add of [addDemo, addServe, addFetch, addPlan, addSimulate, addAudit]) add(program);
  const said = { out: "", err: "" };
  const keep = (name: "out" | "err") => (text: string | Uint8Array) => {
    said[name] += String(text);
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(keep("out"));
  vi.spyOn(process.stderr, "write").mockImplementation(keep("err"));
  await run(program, ["node", "kilowatch", ...args]);
  return { code: process.exitCode, ...said };
}

const COMMANDS = [
  ...["demo", "serve", "simulate", "fetch", "plan", "audit", "audit verify"],
  ...["energygrid", "elecnova", "powerp"].flatMap((vendor) => [`fetch ${vendor}`, `plan ${vendor}`]),
];

test.each(COMMANDS)("help of %s is on stdout and holds an example", async (command) => {
  const { code, out, err } = await kilowatch([...command.split(" "), "--help"]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/Examples?:\n {2}\$ .*kilowatch /);
});

const RANGE = "--from 2026-11-20 --to 2026-11-20";
const QUERY = `plan powerp query --database 123 --signals 1001 ${RANGE}`;
const SELECT = `plan powerp select --database 123 --selector site=S1 ${RANGE}`;

describe("bad use ends with exit code 1 and one line that names it", () => {
  test.each<[string, string, RegExp]>([
    ["an unknown command", "fetsch", /unknown command 'fetsch'.*Did you mean fetch/],
    ["an unknown vendor", "fetch sunnyplace", /unknown command 'sunnyplace'/],
    ["an unknown option", "plan energygrid --serial SN-1", /unknown option '--serial'.*Did you mean --serials/],
    ["a secret as an argument", "fetch energygrid --token hunter2", /'--token'.*a secret is never an argument/],
    ["a secret behind an equals sign", "simulate --secret=hunter2", /'--secret': a secret is never an argument/],
    ["an argument too many", "plan energygrid SN-001", /too many arguments/],
    [
      "a token file that is not there",
      "fetch energygrid --token-file /nowhere/t",
      /cannot be read \(ENOENT\): \/nowhere\/t/,
    ],
    ["no serials", "plan energygrid --serials ,", /serials/],
    ["a range that goes down", "plan energygrid --serials SN-9..SN-1", /"SN-9\.\.SN-1"/],
    ["no address", "plan energygrid --url localhost:3000", /--url must be an address/],
    ["a password in the address", "plan energygrid --url http://a:hunter2@b", /no user name and no password/],
    ["a query in the address", "plan energygrid --url http://a/?b=c", /no \? and no #/],
    ["a report in an unknown form", "plan energygrid --out report.xls", /--out must end in \.json or \.csv/],
    ["a report where no folder is", "plan energygrid --out /nowhere/r.csv", /folder does not exist: \/nowhere/],
    ["no port", "simulate energygrid --port 70000", /--port must be a whole number from 0 to 65535/],
    ["no call", "fetch powerp", /missing required argument 'call'/],
    ["an unknown call", "fetch elecnova cabinet", /There is no call "cabinet"; there is: cabinets, /],
    ["a call without what it needs", "plan elecnova pv-monthly --sn ESS-001", /^error: pv-monthly needs --month; /],
    ["a query without what it needs", "plan powerp query --signals 1001", /query needs --database, --from, --to; /],
    ["an option of another call", "plan elecnova cabinets --month 2026-03", /cabinets takes no --month\.$/m],
    ["a profile of neither kind", "plan elecnova cabinets --profile new", /--profile must be live or documented/],
    ["no month", "plan elecnova pv-monthly --sn A --month 2026-13", /--month must be a month such as/],
    ["no year", "plan elecnova pv-yearly --sn A --year 26", /--year must be a year such as/],
    ["no mode", "plan elecnova topics --sn A --mode 3", /--mode must be 1 \(cabinet\) or 2 \(component\)/],
    ["no cabinets", "plan elecnova components --sn A..B", /^error: --sn: "A\.\.B" must end in a number/],
    ["no time", "plan elecnova pv-power --sn A --from yesterday --to 2026-11-20", /--from must be a date or a time/],
    [
      "a broker without TLS",
      "plan elecnova live --sn A --mqtt-url mqtt://localhost",
      /--mqtt-url must be an address such as mqtts:/,
    ],
    [
      "a certificate that is not there",
      "plan elecnova live --sn A --mqtt-ca /nowhere/c",
      /--mqtt-ca cannot be read \(ENOENT\)/,
    ],
    ["no length of time", "plan elecnova live --sn A --for 30", /--for must be a time such as 30s/],
    ["no number of readings", "plan elecnova live --sn A --count 0", /--count must be a whole number from 1/],
    ["no signals", `${QUERY} --signals 9..1`, /^error: --signals: "9\.\.1" must go upwards/],
    [
      "more signals a call than the vendor takes",
      `${QUERY} --block-size 21`,
      /--block-size must be a whole number from 1 to 20/,
    ],
    ["no window", `${QUERY} --window 5min`, /--window must be a period such as 200ms/],
    ["a range that ends before it begins", `${QUERY} --to 2026-11-01`, /--to must be after --from/],
    ["points in an unknown form", `fetch ${QUERY.slice(5)} --out p.json`, /--out must end in \.csv or \.ndjson/],
    ["to go on with nothing", `${QUERY} --resume`, /--resume and --overwrite need a download/],
    ["to go on and to begin anew", `${QUERY} --out p.csv --resume --overwrite`, /choose one/],
    ["no selector", `${SELECT} --selector site`, /"site" is no pair such as site=S1/],
    ["windows of both kinds", `${SELECT} --window 1s --max-points 9`, /give one or the other/],
    ["no such interface", `${SELECT} --api v3`, /--api must be auto, v1 or v2/],
    ["signals and a selector", "plan powerp latest --database 1 --signals 1 --selector a=b", /and not both/],
    ["a port for all simulators", "simulate --port 3000", /--port is for one simulator/],
    [
      "a broker's port for a vendor without one",
      "simulate powerp --mqtt-port 1884",
      /--mqtt-port is for a simulator with a broker/,
    ],
    ["a fault of another vendor", "simulate powerp --faults code-500=1x", /--faults: "code-500" is no fault/],
    ["an unknown simulator", "simulate sunnyplace", /no simulator of "sunnyplace"/],
    ["a place that is none", "audit verify --after last", /--after must be the number of an entry/],
    ["no data folder", "audit verify --data-dir /nowhere", /There is no \/nowhere\/catalogue\.db.*--data-dir/],
    ["an unknown fault", "simulate --faults rain=1", /--faults: "rain" is no fault/],
  ])("%s", async (_name, args, words) => {
    const { code, out, err } = await kilowatch(args.split(" "));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(words);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(err).not.toContain("hunter2");
  });
});

test("plan without --json is for a person", async () => {
  const { code, out } = await kilowatch(["plan", "energygrid", "--serials", "SN-000..SN-499"]);
  expect(code).toBeUndefined();
  expect(out).toContain("50");
  expect(out).toContain("49 s at the vendor's limit");
});

async function planOf(args: string): Promise<unknown> {
  const { code, out } = await kilowatch(["plan", ...args.split(" "), "--json"]);
  expect(code).toBeUndefined();
  return JSON.parse(out);
}

describe("plan powerp", () => {
  test("a raw day of 200 signals: 48 windows of 20 blocks, 10 a second", async () => {
    const args = `powerp query --database 123 --signals 1001..1200 ${RANGE}`;
    expect(await planOf(args)).toEqual({
      vendor: "powerp",
      call: "query",
      requestsPerSecond: 10,
      calls: 960,
      spanMs: 96_000,
      windows: 48,
      blocks: 20,
      assumed: [],
    });
    const { out } = await kilowatch(["plan", ...args.split(" ")]);
    expect(out).toContain("Calls: 960: 48 windows × 20 blocks of signals, and one for the login");
    expect(out).toContain("our courtesy, since the vendor publishes no rate");
    expect(out).toContain("newest window first");
  });

  test("as many signals a call as the vendor takes halve the calls", async () => {
    const args = `powerp query --database 123 --signals 1001..1200 ${RANGE} --block-size 20`;
    expect(await planOf(args)).toMatchObject({ calls: 480, blocks: 10 });
  });

  test("latest: 20 signals a call", async () => {
    expect(await planOf("powerp latest --database 123 --signals 1001..1020")).toMatchObject({ calls: 1 });
    expect(await planOf("powerp latest --database 123 --signals 1001..1021")).toMatchObject({ calls: 2 });
  });

  test("select: what only the vendor knows is said to be assumed", async () => {
    const { assumed } = (await planOf(SELECT.slice(5))) as { assumed: string[] };
    expect(assumed.join()).toMatch(/has v2.*selects 10 signals/);
  });
});

describe("plan elecnova", () => {
  test("one call a cabinet, two where its zone is asked for first", async () => {
    const range = "--sn ESS-001..ESS-500";
    expect(await planOf(`elecnova pv-power ${range} ${RANGE}`)).toMatchObject({
      calls: 500,
      spanMs: 5_000,
      assumed: [],
    });
    expect(await planOf(`elecnova pv-daily ${range}`)).toMatchObject({ calls: 1_000, freshnessMs: 10_000 });
    expect(await planOf(`elecnova pv-daily ${range} --time-zone Europe/Berlin`)).toMatchObject({ calls: 500 });
  });

  test("cabinets: how many there are is assumed", async () => {
    const { out } = await kilowatch(["plan", "elecnova", "cabinets"]);
    expect(out).toMatch(/Calls: 1, and one for the login\n.*\n.*\nAssumed: the account has fewer than 100 cabinets/);
  });
});

test("simulate lists its faults", async () => {
  const { out } = await kilowatch(["simulate", "--faults", "help"]);
  expect(out).toMatch(/^storm=<share\|Nx> +429/m);
  expect(out).toMatch(/^jitter-ms=<ms> /m);
  expect(out).toMatch(/^code-500=<share\|Nx> +Elecnova: /m);
  expect(out.match(/^storm=/gm)).toHaveLength(1);
});
