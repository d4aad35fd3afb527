import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from "vitest";
import { type EnergyGridSimulator, type Faults, startEnergyGridSimulator } from "../../simulators/energygrid/index.ts";
import type { SweepReport } from "./energygrid/sweep-report.ts";
import { kilowatch, PROGRAM } from "./kilowatch.fixture.ts";

/** These tests run the real program in processes of its own; they wait on each other's seconds, so they run side by side. */

const TOKEN = "interview_token_123";

async function simulator({ onTestFinished }: TestContext, faults: Faults = {}): Promise<EnergyGridSimulator> {
  const started = await startEnergyGridSimulator({ faults });
  onTestFinished(() => started.close());
  return started;
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kilowatch-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const withToken = { env: { ENERGYGRID_TOKEN: TOKEN } };

test.concurrent("help is on stdout, with exit code 0", async () => {
  const { code, out, err } = await kilowatch(["--help"]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("Commands:");
});

describe.concurrent("bad use ends with exit code 1 and one line that names it", () => {
  test("a secret as an argument, which is not repeated", async () => {
    const { code, out, err } = await kilowatch(["fetch", "energygrid", "--token=hunter2"]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe(
      "error: unknown option '--token': a secret is never an argument; --help says where it comes from\n",
    );
  });

  test("no token anywhere, and nobody to ask", async () => {
    const { code, err } = await kilowatch(["fetch", "energygrid"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: .*ENERGYGRID_TOKEN.*--token-file\.\n$/);
  });

  test("a port that is taken", async ({ onTestFinished }) => {
    const server = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const { code, err } = await kilowatch(["simulate", "energygrid", "--port", port]);
    expect(code).toBe(1);
    expect(err).toBe(`error: 127.0.0.1:${port} is taken: choose another port with --port.\n`);
  });
});

describe.concurrent("plan energygrid", () => {
  test("the reference fleet: 50 requests, 49 s, and nothing is sent", async (context) => {
    const vendor = await simulator(context);
    const { code, out, err } = await kilowatch([
      "plan",
      "energygrid",
      "--serials",
      "SN-000..SN-499",
      "--url",
      vendor.url,
    ]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("Requests: 50");
    expect(out).toContain("One sweep: 49 s");
    expect(vendor.counters.seen).toBe(0);
  });

  test("as JSON", async () => {
    const { out } = await kilowatch(["plan", "energygrid", "--serials", "SN-000..SN-499", "--json"]);
    expect(JSON.parse(out)).toEqual({
      vendor: "energygrid",
      devices: 500,
      requests: 50,
      spanMs: 49_000,
      freshnessMs: 50_000,
    });
  });
});

describe.concurrent("fetch energygrid", () => {
  test("twenty inverters: the report as JSON and as CSV, sums on stdout, exit code 0", async (context) => {
    const vendor = await simulator(context);
    const [json, csv] = [join(folder, "whole.json"), join(folder, "whole.csv")];
    await writeFile(json, "what was there before");
    const args = [
      "fetch",
      "energygrid",
      "--url",
      `${vendor.url}/`,
      "--serials",
      "SN-000..SN-019",
      "--out",
      json,
      "--out",
      csv,
    ];
    const { code, out, err } = await kilowatch(args, withToken);
    expect(code).toBe(0);
    expect(out).toContain("Devices: 20 asked, 20 answered");
    expect(out).toContain("Requests: 2 sent, 0 refused, 0 retried");
    expect(err).toBe(`Report: ${json}\nReport: ${csv}\n`);
    expect(vendor.counters).toMatchObject({ seen: 2, answered: 2, refused: 0 });
    expect(vendor.violations.count).toBe(0);

    const report = JSON.parse(await readFile(json, "utf8")) as SweepReport;
    expect(report).toMatchObject({ vendor: "energygrid", complete: true, interrupted: false, limitMs: 1_000 });
    expect(report.devices).toMatchObject({ asked: 20, answered: 20, missing: 0, failed: 0, unfinished: 0 });
    expect(report.devices.online + report.devices.offline).toBe(20);
    expect(report.durationMs).toBeGreaterThanOrEqual(1_000);
    expect(report.devicesDetail.map((line) => line.sn)).toEqual(
      Array.from({ length: 20 }, (_, i) => `SN-${String(i).padStart(3, "0")}`),
    );
    const onlineW = report.devicesDetail.map((line) => (line.status === "online" ? (line.activePowerW ?? 0) : 0));
    expect(report.activePowerW).toBeCloseTo(
      onlineW.reduce((sum, powerW) => sum + powerW, 0),
      3,
    );

    const rows = (await readFile(csv, "utf8")).trimEnd().split("\r\n");
    expect(rows[0]).toBe("sn,status,activePowerW,time");
    expect(rows.slice(1)).toEqual(
      report.devicesDetail.map((line) => `${line.sn},${line.status},${line.activePowerW},${line.time}`),
    );
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("the token from a file, the report as JSON on stdout", async (context) => {
    const vendor = await simulator(context);
    const file = join(folder, "token");
    await writeFile(file, `${TOKEN}\n`);
    const args = ["fetch", "energygrid", "--url", vendor.url, "--serials", "SN-007", "--json", "--token-file", file];
    const { code, out, err } = await kilowatch(args, { env: { ENERGYGRID_TOKEN: "overruled" } });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect((JSON.parse(out) as SweepReport).devices.asked).toBe(1);
  });

  test("a part that failed: exit code 3, the rest in the report, what lacks on stderr", async (context) => {
    const vendor = await simulator(context, { unreadable: { next: 1 } });
    const args = ["fetch", "energygrid", "--url", vendor.url, "--serials", "SN-000..SN-008,SN-999", "--json"];
    const { code, out, err } = await kilowatch(args, withToken);
    expect(code).toBe(3);
    const report = JSON.parse(out) as SweepReport;
    expect(report).toMatchObject({ complete: false, devices: { asked: 10, answered: 9, missing: 1 } });
    expect(report.issues).toHaveLength(1);
    expect(err).toContain("missing from the answers: SN-999");
    expect(err).toContain(`without a usable power or status: ${report.issues[0]?.device ?? ""}`);
  });

  test("a wrong token: said in one line after one call, exit code 2, and shown nowhere", async (context) => {
    const vendor = await simulator(context);
    const out = join(folder, "never.json");
    const { code, ...words } = await kilowatch(["fetch", "energygrid", "--url", vendor.url, "--out", out], {
      env: { ENERGYGRID_TOKEN: "hunter2" },
    });
    expect(code).toBe(2);
    expect(words).toEqual({
      out: "",
      err: expect.stringMatching(/^error: EnergyGrid refused the signature or the token.*\n$/) as string,
    });
    expect(words.err).not.toContain("hunter2");
    expect(vendor.counters).toMatchObject({ seen: 1, unauthorised: 1 });
    expect(await readdir(folder)).not.toContain("never.json");
  });

  test("an address where something else lives: said after one call, exit code 2", async (context) => {
    const vendor = await simulator(context);
    const { code, err } = await kilowatch(["fetch", "energygrid", "--url", `${vendor.url}/elsewhere`], withToken);
    expect(code).toBe(2);
    expect(err).toMatch(/^error: EnergyGrid refused the call \(HTTP 404\).*\/elsewhere\n$/);
    expect(vendor.counters.seen).toBe(1);
  });

  test("a vendor that cannot be reached: says why and where, exit code 2", async (context) => {
    const vendor = await simulator(context, { outage: true });
    const { code, out, err } = await kilowatch(["fetch", "energygrid", "--url", vendor.url], withToken);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/error: EnergyGrid cannot be reached: the connection was refused.*127\.0\.0\.1/);
  });

  test("Ctrl-C, told twice by terminal and launcher: writes what came, says so, exit code 3", async (context) => {
    const vendor = await simulator(context);
    const file = join(folder, "stopped.json");
    const { code, err } = await kilowatch(["fetch", "energygrid", "--url", vendor.url, "--out", file], {
      ...withToken,
      async meanwhile(kill) {
        await vi.waitFor(() => expect(vendor.counters.answered).toBe(2), { timeout: 30_000, interval: 10 });
        kill("SIGINT");
        kill("SIGINT");
      },
    });
    expect(code).toBe(3);
    expect(err).toMatch(/^Stopped: \d+ of 500 devices were asked, and the report holds those\.$/m);
    const report = JSON.parse(await readFile(file, "utf8")) as SweepReport;
    expect(report.interrupted).toBe(true);
    expect(report.devices.asked + report.devices.unfinished).toBe(500);
    expect(report.devices.answered).toBeGreaterThanOrEqual(10);
    expect(report.devices.answered).toBeLessThan(200);
    expect(vendor.counters.seen).toBeLessThan(20);
  });
});

describe.concurrent("simulate energygrid", () => {
  test("says where it listens, answers there, and sums up at Ctrl-C", async () => {
    const child = spawn(process.execPath, [PROGRAM, "simulate", "energygrid", "--port", "0", "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { url } = JSON.parse((await lines.next()).value as string) as { url: string };
    const answer = await fetch(`${url}/device/real/query`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(401);
    child.kill("SIGINT");
    const sums = JSON.parse((await lines.next()).value as string) as object;
    expect(sums).toMatchObject({ event: "stopped", counters: { seen: 1, unauthorised: 1 }, violations: 1 });
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(0);
  });
});

describe.concurrent("simulate elecnova", () => {
  test("hands out its broker's certificate in a file, which is gone in the end", async () => {
    const args = ["simulate", "elecnova", "--port", "0", "--mqtt-port", "0", "--json"];
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const listening = JSON.parse((await lines.next()).value as string) as Record<string, string>;
    expect(listening).toMatchObject({ vendor: "elecnova", clientId: "demo-client", clientSecret: "demo-secret" });
    expect(listening["mqttUrl"]).toMatch(/^mqtts:\/\/127\.0\.0\.1:\d+$/);
    const certificate = listening["mqttCa"] ?? "";
    expect(await readFile(certificate, "utf8")).toContain("BEGIN CERTIFICATE");
    child.kill("SIGINT");
    const sums = JSON.parse((await lines.next()).value as string) as object;
    expect(sums).toMatchObject({
      event: "stopped",
      vendor: "elecnova",
      violations: 0,
      logins: 0,
      mqtt: { connected: 0 },
    });
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(0);
    await expect(readFile(certificate)).rejects.toThrow("ENOENT");
  });
});

test("the launcher starts the same program", async () => {
  const launcher = fileURLToPath(new URL("../../bin/kilowatch.mjs", import.meta.url));
  const child = spawn(process.execPath, [launcher, "plan", "energygrid", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  const [code] = (await once(child, "close")) as [number];
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ requests: 50 });
});
