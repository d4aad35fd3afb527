import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from "vitest";
import {
  addChecksums,
  HYDRO_DATABASE_ID,
  type PowerPSimulator,
  type PowerPSimulatorOptions,
  pointChecksum,
  startPowerPSimulator,
  type Tally,
} from "../../../simulators/powerp/index.ts";
import { kilowatch } from "../kilowatch.fixture.ts";

/** These tests run the real program against the simulator, side by side. */

const account = { env: { POWERP_CLIENT_ID: "demo-client", POWERP_CLIENT_SECRET: "demo-secret" } };
/** 31 minutes of 8 signals: 2 windows × 8 blocks of a signal each. */
const RANGE = { fromMs: Date.UTC(2026, 10, 20, 6), toMs: Date.UTC(2026, 10, 20, 6, 31) };
const SPAN = ["--from", "2026-11-20T06:00:00Z", "--to", "2026-11-20T07:31:00+01:00"];
const QUERY = ["--database", "123", "--signals", "1001..1008", "--block-size", "1", ...SPAN];
const CALLS = 16;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kilowatch-powerp-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function simulator(
  { onTestFinished }: TestContext,
  options: PowerPSimulatorOptions = {},
): Promise<PowerPSimulator> {
  const started = await startPowerPSimulator(options);
  onTestFinished(() => started.close());
  return started;
}

const call = (vendor: PowerPSimulator, ...args: readonly string[]): string[] => {
  const [name = "", ...rest] = args;
  return ["fetch", "powerp", name, "--url", vendor.url, ...rest];
};

/** Samples and checksum of a file's points, and how many of them are there twice. */
async function tallyOf(path: string): Promise<Tally & { readonly doubled: number }> {
  const seen = new Set<string>();
  let [samples, checksum, doubled] = [0, 0, 0];
  // However late the second half of a CR LF comes, it ends no line of its own.
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    if (line.startsWith("index")) continue;
    const [index = "", time = "", value = ""] = line.split(",");
    const point = `${index},${time}`;
    if (seen.has(point)) doubled++;
    seen.add(point);
    samples++;
    checksum = addChecksums(checksum, pointChecksum(Number(index), Date.parse(time), Number(value)));
  }
  return { samples, checksum, doubled };
}

function expected(vendor: PowerPSimulator): Tally & { readonly doubled: number } {
  let [samples, checksum] = [0, 0];
  for (let index = 1_001; index < 1_009; index++) {
    const tally = vendor.plant.tally(HYDRO_DATABASE_ID, String(index), RANGE);
    samples += tally.samples;
    checksum = addChecksums(checksum, tally.checksum);
  }
  return { samples, checksum, doubled: 0 };
}

