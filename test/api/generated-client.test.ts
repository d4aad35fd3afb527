import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@hey-api/openapi-ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADMIN, startApiServer } from "./api-server.ts";

const DOCUMENT = fileURLToPath(new URL("../../docs/openapi.json", import.meta.url));
const COMPILER = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

/** What somebody writes who has the generated client and nothing else. Its arguments: the server's address, an e-mail address, a password. */
const PROGRAM = `
import { client } from "./client/client.gen.ts";
import * as kilowatch from "./client/sdk.gen.ts";

const [baseUrl = "", email = "", password = ""] = process.argv.slice(2);
client.setConfig({ baseUrl, throwOnError: true });
const options = { throwOnError: true } as const;

const session = await kilowatch.postApiV1AuthLogin({ ...options, body: { email, password } });
client.setConfig({ auth: session.data.accessToken });
const site = await kilowatch.postApiV1Sites({ ...options, body: { name: "Roof", timezone: "Europe/Madrid" } });
const device = await kilowatch.postApiV1SitesBySiteIdDevices({
  ...options,
  path: { siteId: site.data.id },
  body: { name: "Meter", kind: "meter", metrics: [{ name: "power", unit: "W" }] },
});
const metricId: string = device.data.metrics[0]?.id ?? "";
const readings = [1340, 1350].map((value, minute) => ({ metricId, time: \`2026-06-21T09:0\${minute}:00Z\`, value }));
const stored = await kilowatch.postApiV1Readings({ ...options, body: { readings } });
const latest = await kilowatch.getApiV1MetricsByIdLatest({ ...options, path: { id: metricId } });
const series = await kilowatch.getApiV1MetricsByIdSeries({
  ...options,
  path: { id: metricId },
  query: { from: "2026-06-21T09:00:00Z", to: "2026-06-21T10:00:00Z", step: "raw" },
});
const points: [number, number][] | undefined = series.data.series[0]?.points;
const refused = await kilowatch.getApiV1SitesById({ path: { id: metricId }, throwOnError: false });
console.log(JSON.stringify({
  who: session.data.user.name,
  stored: stored.data.readings,
  latest: [latest.data?.value, latest.data?.unit, latest.data?.time],
  points,
  refused: [refused.error?.status, refused.error?.title],
}));
`;

/** Each line names something that the API has not; a client without types would let it pass. */
const WRONG_PROGRAM = `
import * as kilowatch from "./client/sdk.gen.ts";

// @ts-expect-error a site has a timezone
await kilowatch.postApiV1Sites({ body: { name: "Roof" } });
// @ts-expect-error there is no such kind of device
await kilowatch.postApiV1SitesBySiteIdDevices({ path: { siteId: "" }, body: { name: "", kind: "kettle", metrics: [] } });
const { data } = await kilowatch.getApiV1MetricsByIdLatest({ path: { id: "" } });
// @ts-expect-error a value is a number
const text: string = data!.value;
console.log(text);
`;

const COMPILER_OPTIONS = {
  strict: true,
  noEmit: true,
  module: "nodenext",
  target: "es2024",
  lib: ["es2024", "dom", "dom.iterable"],
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  types: ["node"],
  typeRoots: [fileURLToPath(new URL("../../node_modules/@types", import.meta.url))],
};

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-client-"));
  await createClient({
    input: DOCUMENT,
    output: { path: join(folder, "client"), module: { extension: ".ts" } },
    plugins: ["@hey-api/typescript", "@hey-api/client-fetch", "@hey-api/sdk"],
    logs: { level: "silent" },
  });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ["*.ts"] }),
  );
  writeFileSync(join(folder, "program.ts"), PROGRAM);
  writeFileSync(join(folder, "wrong.ts"), WRONG_PROGRAM);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A Node program's end. */
function run(args: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}

test("a client that is generated from the document signs in, makes a site and a device, pushes and reads", async () => {
  const server = await startApiServer();
  try {
    await server.signInAsAdmin();
    const url = await server.app.listen({ host: "127.0.0.1", port: 0 });
    const { code, stdout, stderr } = await run(["program.ts", url, ADMIN.email, ADMIN.password]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      who: "Ada",
      stored: 2,
      latest: [1350, "W", "2026-06-21T09:01:00.000Z"],
      points: [
        [Date.UTC(2026, 5, 21, 9), 1340],
        [Date.UTC(2026, 5, 21, 9, 1), 1350],
      ],
      refused: [404, "Not found"],
    });
  } finally {
    await server.close();
  }
});

test("its types know what the API takes and gives", async () => {
  expect(await run([COMPILER, "--project", folder])).toEqual({ code: 0, stdout: "", stderr: "" });
  // The compiler has read the client, not passed over it.
  expect(readFileSync(join(folder, "client/types.gen.ts"), "utf8")).toContain("export type Site = ");
});
