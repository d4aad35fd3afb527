import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEnergyGridSimulator } from "../../simulators/energygrid/index.ts";
import { kilowatch } from "../../src/cli/kilowatch.fixture.ts";
import { INGEST_SETTINGS_DEFAULT } from "../../src/domain/api-key.ts";
import { ADMIN, type ApiServer, startApiServer } from "../api/api-server.ts";
import { type Ended, runHere } from "./run-here.ts";

/** The real commands for sites, devices, people and keys, against a real server. */

const NEW_PASSWORD = "a new pass phrase, long";

let server: ApiServer;
let url = "";
let folder = "";
let key = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-catalogue-commands-"));
  server = await startApiServer();
  await server.signInAsAdmin();
  url = await server.app.listen({ host: "127.0.0.1", port: 0 });
  key = await newKey(["read", "manage"]);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function newKey(scopes: readonly ("read" | "manage")[]): Promise<string> {
  const ingest = INGEST_SETTINGS_DEFAULT;
  const made = await server.catalogue.apiKeys.create({ name: "cli", scopes, siteIds: null, expiresAtMs: null, ingest });
  return made.text;
}

/** Asks by a key that manages. */
function byKey(...args: readonly string[]): Promise<Ended> {
  return runHere([...args, "--url", url], { KILOWATCH_API_KEY: key });
}

/** Asks as the administrator; people decide who gets in. */
async function asAdmin(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const passwords = { KILOWATCH_API_KEY: "", KILOWATCH_PASSWORD: ADMIN.password, ...env };
  const ended = await runHere([...args, "--url", url, "--sign-in", ADMIN.email], passwords);
  for (const secret of Object.values(passwords)) {
    if (secret !== "") expect(ended.out + ended.err).not.toContain(secret);
  }
  return ended;
}

/** What a command that must succeed says on stdout. */
async function done(ended: Promise<Ended>): Promise<string> {
  const { code, out, err } = await ended;
  expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  return out;
}

async function document(ended: Promise<Ended>): Promise<unknown> {
  return JSON.parse(await done(ended)) as unknown;
}

async function newSite(name: string): Promise<string> {
  const site = await document(byKey("sites", "create", name, "--timezone", "Europe/Madrid", "--json"));
  return (site as { id: string }).id;
}

