import { afterAll, beforeAll, expect, test } from "vitest";
import { CONNECTION, inverter, SITE } from "../../src/catalogue/contract-scene.ts";
import { INGEST_SETTINGS_DEFAULT } from "../../src/domain/api-key.ts";
import { ACTIVE_POWER, ONLINE } from "../../src/domain/metric.ts";
import { type ApiServer, startApiServer } from "../api/api-server.ts";
import { type Ended, runHere } from "./run-here.ts";

/** The real command against a real server, whose clock stands at 2026-06-21T10:00Z: 06:00 in Santiago. */

const HOUR_MS = 3_600_000;

let server: ApiServer;
let url = "";
let key = "";

beforeAll(async () => {
  server = await startApiServer();
  const { catalogue, clock, ledger } = server;
  url = await server.app.listen({ host: "127.0.0.1", port: 0 });
  const settings = { siteIds: null, expiresAtMs: null, ingest: INGEST_SETTINGS_DEFAULT };
  key = (await catalogue.apiKeys.create({ name: "cli", scopes: ["read"], ...settings })).text;
  const site = await catalogue.sites.create(SITE);
  const devices = [inverter(site.id, "A"), inverter(site.id, "B")];
  await catalogue.connections.create(CONNECTION, { token: "t" }, devices, [ACTIVE_POWER, ONLINE]);
  await catalogue.devices.createAll([inverter(site.id, "pushes")], [ACTIVE_POWER]);
  const nowMs = clock.nowMs();
  for (const { series, deviceId } of catalogue.directory.all()) {
    const isA = catalogue.directory.device(deviceId)?.name === "A";
    const asked = { askedAtMs: nowMs - HOUR_MS, request: 41 };
    const failed = { fromMs: nowMs - 2 * HOUR_MS, toMs: nowMs - HOUR_MS };
    ledger.note(series, { fromMs: 0, toMs: failed.fromMs, outcome: "data", ...asked });
    if (isA) ledger.note(series, { ...failed, outcome: "failed", ...asked });
    ledger.note(series, { fromMs: isA ? failed.toMs : failed.fromMs, toMs: nowMs, outcome: "data", ...asked });
  }
});
afterAll(() => server.close());

function gaps(...args: readonly string[]): Promise<Ended> {
  return runHere(["gaps", ...args, "--url", url], { KILOWATCH_API_KEY: key });
}

const GAP_OF_A =
  "A,2026-06-21T08:00:00.000Z,2026-06-21T09:00:00.000Z,60 min 0 s,failed,2026-06-21T09:00:00.000Z,41,active_power online\n";
const HEAD = "device,from,to,duration,outcome,askedAt,request,metrics\n";

test("gaps of a site, and of a device, are rows for a program", async () => {
  expect(await gaps("--site", SITE.name)).toEqual({ code: 0, out: HEAD + GAP_OF_A, err: "" });
  expect(await gaps("--device", "A", "--site", SITE.name)).toMatchObject({ code: 0, out: HEAD + GAP_OF_A });
  expect(await gaps("--device", "B")).toMatchObject({ code: 0, out: HEAD });
});

test("times are those of the site, and bound what is asked for", async () => {
  const at = async (...span: readonly string[]) => (await gaps("--site", SITE.name, ...span)).out;
  expect(await at("--from", "2026-06-21T04:30", "--to", "2026-06-21")).toContain(
    "A,2026-06-21T08:30:00.000Z,2026-06-21T09:00:00.000Z",
  );
  expect(await at("--from", "2026-06-20", "--to", "2026-06-20")).toBe(HEAD);
});

test("as JSON they are what the server said", async () => {
  const { out } = await gaps("--site", SITE.name, "--json");
  expect(JSON.parse(out)).toMatchObject([{ device: "A", outcome: "failed", request: 41 }]);
});

test("of devices that push nothing is known, and that is said", async () => {
  const { code, out, err } = await gaps("--device", "pushes");
  expect({ code, out }).toEqual({ code: 0, out: HEAD });
  expect(err).toMatch(/^No connection asks for these values: .*\n$/);
});

test.each<[string, readonly string[], number, RegExp]>([
  ["nobody's", [], 1, /Say whose gaps: by --site or --device/],
  ["of a site that is not there", ["--site", "Atlantis"], 2, /There is no site "Atlantis"/],
  [
    "of too long a time",
    ["--site", SITE.name, "--from", "2020-01-01"],
    2,
    /refused \(422\): from: must lie within 400 days/,
  ],
  ["of a time that is none", ["--site", SITE.name, "--from", "soon"], 1, /--from must be a date or a time/],
])("gaps %s are refused in one line", async (_what, args, code, words) => {
  const ended = await gaps(...args);
  expect(ended).toMatchObject({ code, out: "" });
  expect(ended.err).toMatch(words);
  expect(ended.err.trimEnd()).not.toMatch(/\n/);
});
