import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

const NEXT = "another long password";

let server: ApiServer;
let admin: Record<string, string>;
beforeEach(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
});
afterEach(() => server.close());

type Method = "GET" | "POST" | "PATCH" | "PUT";
const ask = (method: Method, path: string, headers: Record<string, string>, payload?: object) =>
  server.app.inject({ method, url: `/api/v1${path}`, headers, ...(payload && { payload }) });

async function signedIn(password = ADMIN.password) {
  const login = await ask("POST", "/auth/login", {}, { email: "vera@example.org", password });
  return { status: login.statusCode, authorization: `Bearer ${login.json<{ accessToken: string }>().accessToken}` };
}

async function vera(): Promise<Record<string, string>> {
  await ask("POST", "/users", admin, { email: "vera@example.org", name: "Vera", password: ADMIN.password });
  return { authorization: (await signedIn()).authorization };
}

describe("people change of themselves", () => {
  test("their name, and nothing else that way", async () => {
    const own = await vera();
    const changed = await ask("PATCH", "/me", own, { name: "Vera Rubin" });
    expect(changed.json()).toMatchObject({ name: "Vera Rubin", email: "vera@example.org" });
    for (const more of [{ isAdmin: true }, { email: "x@example.org" }, { password: NEXT }]) {
      expect((await ask("PATCH", "/me", own, { name: "V", ...more })).statusCode).toBe(422);
    }
    const me = (await ask("GET", "/me", own)).json<{ role: string; user: { name: string } }>();
    expect([me.role, me.user.name]).toEqual(["viewer", "Vera Rubin"]);
  });

  test("their password, with the one they have: every session ends but the one that begins", async () => {
    const own = await vera();
    const elsewhere = { authorization: (await signedIn()).authorization };
    const wrong = await ask("PUT", "/me/password", own, { present: "not my password", password: NEXT });
    expect(wrong.json()).toMatchObject({ status: 422, errors: [{ path: "present" }] });
    const changed = await ask("PUT", "/me/password", own, { present: ADMIN.password, password: NEXT });
    expect(changed.statusCode, changed.body).toBe(200);
    expect(String(changed.headers["set-cookie"])).toContain("kilowatch_session=");
    for (const former of [own, elsewhere]) expect((await ask("GET", "/me", former)).statusCode).toBe(401);
    const fresh = { authorization: `Bearer ${changed.json<{ accessToken: string }>().accessToken}` };
    expect((await ask("GET", "/me", fresh)).statusCode).toBe(200);
    expect([(await signedIn()).status, (await signedIn(NEXT)).status]).toEqual([401, 200]);
  });

  test("a password as everyone's: no shorter, and guesses at the present one are slowed down", async () => {
    const own = await vera();
    const short = await ask("PUT", "/me/password", own, { present: ADMIN.password, password: "x".repeat(11) });
    expect(short.json()).toMatchObject({ status: 422, errors: [{ path: "password" }] });
    const guess = async () =>
      (await ask("PUT", "/me/password", own, { present: "guessed password", password: NEXT })).statusCode;
    const answers: number[] = [];
    for (let guesses = 0; guesses < 7; guesses++) answers.push(await guess());
    expect(answers.slice(0, 5)).toEqual([422, 422, 422, 422, 422]);
    expect(answers).toContain(429);
  });

  test("nothing when they are a program or nobody; what they do is in the audit log without a password", async () => {
    const { key } = (await ask("POST", "/api-keys", admin, { name: "k", scopes: ["manage"] })).json<{ key: string }>();
    for (const [status, headers] of [
      [401, {}],
      [403, { authorization: `Bearer ${key}` }],
    ] as const) {
      expect((await ask("PATCH", "/me", headers, { name: "K" })).statusCode).toBe(status);
      expect((await ask("PUT", "/me/password", headers, { present: "x", password: NEXT })).statusCode).toBe(status);
    }
    const own = await vera();
    await ask("PUT", "/me/password", own, { present: ADMIN.password, password: NEXT });
    const log = (await ask("GET", "/audit?action=account", admin)).body;
    expect(log).toContain("vera@example.org");
    expect(log).not.toMatch(/another long|correct horse/);
  });
});

test("people are found by a part of their name or address, in any case", async () => {
  for (const [name, email] of [
    ["Vera Rubin", "vera@stars.example"],
    ["Ádám", "adam@example.org"],
    ["100 %", "percent_@example.org"],
  ]) {
    await ask("POST", "/users", admin, { email, name, password: ADMIN.password });
  }
  const found = async (search: string) => {
    const answer = await ask("GET", `/users?search=${encodeURIComponent(search)}`, admin);
    return answer.json<{ items: { name: string }[] }>().items.map(({ name }) => name);
  };
  expect(await found("RUBIN")).toEqual(["Vera Rubin"]);
  expect(await found("stars")).toEqual(["Vera Rubin"]);
  expect(await found("ádá")).toEqual(["Ádám"]);
  expect(await found("%")).toEqual(["100 %"]);
  expect(await found("_")).toEqual(["100 %"]);
  expect(await found("nobody")).toEqual([]);
  expect(await found("")).toHaveLength(4);
  expect((await ask("GET", `/users?search=${"x".repeat(201)}`, admin)).statusCode).toBe(422);
});

test("the server says what it is to its administrators: version, state, places and counts, and no secret", async () => {
  const said = await ask("GET", "/installation", admin);
  expect(said.json()).toEqual({
    version: "0.0.0-test",
    asOf: new Date(server.clock.nowMs()).toISOString(),
    startedAt: new Date(server.clock.nowMs()).toISOString(),
    health: { status: "ready", detail: "", pendingReadings: 0 },
    dataFolder: "/var/lib/kilowatch",
    catalogue: "data folder",
    readings: "data folder",
    secretKey: "passphrase",
    counts: { people: 1, apiKeys: 0, sites: 0, devices: 0, metrics: 0, connections: 0 },
  });
  const site = (await ask("POST", "/sites", admin, { name: "S", timezone: "UTC" })).json<{ id: string }>();
  const metrics = ["a", "b"].map((name) => ({ name, unit: "W" }));
  await ask("POST", `/sites/${site.id}/devices`, admin, { name: "D", kind: "meter", metrics });
  await ask("POST", "/api-keys", admin, { name: "k", scopes: ["read"] });
  const again = (await ask("GET", "/installation", admin)).json<{ counts: object }>();
  expect(again.counts).toEqual({ people: 1, apiKeys: 1, sites: 1, devices: 1, metrics: 2, connections: 0 });
  expect((await ask("GET", "/installation", await vera())).statusCode).toBe(403);
});