describe("sites", () => {
  test("are made, shown, changed and deleted", async () => {
    const made = await document(
      byKey("sites", "create", "Lugo", "--timezone", "Europe/Madrid", "--latitude", "43.01", "--json"),
    );
    expect(made).toMatchObject({ name: "Lugo", timezone: "Europe/Madrid", latitude: 43.01, peakPowerW: null });
    const { id } = made as { id: string };

    expect(await document(byKey("sites", "show", "Lugo", "--json"))).toEqual(made);
    expect(await done(byKey("sites", "show", id))).toMatch(/^name: Lugo$/m);
    const list = await done(byKey("sites", "list"));
    expect(list).toMatch(/^id,name,timezone,latitude,longitude,peakPowerW,createdAt\n/);
    expect(list).toMatch(new RegExp(`^${id},Lugo,Europe/Madrid,43.01,,,`, "m"));
    expect(await document(byKey("sites", "list", "--json"))).toContainEqual(made);

    const change = [
      "sites",
      "change",
      "Lugo",
      "--name",
      "Ourense",
      "--latitude",
      "none",
      "--peak-power",
      "5e4",
      "--json",
    ];
    expect(await document(byKey(...change))).toEqual({
      ...(made as object),
      name: "Ourense",
      latitude: null,
      peakPowerW: 50_000,
    });

    const deleted = await byKey("sites", "delete", "Ourense", "--yes");
    expect(deleted).toMatchObject({ code: 0, out: "" });
    expect(deleted.err).toContain(`the site "Ourense" (${id})`);
    expect(await byKey("sites", "show", "Ourense")).toMatchObject({ code: 2 });
  });

  test("are not deleted without a word, and are not gone then", async () => {
    await newSite("Kept");
    const { code, err } = await byKey("sites", "delete", "Kept");
    expect(code).toBe(1);
    expect(err).toMatch(/This deletes the site "Kept".*\n.*Nothing was deleted: .* --yes/);
    expect(await done(byKey("sites", "show", "Kept"))).toMatch(/Kept/);
  });

  test("with devices are refused in the server's words", async () => {
    await newSite("Full");
    await done(byKey("devices", "create", "M", "--site", "Full", "--kind", "meter", "--metric", "active_power=W"));
    const { code, err } = await byKey("sites", "delete", "Full", "--yes");
    expect(code).toBe(2);
    expect(err).toMatch(/^error: The server refused \(409\): .*device.*$/m);
  });

  test.each<[string, readonly string[], number, RegExp]>([
    [
      "a timezone that is none",
      ["create", "X", "--timezone", "Madrid"],
      2,
      /refused \(422\): timezone: must be an IANA/,
    ],
    ["no timezone", ["create", "X"], 1, /required option '--timezone <zone>' not specified/],
    [
      "a number that is none",
      ["change", "X", "--peak-power", "much"],
      1,
      /--peak-power must be a number, or none: much/,
    ],
    ["a number out of its range", ["create", "X", "--timezone", "UTC", "--latitude", "91"], 2, /\(422\): latitude: /],
    ["nothing to change", ["change", "X"], 1, /Say what to change/],
    ["a site that is not there", ["show", "Atlantis"], 2, /There is no site "Atlantis"/],
    ["an id that is nobody's", ["show", "00000000-0000-7000-8000-000000000000"], 2, /There is no site 0{8}-/],
    ["a command that is none", ["destroy"], 1, /unknown command 'destroy'/],
    ["a password on the command line", ["list", "--password=hunter2"], 1, /a secret is never an argument/],
  ])("%s is one line", async (_what, args, code, words) => {
    const ended = await byKey("sites", ...args);
    expect(ended).toMatchObject({ code, out: "" });
    expect(ended.err).toMatch(words);
    expect(ended.err.trimEnd()).not.toMatch(/\n|hunter2/);
  });

  test("are not changed by a key that only reads, and the refusal says who may", async () => {
    await newSite("Guarded");
    const args = ["sites", "change", "Guarded", "--name", "Mine", "--url", url];
    const { code, err } = await runHere(args, { KILOWATCH_API_KEY: await newKey(["read"]) });
    expect(code).toBe(2);
    expect(err).toMatch(/refused \(403\): .*scopes.* --sign-in <email>/);
  });
});

