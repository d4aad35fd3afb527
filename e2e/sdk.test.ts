import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, startElecnovaSimulator } from "../simulators/elecnova/index.ts";
import { startEnergyGridSimulator } from "../simulators/energygrid/index.ts";
import { CLIENT_ID, CLIENT_SECRET, startPowerPSimulator } from "../simulators/powerp/index.ts";
import { codeBlocks, InstalledPackage } from "./installed-package.ts";

const INSTALL_MS_MAX = 900_000;
const DOCUMENT = "docs/sdk.md";
const LIVE_INTERVAL_MS = 200;

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await InstalledPackage.install();
  return () => installed[Symbol.dispose]();
}, INSTALL_MS_MAX);

/** All three vendors' servers, and the environment that the document's programs read. */
async function vendors() {
  const energyGrid = await startEnergyGridSimulator();
  const elecnova = await startElecnovaSimulator({ cabinets: 3, publishIntervalMs: LIVE_INTERVAL_MS });
  const powerP = await startPowerPSimulator();
  return {
    env: {
      ENERGYGRID_URL: energyGrid.url,
      ENERGYGRID_TOKEN: energyGrid.token,
      ELECNOVA_URL: elecnova.url,
      ELECNOVA_MQTT_URL: elecnova.mqttUrl,
      ELECNOVA_MQTT_CA: elecnova.certificate,
      ELECNOVA_CLIENT_ID: DEFAULT_CLIENT_ID,
      ELECNOVA_CLIENT_SECRET: DEFAULT_CLIENT_SECRET,
      POWERP_URL: powerP.url,
      POWERP_CLIENT_ID: CLIENT_ID,
      POWERP_CLIENT_SECRET: CLIENT_SECRET,
    },
    violations: () => [...energyGrid.violations, ...elecnova.violations, ...powerP.violations],
    async [Symbol.asyncDispose]() {
      await Promise.all([energyGrid.close(), elecnova.close(), powerP.close()]);
    },
  };
}

describe("the document's programs run as they stand:", () => {
  test.each([
    ["energygrid", /^SN-00[01] active_power \d+ W \d{4}-\d\d-\d\dT\S+Z$/m, "unknown: 0 unusable: 0"],
    ["elecnova", /^\S+ pv_active_power [\d.]+ W$/m, " online 1 1"],
    ["powerp", /^\S+Z \d+ signals [1-9]\d* points$/m, "signals"],
  ])("kilowatch/%s", async (vendor, line, words) => {
    const program = codeBlocks(DOCUMENT, "js").find((code) => code.includes(`"kilowatch/${vendor}"`));
    await using stage = await vendors();
    const { code, stdout, stderr } = await installed.node(program ?? "", stage.env);
    expect(stderr).toBe("");
    expect(stdout).toMatch(line);
    expect(stdout).toContain(words);
    expect(code).toBe(0);
    expect(stage.violations()).toEqual([]);
  });

  test("and no other program stands there", () => expect(codeBlocks(DOCUMENT, "js")).toHaveLength(3));
});

const LIVE_PROGRAM = `
import { ElecnovaClient } from "kilowatch/elecnova";

const { ELECNOVA_URL: baseUrl, ELECNOVA_MQTT_URL: mqttUrl, ELECNOVA_MQTT_CA: mqttCa } = process.env;
const { ELECNOVA_CLIENT_ID: clientId, ELECNOVA_CLIENT_SECRET: clientSecret } = process.env;
const elecnova = new ElecnovaClient({ baseUrl, mqttUrl, mqttCa, clientId, clientSecret });
const sns = [];
for await (const { sn } of elecnova.cabinets()) sns.push(sn);
for await (const { readings } of elecnova.live(sns, { signal: AbortSignal.timeout(20_000) })) {
  if (readings.length === 0) continue;
  console.log("live", typeof readings[0].value);
  break;
}
await elecnova.close();
`;

test("live values come over TLS, and the program ends by itself", async () => {
  await using stage = await vendors();
  const ended = await installed.node(LIVE_PROGRAM, stage.env);
  expect(ended).toEqual({ code: 0, stdout: "live number\n", stderr: "" });
  expect(stage.violations()).toEqual([]);
});

