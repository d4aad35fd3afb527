import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from "vitest";
import { type ElecnovaSimulator, startElecnovaSimulator } from "../../../simulators/elecnova/index.ts";
import { kilowatch } from "../kilowatch.fixture.ts";

/** These tests run the real program against the simulator, side by side. */

const SECRET = "demo-secret";
const account = { env: { ELECNOVA_CLIENT_ID: "demo-client", ELECNOVA_CLIENT_SECRET: SECRET } };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kilowatch-elecnova-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Options = NonNullable<Parameters<typeof startElecnovaSimulator>[0]>;

async function simulator({ onTestFinished }: TestContext, options: Options = {}): Promise<ElecnovaSimulator> {
  const started = await startElecnovaSimulator({ publishIntervalMs: 200, ...options });
  onTestFinished(() => started.close());
  return started;
}

const call = (vendor: ElecnovaSimulator, ...args: readonly string[]): string[] => {
  const [name = "", ...rest] = args;
  return ["fetch", "elecnova", name, "--url", vendor.url, ...rest];
};

interface Document {
  readonly complete: boolean;
  readonly rows: readonly Record<string, unknown>[];
  readonly failures: readonly { readonly sn: string; readonly error: string }[];
}

describe.concurrent("fetch elecnova", () => {
  test("cabinets of several pages, as JSON and into a CSV file; the secret from a file of two lines", async (context) => {
    const vendor = await simulator(context, { cabinets: 150 });
    const [csv, secrets] = [join(folder, "cabinets.csv"), join(folder, "secret")];
    await writeFile(secrets, `demo-client\r\n${SECRET}\r\n`);
    const { code, out, err } = await kilowatch(
      call(vendor, "cabinets", "--json", "--out", csv, "--secret-file", secrets),
    );
    expect({ code, err }).toEqual({ code: 0, err: `Written: ${csv}\n` });
    const { complete, rows } = JSON.parse(out) as Document;
    expect(complete).toBe(true);
    expect(rows.map(({ sn }) => sn)).toEqual([...vendor.plant.keys()]);
    const lines = (await readFile(csv, "utf8")).trimEnd().split("\r\n");
    expect(lines[0]).toMatch(/^sn,name,model,timeZone,online,/);
    expect(lines).toHaveLength(151);
    expect(vendor.counters).toMatchObject({ seen: 3, answered: 3 });
  });

  test("several cabinets, one of which there is not: the others' rows, the failure listed, exit code 3", async (context) => {
    const vendor = await simulator(context);
    const args = ["--sn", "ESS-001,NOWHERE-1,ESS-002", "--month", "2026-03", "--profile", "documented"];
    const { code, out, err } = await kilowatch(call(vendor, "pv-monthly", ...args, "--json"), account);
    expect(code).toBe(3);
    expect(err).toMatch(/^failed: NOWHERE-1: Elecnova refused the call \(HTTP 404\).*\n$/);
    const { complete, rows, failures } = JSON.parse(out) as Document;
    expect(complete).toBe(false);
    expect(failures).toMatchObject([{ sn: "NOWHERE-1", error: "VendorRefused" }]);
    expect(rows.filter(({ sn }) => sn === "ESS-001")).toHaveLength(31);
    // Berlin's 29 March is an hour shorter.
    expect(rows.find(({ period }) => period === "2026-03-29")).toMatchObject({
      from: "2026-03-28T23:00:00.000Z",
      to: "2026-03-29T22:00:00.000Z",
      timeZone: "Europe/Berlin",
    });
    expect(vendor.violations.countOf("signature")).toBe(0);
  });

  test("a range with offsets is asked for in UTC and comes into a pipe as CSV", async (context) => {
    const vendor = await simulator(context);
    const range = ["--from", "2026-06-20T12:00:00+02:00", "--to", "2026-06-20T10:10:00Z"];
    const { code, out } = await kilowatch(call(vendor, "pv-power", "--sn", "ESS-001", ...range), account);
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines.map((line) => line.split(",").slice(0, 2).join())).toEqual([
      "sn,time",
      "ESS-001,2026-06-20T10:00:00.000Z",
      "ESS-001,2026-06-20T10:05:00.000Z",
    ]);
  });

  test("a wrong secret: one line after one call, exit code 2, and shown nowhere", async (context) => {
    const vendor = await simulator(context);
    const env = { ELECNOVA_CLIENT_ID: "demo-client", ELECNOVA_CLIENT_SECRET: "hunter2" };
    const { code, out, err } = await kilowatch(call(vendor, "components", "--sn", "ESS-001..ESS-012"), { env });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error: Elecnova refused.*Check the client id and the secret; nothing more was sent\.\n$/);
    expect(err).not.toContain("hunter2");
    expect(vendor.counters.seen).toBe(1);
  });

  test("live into a pipe: a line of JSON a reading, as many as were asked for", async (context) => {
    const vendor = await simulator(context);
    const ca = join(folder, "broker.pem");
    await writeFile(ca, vendor.certificate);
    const args = ["--sn", "ESS-001", "--mqtt-url", vendor.mqttUrl, "--mqtt-ca", ca, "--count", "25"];
    const { code, out, err } = await kilowatch(call(vendor, "live", ...args), account);
    expect(code).toBe(0);
    expect(err).toMatch(/^Connected: 1 topic\.\n/);
    expect(err).toMatch(/ messages?, 25 readings, /);
    const readings = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { device: string; time: string; unit: string });
    expect(readings).toHaveLength(25);
    expect(readings.every(({ device }) => device.startsWith("ESS-001"))).toBe(true);
    expect(`${out}${err}`).not.toContain(SECRET);
  });

  test("live into a file, until Ctrl-C: ends cleanly, exit code 0", async (context) => {
    const vendor = await simulator(context);
    const [ca, file] = [join(folder, "other.pem"), join(folder, "live.ndjson")];
    await writeFile(ca, vendor.certificate);
    const args = [
      "--sn",
      "ESS-001..ESS-003",
      "--mode",
      "2",
      "--mqtt-url",
      vendor.mqttUrl,
      "--mqtt-ca",
      ca,
      "--out",
      file,
    ];
    const { code, out, err } = await kilowatch(call(vendor, "live", ...args), {
      ...account,
      async meanwhile(kill) {
        await vi.waitFor(async () => expect((await readFile(file, "utf8")).length).toBeGreaterThan(2_000), 30_000);
        kill("SIGINT");
        kill("SIGINT");
      },
    });
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(err).toMatch(/ messages?, \d+ readings.*\nWritten: /);
    const text = await readFile(file, "utf8");
    expect(text.endsWith("\n")).toBe(true);
    for (const line of text.trimEnd().split("\n")) JSON.parse(line);
  });

  test("a broker whose certificate nobody signed: said, tried a few times, exit code 2", async (context) => {
    const vendor = await simulator(context);
    const args = ["--sn", "ESS-001", "--mqtt-url", vendor.mqttUrl, "--for", "2s"];
    const { code, err } = await kilowatch(call(vendor, "live", ...args), account);
    expect(code).toBe(2);
    expect(err).toMatch(/certificate is not accepted/);
  });
});