describe("devices", () => {
  const METRICS = [
    "--metric",
    "active_power=W",
    "--metric",
    "reactive_power=V.A{a,b}",
    "--metric",
    "energy_total=W.h,counter",
  ];

  test("are made with their metrics, shown, changed and deleted", async () => {
    const siteId = await newSite("Roof");
    const fields = ["--kind", "meter", "--serial", "M-1", "--rated-power", "1000"];
    const made = await document(byKey("devices", "create", "Meter", "--site", "Roof", ...fields, ...METRICS, "--json"));
    expect(made).toMatchObject({ siteId, name: "Meter", kind: "meter", serialNumber: "M-1", ratedPowerW: 1_000 });
    const { id, metrics } = made as { id: string; metrics: { name: string; unit: string; kind: string }[] };
    expect(metrics.map(({ name, unit, kind }) => [name, unit, kind])).toEqual([
      ["active_power", "W", "gauge"],
      ["reactive_power", "V.A{a,b}", "gauge"],
      ["energy_total", "W.h", "counter"],
    ]);

    expect(await done(byKey("devices", "list", "--site", siteId))).toBe(
      `id,name,kind,serialNumber,status,statusAt,ratedPowerW,metrics\n${id},Meter,meter,M-1,unknown,,1000,3\n`,
    );
    expect(await done(byKey("devices", "show", "M-1"))).toMatch(/^metrics: active_power \(W\), /m);
    const changed = await document(
      byKey("devices", "change", "Meter", "--site", "Roof", "--serial", "M-2", "--rated-power", "none", "--json"),
    );
    expect(changed).toEqual({ ...(made as object), serialNumber: "M-2", ratedPowerW: null });

    const deleted = await byKey("devices", "delete", "M-2", "--yes");
    expect(deleted).toMatchObject({ code: 0, out: "" });
    expect(deleted.err).toMatch(
      /the device "Meter" \(.*\) of the site "Roof" and its 3 metrics\.\nDeleted: .* readings/,
    );
    expect(await document(byKey("devices", "list", "--site", "Roof", "--json"))).toEqual([]);
  });

  test("say as JSON what went with them", async () => {
    await newSite("Going");
    await done(byKey("devices", "create", "G", "--site", "Going", "--kind", "meter", ...METRICS));
    expect(await document(byKey("devices", "delete", "G", "--yes", "--json"))).toMatchObject({
      metrics: 3,
      readings: "kept",
    });
  });

  test.each<[string, readonly string[], number, RegExp]>([
    ["no metric", ["create", "X", "--site", "Field", "--kind", "meter"], 1, /required option '--metric <name=unit>'/],
    ["a metric without a unit", ["--metric", "power"], 1, /--metric must be written as active_power=W .*: power/],
    [
      "a metric's kind that is none",
      ["--metric", "power=W,often"],
      1,
      /kind of a --metric must be one of gauge, counter, state: often/,
    ],
    [
      "a kind that is none",
      ["--metric", "power=W", "--kind", "boiler"],
      1,
      /--kind must be one of inverter, .*: boiler/,
    ],
    ["a metric twice", ["--metric", "a=W", "--metric", "a=V"], 2, /\(422\): metrics: must differ in their names/],
  ])("with %s are not made, and one line says why", async (_what, args, code, words) => {
    await server.catalogue.sites.list({ limit: 500 }, null).then(async ({ items }) => {
      if (!items.some(({ name }) => name === "Field")) await newSite("Field");
    });
    const whole = args[0] === "create" ? args : ["create", "X", "--site", "Field", "--kind", "meter", ...args];
    const ended = await byKey("devices", ...whole);
    expect(ended).toMatchObject({ code, out: "" });
    expect(ended.err).toMatch(words);
    expect(ended.err.trimEnd()).not.toMatch(/\n/);
  });
});

