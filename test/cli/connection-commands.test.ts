import { afterAll, beforeAll, expect, test } from "vitest";
import { type EnergyGridSimulator, startEnergyGridSimulator } from "../../simulators/energygrid/index.ts";
import { type PowerPSimulator, startPowerPSimulator } from "../../simulators/powerp/index.ts";
import { besideSockets } from "../../src/collect/beside-sockets.fixture.ts";
import { INGEST_SETTINGS_DEFAULT } from "../../src/domain/api-key.ts";
import { type ApiServer, startApiServer } from "../api/api-server.ts";
import { type Ended, runHere } from "./run-here.ts";

/* The commands for vendors' accounts, against a real server and the vendors' own simulators. */

let server: ApiServer;
let energyGrid: EnergyGridSimulator;
let powerP: PowerPSimulator;
let url = "";
let key = "";

beforeAll(async () => {
  server = await startApiServer();
  await server.signInAsAdmin();
  url = await server.app.listen({ host: "127.0.0.1", port: 0 });
  const ingest = INGEST_SETTINGS_DEFAULT;
  const made = { name: "cli", scopes: ["read", "manage"], siteIds: null, expiresAtMs: null, ingest } as const;
  key = (await server.catalogue.apiKeys.create(made)).text;
  energyGrid = await startEnergyGridSimulator({ time: server.clock });
  powerP = await startPowerPSimulator({ time: server.clock });
  await done("sites", "create", "Kaprun", "--timezone", "Europe/Vienna");
  await done("connect", "powerp", "--vendor-url", powerP.url, "--name", "Hydro");
  const devices = ["--site", "Kaprun", "--serials", "SN-000..SN-019"];
  await done("connect", "energygrid", "--vendor-url", energyGrid.url, "--name", "Roofs", ...devices);
});
afterAll(async () => {
  await server.close();
  await Promise.all([energyGrid.close(), powerP.close()]);
});

async function asked(...args: readonly string[]): Promise<Ended> {
  const secrets = {
    KILOWATCH_API_KEY: key,
    ENERGYGRID_TOKEN: energyGrid.token,
    POWERP_CLIENT_ID: powerP.clientId,
    POWERP_CLIENT_SECRET: powerP.clientSecret,
  };
  const ended = await besideSockets(server.clock, runHere([...args, "--url", url], secrets));
  expect(ended.out + ended.err).not.toContain(energyGrid.token);
  expect(ended.out + ended.err).not.toContain(powerP.clientSecret);
  return ended;
}

async function done(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await asked(...args);
  expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  return out;
}

const connections = (...args: readonly string[]) => done("connections", ...args);

test("show, change, pause and resume an account", async () => {
  expect(await connections()).toMatch(/^id,name,vendor,.*\n.*,Hydro,powerp,.*\n.*,Roofs,energygrid,/);
  expect(await connections("list", "--json")).toContain('"name": "Roofs"');
  expect(await connections("show", "Roofs")).toMatch(/^devices: 20$/m);
  expect(await connections("change", "Roofs", "--poll-seconds", "30")).toMatch(/^pollIntervalMs: 30000$/m);
  expect(await connections("pause", "Roofs")).toMatch(/^state: paused$/m);
  expect(await connections("resume", "Roofs")).toMatch(/^state: (starting|running)$/m);
  expect((await asked("connections", "change", "Roofs")).code).toBe(1);
  expect(await asked("connections", "show", "Nobody")).toMatchObject({ code: 2, out: "" });
});

test("test an account, and end with 2 and the reason when that fails", async () => {
  expect(await connections("test", "Roofs")).toMatch(/^ok: yes$/m);
  await energyGrid.setFaults({ outage: true });
  const failed = await asked("connections", "test", "Roofs");
  expect(failed.code).toBe(2);
  expect(failed.out).toMatch(/^ok: no\nreason: network\n/m);
  await energyGrid.setFaults({});
});

test("rotate a credential from the environment", async () => {
  expect(await connections("rotate", "Roofs")).toMatch(/^name: Roofs$/m);
});

test("discover what a vendor has, and pick of it", async () => {
  const found = await asked("connections", "discover", "Hydro");
  expect(found.err).toMatch(/The vendor's list: \d+ new, 0 renamed, 0 gone, 0 known/);
  expect(found.out).toMatch(/^serialNumber,name,formerName,state,kind,site,metrics,deviceId\n/);
  const picked = ["--site", "Kaprun", "--serials", "123/1001..123/1020"];
  expect(await connections("add", "Hydro", ...picked)).toBe("added: 20\nalreadyThere: 0\n");
  expect(await connections("add", "Hydro", ...picked)).toBe("added: 0\nalreadyThere: 20\n");
  const listed = JSON.parse(await connections("discover", "Hydro", "--last", "--json")) as {
    deviceId: string | null;
  }[];
  expect(listed.filter(({ deviceId }) => deviceId !== null)).toHaveLength(20);
  expect((await asked("connections", "add", "Hydro", "--site", "Kaprun")).code).toBe(1);
  expect((await asked("connections", "discover", "Roofs")).err).toMatch(/EnergyGrid lists no devices/);
});

test("plan a schedule beside another", async () => {
  const plan = await connections("plan", "Roofs", "--poll-seconds", "1");
  expect(plan).toMatch(/^requests of a sweep: 2$/m);
  expect(plan).toMatch(/^every 1 s: each device: every 2 s, which is as often as the vendor's limit allows$/m);
  expect((await asked("connections", "plan", "Roofs", "--to", "2026-01-01")).code).toBe(1);
});

test("remove an account, with its devices or without", async () => {
  const removed = await asked("connections", "remove", "Hydro", "--with-devices", "--yes");
  expect(removed.err).toMatch(/devices kept: 0, deleted: 20/);
  expect((await asked("connections", "remove", "Roofs")).code).toBe(1);
  expect((await asked("connections", "remove", "Roofs", "--yes")).err).toMatch(/devices kept: 20, deleted: 0/);
  expect(await connections("list", "--json")).toBe("[]\n");
});
