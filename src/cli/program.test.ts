import { afterEach, describe, expect, test, vi } from "vitest";
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
  for (const add of [addDemo, addServe, addFetch, addPlan, addSimulate]) add(program);
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

test.each([["demo"], ["serve"], ["fetch"], ["fetch energygrid"], ["plan"], ["plan energygrid"], ["simulate"]])(
  "help of %s is on stdout and holds an example",
  async (command) => {
    const { code, out, err } = await kilowatch([...command.split(" "), "--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/Examples?:\n {2}\$ .*kilowatch /);
  },
);

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
    ["no port", "simulate --port 70000", /--port must be a whole number from 0 to 65535/],
    ["an unknown simulator", "simulate sunnyplace", /no simulator of "sunnyplace"/],
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

test("simulate lists its faults", async () => {
  const { out } = await kilowatch(["simulate", "--faults", "help"]);
  expect(out).toMatch(/^storm=<share\|Nx> +429/m);
  expect(out).toMatch(/^jitter-ms=<ms> /m);
});