describe("people", () => {
  test("are let in, changed, given a role on a site, and deleted", async () => {
    const siteId = await newSite("Shared");
    const made = await document(
      asAdmin(["users", "create", "Bo@Example.org", "--name", "Bo", "--json"], {
        KILOWATCH_NEW_PASSWORD: NEW_PASSWORD,
      }),
    );
    expect(made).toMatchObject({ email: "bo@example.org", name: "Bo", isAdmin: false, sites: [] });
    const { id: userId } = made as { id: string };

    const member = { userId, siteId, role: "viewer", email: "bo@example.org", name: "Bo" };
    const put = ["sites", "members", "put", "Shared", "bo@example.org", "--role", "viewer", "--json"];
    expect(await document(asAdmin(put))).toEqual(member);
    expect(await document(asAdmin(["sites", "members", "list", "Shared", "--json"]))).toEqual([member]);
    expect(await done(asAdmin(["users", "show", "bo@example.org"]))).toContain(`sites: ${siteId} viewer`);

    // What Bo may with the password that came by the environment, which is what a viewer may.
    const bo = { KILOWATCH_API_KEY: "", KILOWATCH_PASSWORD: NEW_PASSWORD };
    const asBo = ["--url", url, "--sign-in", "bo@example.org", "--json"];
    expect(await document(runHere(["sites", "list", ...asBo], bo))).toMatchObject([{ id: siteId }]);
    expect(await runHere(["users", "list", ...asBo], bo)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/\(403\)/) as string,
    });

    expect(await asAdmin(["sites", "members", "remove", "Shared", userId])).toMatchObject({ code: 0, out: "" });
    expect(await document(asAdmin(["sites", "members", "list", "Shared", "--json"]))).toEqual([]);

    const change = ["users", "change", "bo@example.org", "--name", "Boris", "--admin", "--json"];
    expect(await document(asAdmin(change))).toMatchObject({ name: "Boris", isAdmin: true });
    expect(await document(asAdmin(["users", "change", userId, "--no-admin", "--json"]))).toMatchObject({
      isAdmin: false,
    });
    expect(await done(asAdmin(["users", "list"]))).toMatch(/^id,email,name,isAdmin,sites\n/);

    const deleted = await asAdmin(["users", "delete", "bo@example.org", "--yes"]);
    expect(deleted).toMatchObject({ code: 0, out: "" });
    expect(deleted.err).toMatch(
      /This deletes Boris \(bo@example\.org\), with their sessions\.\nDeleted: bo@example\.org/,
    );
    expect(await asAdmin(["users", "show", "bo@example.org"])).toMatchObject({ code: 2 });
  });

  test("get another password from a file, and the old one is worth nothing", async () => {
    const email = "cy@example.org";
    await done(asAdmin(["users", "create", email, "--name", "Cy"], { KILOWATCH_NEW_PASSWORD: NEW_PASSWORD }));
    const file = join(folder, "password");
    writeFileSync(file, " blanks around it count \n");
    await done(asAdmin(["users", "change", email, "--new-password-file", file]));
    const asCy = ["sites", "list", "--url", url, "--sign-in", email];
    expect(await done(runHere([...asCy, "--password-file", file], { KILOWATCH_API_KEY: "" }))).toMatch(/^id,/);
    const old = await runHere(asCy, { KILOWATCH_API_KEY: "", KILOWATCH_PASSWORD: NEW_PASSWORD });
    expect(old).toMatchObject({ code: 2, out: "" });
    expect(old.err).toMatch(/^error: cy@example\.org was not let in: /);
    expect(old.err).not.toMatch(/API_KEY|pass phrase/);
  });

  test.each<[string, readonly string[], Readonly<Record<string, string>>, number, RegExp]>([
    [
      "a short password",
      ["users", "create", "d@example.org", "--name", "D"],
      { KILOWATCH_NEW_PASSWORD: "too short" },
      2,
      /\(422\): password: must have at least 12/,
    ],
    [
      "no password",
      ["users", "create", "d@example.org", "--name", "D"],
      {},
      1,
      /New password for d@example.org is not set: put it into KILOWATCH_NEW_PASSWORD, .*--new-password-file/,
    ],
    [
      "an address that is none",
      ["users", "create", "d", "--name", "D"],
      { KILOWATCH_NEW_PASSWORD: NEW_PASSWORD },
      2,
      /\(422\): email: must be an e-mail address/,
    ],
    [
      "somebody who is there",
      ["users", "create", ADMIN.email, "--name", "D"],
      { KILOWATCH_NEW_PASSWORD: NEW_PASSWORD },
      2,
      /\(409\): /,
    ],
    [
      "a password as an argument",
      ["users", "create", "d@example.org", "hunter2", "--name", "D"],
      {},
      1,
      /too many arguments .* Expected 1 argument but got 2\.$/m,
    ],
    [
      "a password in a flag",
      ["users", "change", ADMIN.email, "--new-password=hunter2"],
      {},
      1,
      /a secret is never an argument/,
    ],
    ["nothing to change", ["users", "change", ADMIN.email], {}, 1, /Say what to change/],
    ["nobody", ["users", "show", "no@example.org"], {}, 2, /no person with the e-mail address no@example.org/],
    [
      "a role that is none",
      ["sites", "members", "put", "S", "d@example.org", "--role", "king"],
      {},
      1,
      /--role must be one of technician, viewer: king/,
    ],
  ])("%s is refused in one line", async (_what, args, env, code, words) => {
    const ended = await asAdmin(args, env);
    expect(ended).toMatchObject({ code, out: "" });
    expect(ended.err).toMatch(words);
    expect(ended.err.trimEnd()).not.toMatch(/\n|hunter2/);
  });

  test("are no matter for keys", async () => {
    expect(await byKey("users", "list")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/\(403\).*--sign-in/) as string,
    });
    const nobody = await runHere(["users", "list", "--url", url], { KILOWATCH_API_KEY: "" });
    expect(nobody).toMatchObject({ code: 1, err: expect.stringMatching(/--sign-in <email>/) as string });
  });

  test("who were signed in for a command are signed out with it", async () => {
    await done(asAdmin(["users", "list"]));
    expect(await asAdmin(["users", "show", "no@example.org"])).toMatchObject({ code: 2 });
    const { items } = await server.catalogue.audit.list({ limit: 500 }, {});
    const count = (action: string): number =>
      items.filter((entry) => entry.action === action && entry.outcome < 300).length;
    expect(count("session.sign-in")).toBeGreaterThanOrEqual(2);
    expect(count("session.sign-out")).toBe(count("session.sign-in"));
  });
});