describe.concurrent("fetch powerp query", () => {
  test("kill -9 twice on the way: every point exactly once, and no call for what was there", async (context) => {
    const vendor = await simulator(context);
    const path = join(folder, "killed.csv");
    const args = call(vendor, "query", ...QUERY, "--out", path);
    for (const [round, answered] of [4, 10].entries()) {
      const { code } = await kilowatch(round === 0 ? args : [...args, "--resume"], {
        ...account,
        async meanwhile(kill) {
          await vi.waitFor(() => expect(vendor.counters.answered).toBeGreaterThan(answered), {
            timeout: 30_000,
            interval: 5,
          });
          kill("SIGKILL");
        },
      });
      expect(code).toBeNull();
      expect((await stat(`${path}.progress`)).mode & 0o777).toBe(0o600);
    }
    const refused = await kilowatch([...args, "--resume", "--agg", "max"], account);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toMatch(/--agg was mean, not max/);
    const { code, out } = await kilowatch([...args, "--resume", "--json"], account);
    expect(code).toBe(0);
    expect(await tallyOf(path)).toEqual(expected(vendor));
    const sums = JSON.parse(out) as { points: number; pieces: { earlier: number; done: number } };
    expect(sums.points).toBe(expected(vendor).samples);
    expect(sums.pieces.earlier + sums.pieces.done).toBe(CALLS);
    // Three logins, and each kill may cost the 4 calls that were under way.
    expect(vendor.counters.answered).toBeLessThanOrEqual(CALLS + 3 + 2 * 4);
    expect(vendor.violations.count).toBe(0);
    await expect(stat(`${path}.progress`)).rejects.toThrow("ENOENT");
  });

  test("Ctrl-C: exit code 3 and how to go on; an unfinished download is not replaced", async (context) => {
    const vendor = await simulator(context);
    const path = join(folder, "stopped.csv");
    const args = call(vendor, "query", ...QUERY, "--out", path);
    const { code, err } = await kilowatch(args, {
      ...account,
      async meanwhile(kill) {
        await vi.waitFor(() => expect(vendor.counters.answered).toBeGreaterThan(6), { timeout: 30_000, interval: 5 });
        kill("SIGINT");
        kill("SIGINT");
      },
    });
    expect(code).toBe(3);
    expect(err).toContain(`Not complete: the same command with --resume goes on with ${path}.`);
    const again = await kilowatch(args, account);
    expect(again).toMatchObject({ code: 1, out: "" });
    expect(again.err).toMatch(/unfinished download: go on with it by --resume, or begin anew by --overwrite/);
    expect(await readFile(`${path}.progress`, "utf8")).not.toContain("demo-secret");
    expect((await kilowatch([...args, "--resume"], account)).code).toBe(0);
    expect(await tallyOf(path)).toEqual(expected(vendor));
  });

  test("faults on the way: the same points, and none twice", async (context) => {
    const faults = {
      "server-error": 0.1,
      truncated: 0.05,
      cut: 0.05,
      reset: 0.05,
      "repeated-point": 0.2,
      "token-revoked": { next: 2 },
    };
    const vendor = await simulator(context, { faults });
    const path = join(folder, "faults.csv");
    const args = call(vendor, "query", ...QUERY, "--out", path);
    let { code } = await kilowatch(args, account);
    await vendor.setFaults({});
    if (code === 3) code = (await kilowatch([...args, "--resume"], account)).code;
    expect(code).toBe(0);
    expect(await tallyOf(path)).toEqual(expected(vendor));
  });

  test("aggregates as NDJSON on stdout, with nothing but data there", async (context) => {
    const vendor = await simulator(context);
    const how = ["--window", "15m", "--agg", "max", "--json"];
    const args = call(vendor, "query", "--database", "123", "--signals", "1001,1003", ...SPAN, ...how);
    const { code, out, err } = await kilowatch(args, account);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const points = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { index: string; timestamp: string });
    expect(points.map(({ index, timestamp }) => `${index} ${timestamp.slice(11, 16)}`)).toEqual([
      ...["1001 06:00", "1001 06:15", "1001 06:30"],
      ...["1003 06:00", "1003 06:15", "1003 06:30"],
    ]);
  });

  test("an address where something else lives: said after one call, exit code 2, and no file is left", async (context) => {
    const vendor = await simulator(context);
    const path = join(folder, "elsewhere.csv");
    const args = ["fetch", "powerp", "query", "--url", vendor.url.replace("/api/", "/other/"), ...QUERY, "--out", path];
    const { code, err } = await kilowatch(args, account);
    expect(code).toBe(2);
    expect(err).toMatch(/error: PowerP refused the call \(HTTP 404\).*\/other\/\n$/);
    await expect(stat(path)).rejects.toThrow("ENOENT");
    expect(vendor.counters.seen).toBeLessThan(5);
  });

  test("a wrong secret: one call, exit code 2, shown nowhere, and no file is left", async (context) => {
    const vendor = await simulator(context);
    const path = join(folder, "wrong.csv");
    const env = { POWERP_CLIENT_ID: "demo-client", POWERP_CLIENT_SECRET: "hunter2" };
    const { code, out, err } = await kilowatch(call(vendor, "query", ...QUERY, "--out", path), { env });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/Check the client id and the secret; nothing more was sent\.\n$/);
    expect(err).not.toContain("hunter2");
    expect(vendor.counters.seen).toBe(1);
    await expect(stat(path)).rejects.toThrow("ENOENT");
  });
});

describe.concurrent("fetch powerp", () => {
  test("select by what signals are, with and without v2: the same points", async (context) => {
    const args = [
      ...["--database", "123", "--selector", "level=U1,signal=active_power"],
      ...["--from", "2026-11-20T06:00:00Z", "--to", "2026-11-20T06:00:10Z"],
    ];
    const [first, second] = await Promise.all(
      [true, false].map(async (v2) => kilowatch(call(await simulator(context, { v2 }), "select", ...args), account)),
    );
    expect(first?.code).toBe(0);
    const lines = first?.out.trimEnd().split("\n") ?? [];
    expect(lines[0]).toBe("streamKey,tag,timestamp,value");
    expect(lines[1]).toMatch(/^S1\.U1\.active_power,S1\.U1\.active_power,2026-11-20T06:00:0/);
    expect(second).toMatchObject({ code: 0, out: first?.out });
  });

  test("latest of more signals than a call may name, one of which there is not: exit code 3", async (context) => {
    const vendor = await simulator(context);
    const { code, out, err } = await kilowatch(
      call(vendor, "latest", "--database", "123", "--signals", "1001..1025,9999", "--json"),
      account,
    );
    expect(code).toBe(3);
    expect(err).toBe("without a value: 9999\n");
    const { points } = JSON.parse(out) as { points: { index: string }[] };
    expect(points.map(({ index }) => index)).toEqual(Array.from({ length: 25 }, (_, at) => String(1_001 + at)));
  });

  test("databases, signals, vocabulary and explain", async (context) => {
    const vendor = await simulator(context);
    const [databases, measurements, vocabulary, explain] = await Promise.all([
      kilowatch(call(vendor, "databases"), account),
      kilowatch(call(vendor, "measurements", "--database", "124", "--json"), account),
      kilowatch(call(vendor, "vocabulary", "--database", "123"), account),
      kilowatch(
        call(
          vendor,
          "select",
          "--database",
          "123",
          "--selector",
          "site=S1",
          "--from",
          "2026-11-20",
          "--to",
          "2026-11-20",
          "--explain",
          "--json",
        ),
        account,
      ),
    ]);
    expect(databases.out).toMatch(/^id,name,connectionId,powerPlantId\n123,/);
    expect((JSON.parse(measurements.out) as { measurements: unknown[] }).measurements).toHaveLength(20);
    expect(vocabulary.out).toContain("\nsite,S1\n");
    expect(JSON.parse(explain.out)).toMatchObject({ call: "explain", query: { seriesRequested: 400 } });
  });
});