/** What a strict program may rely on; a type that was lost would be `any`, and then nothing would be wrong with the lines that must be. */
const STRICT_PROGRAM = `
import { ElecnovaClient } from "kilowatch/elecnova";
import { EnergyGridClient } from "kilowatch/energygrid";
import { PowerPClient } from "kilowatch/powerp";
import { VendorError, VendorRateLimited, VendorRefused } from "kilowatch/transport";

const account = { baseUrl: "https://vendor.example", clientId: "id", clientSecret: "secret" };
const signal = AbortSignal.timeout(1);
try {
  await using energyGrid = new EnergyGridClient({ baseUrl: account.baseUrl, token: "t" });
  await using elecnova = new ElecnovaClient(account);
  await using powerP = new PowerPClient(account);
  for (const client of [energyGrid, elecnova, powerP]) {
    for await (const { readings, failure } of client.readLatest(["x"], signal)) {
      const values: number[] = readings.map(({ value }) => value);
      const known: VendorError | null = failure;
      // @ts-expect-error a value is a number
      const texts: string[] = readings.map(({ value }) => value);
      console.log(values, known, texts);
    }
  }
  for await (const { points } of powerP.readPoints({ databaseId: 1, indexes: ["1"], fromMs: 0, toMs: 1 }, { signal })) {
    const times: Float64Array = points.timesMs;
    // @ts-expect-error there is no such column
    console.log(times, points.nothing);
  }
} catch (error) {
  if (error instanceof VendorRateLimited) console.log(error.retryAtMs.toFixed());
  if (error instanceof VendorRefused) console.log(error.code?.length, error.detail);
  if (error instanceof VendorError) console.log(error.status, error.attempts, error.requestId, error.body);
}
// @ts-expect-error a credential is wanted
new EnergyGridClient({ baseUrl: "https://vendor.example" });
`;

test.each(["nodenext", "bundler"] as const)(
  "a strict TypeScript program finds its types with %s",
  async (resolution) => {
    const blocks = codeBlocks(DOCUMENT, "ts").map((code, number) => [`document-${number}.ts`, code] as const);
    expect(blocks.length).toBeGreaterThan(3);
    const sources = { ...Object.fromEntries(blocks), "strict.ts": STRICT_PROGRAM };
    expect(await installed.typeErrors(sources, resolution)).toBe("");
  },
);

describe("the package", () => {
  test.each([
    "kilowatch",
    "kilowatch/src/main.ts",
    "kilowatch/dist/src/main.js",
    "kilowatch/dist/src/transport/caller.js",
  ])("does not let %s be imported", async (specifier) => {
    const program = `import(${JSON.stringify(specifier)}).catch((error) => console.log(error.code));`;
    expect((await installed.node(program)).stdout.trim()).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("holds what runs, and nothing else", () => {
    const files = installed.files();
    const tops = [...new Set(files.map((path) => path.split("/")[0]))].sort();
    expect(tops).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "bin", "dist", "docs", "package.json"]);
    const strange = files.filter(
      (path) =>
        /\.test\.|\.fixture\.|\/contract|\/virtual-|\/test-|_blueprint|\.map$|\.db$|\/\.|\.env/.test(path) ||
        (path.endsWith(".ts") && !path.endsWith(".d.ts")),
    );
    expect(strange).toEqual([]);
  });
});

describe("the installed program", () => {
  test("tells what it can do, and which it is", async () => {
    const help = await installed.npx("kilowatch", "--help");
    expect(help.stdout).toContain("simulate");
    expect(help.code).toBe(0);
    expect((await installed.npx("kilowatch", "--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("plans without a server", async () => {
    const plan = await installed.npx("kilowatch", "plan", "energygrid", "--serials", "SN-000..SN-499");
    expect(plan.stdout).toMatch(/Requests: +50,/);
    expect(plan.code).toBe(0);
  });

  test("serves its pages, and stores with its engine", async () => {
    const server = await installed.serve(join(installed.path, "data"));
    try {
      const sent = await fetch(`${server.url}/data`, {
        method: "POST",
        body: `${Math.floor(Date.now() / 1000)} Voltage 1.34\n`,
      });
      expect(await sent.json()).toEqual({ success: true });
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
      const page = await fetch(`${server.url}/sign-in`);
      expect(page.headers.get("content-type")).toContain("text/html");
      expect(page.status).toBe(200);
    } finally {
      expect(await server.stop()).toBe(0);
    }
  });
});