describe("API keys", () => {
  test("are alone on stdout when they are made, let a program in, and are revoked", async () => {
    const made = await asAdmin(["api-keys", "create", "logger", "--scope", "read", "--scope", "manage"]);
    expect(made.code).toBe(0);
    expect(made.out).toMatch(/^kw_[\w-]+\n$/);
    expect(made.err).toMatch(/^Made: API key "logger" \(.*\)\. It is not shown again\.\n$/);
    const secret = made.out.trim();
    expect(made.err).not.toContain(secret);

    const listing = () => runHere(["sites", "list", "--url", url], { KILOWATCH_API_KEY: secret });
    expect(await listing()).toMatchObject({ code: 0 });
    const list = await done(asAdmin(["api-keys", "list"]));
    expect(list).toMatch(/,logger,\w+,read manage,all,/);
    expect(list).not.toContain(secret);

    const unsure = await asAdmin(["api-keys", "revoke", "logger"]);
    expect(unsure).toMatchObject({
      code: 1,
      err: expect.stringMatching(/"logger" \(kw_\w+_…, last used at .*\)/) as string,
    });
    expect(await listing()).toMatchObject({ code: 0 });
    expect(await asAdmin(["api-keys", "revoke", "logger", "--yes"])).toMatchObject({ code: 0, out: "" });
    expect(await listing()).toMatchObject({ code: 2, err: expect.stringMatching(/\(401\)/) as string });
  });

  test("are limited to sites and in time", async () => {
    const siteId = await newSite("Only");
    const limits = ["--site", "Only", "--expires", "2999-01-01", "--refuse-unknown-series", "--json"];
    const made = await document(asAdmin(["api-keys", "create", "limited", "--scope", "ingest", ...limits]));
    expect(made).toMatchObject({
      key: expect.stringMatching(/^kw_/) as string,
      scopes: ["ingest"],
      siteIds: [siteId],
      expiresAt: "2999-01-01T00:00:00.000Z",
      ingest: { unknownSeries: "refuse" },
    });
  });

  test.each<[string, readonly string[], number, RegExp]>([
    ["no scope", ["create", "k"], 1, /required option '--scope <scope>' not specified/],
    ["a scope that is none", ["create", "k", "--scope", "all"], 1, /--scope must be one of read, ingest, manage: all/],
    [
      "an end that is past",
      ["create", "k", "--scope", "read", "--expires", "1999-01-01"],
      2,
      /\(422\): expiresAt: must lie in the future/,
    ],
    [
      "an end that is no time",
      ["create", "k", "--scope", "read", "--expires", "soon"],
      1,
      /--expires must be a date or a time .*: soon/,
    ],
    [
      "a site that is not there",
      ["create", "k", "--scope", "read", "--site", "Atlantis"],
      2,
      /There is no site "Atlantis"/,
    ],
    [
      "a key that is not there",
      ["revoke", "kw_secret_of_somebody", "--yes"],
      2,
      /There is no API key of this id, name or prefix/,
    ],
  ])("%s is refused in one line", async (_what, args, code, words) => {
    const ended = await asAdmin(["api-keys", ...args]);
    expect(ended).toMatchObject({ code, out: "" });
    expect(ended.err).toMatch(words);
    expect(ended.err.trimEnd()).not.toMatch(/\n|kw_secret/);
  });
});

describe("vendors' accounts", () => {
  const connect = (
    vendor: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ended> => runHere(["connect", vendor, ...args, "--url", url], { KILOWATCH_API_KEY: key, ...env });
  const DEVICES = ["--site", "Wired", "--serials", "SN-000..SN-011"];

  beforeAll(async () => {
    await newSite("Wired");
  });

  test("are connected with a token that shows nowhere, and listed", async () => {
    await using vendor = await startEnergyGridSimulator();
    const made = await connect(
      "energygrid",
      ["--vendor-url", vendor.url, ...DEVICES, "--poll-seconds", "60", "--json"],
      {
        ENERGYGRID_TOKEN: "interview_token_123",
      },
    );
    expect(made.out + made.err).not.toContain("interview_token");
    const connection = await document(Promise.resolve(made));
    expect(connection).toMatchObject({ name: "EnergyGrid", baseUrl: vendor.url, pollIntervalMs: 60_000, devices: 12 });
    expect(await done(byKey("devices", "list", "--site", "Wired"))).toMatch(/,SN-011,inverter,SN-011,/);
    expect(await done(byKey("connections"))).toMatch(/^id,name,vendor,.*\n.*,EnergyGrid,energygrid,/);
    const [listed] = (await document(byKey("connections", "--json"))) as { id: string }[];
    expect(listed?.id).toBe((connection as { id: string }).id);
  });

  test.each<[string, string, readonly string[], number, RegExp]>([
    ["a vendor that is none", "acme", DEVICES, 1, /The vendor must be one of energygrid, elecnova, powerp: acme/],
    ["no token", "energygrid", DEVICES, 1, /put it into ENERGYGRID_TOKEN, .*--token-file/],
    ["the wrong kind of file", "energygrid", [...DEVICES, "--secret-file", "x"], 1, /EnergyGrid has a token/],
    ["the other wrong kind of file", "elecnova", [...DEVICES, "--token-file", "x"], 1, /Elecnova has a client id/],
    ["a range that is none", "energygrid", ["--site", "Wired", "--serials", "SN-1..X"], 1, /SN-1\.\.X/],
    [
      "a pace that is none",
      "energygrid",
      [...DEVICES, "--poll-seconds", "often"],
      1,
      /--poll-seconds must be a number/,
    ],
  ])("with %s are refused in one line", async (_what, vendor, args, code, words) => {
    const ended = await connect(vendor, ["--vendor-url", "http://127.0.0.1:1", ...args], { ENERGYGRID_TOKEN: "" });
    expect(ended).toMatchObject({ code, out: "" });
    expect(ended.err).toMatch(words);
    expect(ended.err.trimEnd()).not.toMatch(/\n/);
  });

  test("at a pace beyond the limits are refused by the server, which names the field", async () => {
    const args = ["--vendor-url", "http://127.0.0.1:1", ...DEVICES, "--poll-seconds", "0.5"];
    const ended = await connect("energygrid", args, { ENERGYGRID_TOKEN: "interview_token_123" });
    expect(ended).toMatchObject({ code: 2, out: "" });
    expect(ended.err).toMatch(/\(422\): pollIntervalMs: /);
    expect(ended.err).not.toContain("interview_token");
  });
});

describe("the real program", () => {
  test("takes the passwords from the environment and says neither", async () => {
    const env = { KILOWATCH_PASSWORD: ADMIN.password, KILOWATCH_NEW_PASSWORD: NEW_PASSWORD };
    const args = ["users", "create", "eve@example.org", "--name", "Eve", "--url", url, "--sign-in", ADMIN.email];
    const { code, out, err } = await kilowatch(args, { env });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^email: eve@example\.org$/m);
    expect(out).not.toMatch(/horse|pass phrase/);
  });

  test.each(["sites", "devices", "users", "api-keys", "connections", "connect"])(
    "helps with %s, by an example",
    async (noun) => {
      const { code, out } = await kilowatch([noun, "--help"]);
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`Examples?:\\n {2}\\$ kilowatch ${noun}\\b`));
    },
  );
});
