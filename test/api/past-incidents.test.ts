import { createHmac } from "node:crypto";
import { Agent, request as ask, type IncomingHttpHeaders } from "node:http";
import { importJWK, type JWK, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ACCESS_TOKEN_LIFETIME_S } from "../../src/access/access-tokens.ts";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

/* What has gone wrong in comparable products, one test each, by its number. */

let server: ApiServer;
let admin: Headers;

beforeEach(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
});

afterEach(() => server.close());

type Headers = Record<string, string>;

async function call(method: string, path: string, headers: Headers = {}, payload?: object, at = server) {
  const body = payload === undefined ? {} : { payload };
  return at.app.inject({ method: method as "GET", url: path, headers, ...body });
}

async function made<T>(path: string, payload: object): Promise<T> {
  const answer = await call("POST", `/api/v1${path}`, admin, payload);
  expect(answer.statusCode, `${path}: ${answer.body}`).toBe(201);
  return answer.json<T>();
}

interface Place {
  readonly siteId: string;
  readonly deviceId: string;
  readonly metricIds: readonly string[];
}

async function placeNamed(name: string): Promise<Place> {
  const { id: siteId } = await made<{ id: string }>("/sites", { name, timezone: "UTC" });
  const metrics = ["active_power", "voltage"].map((metric) => ({ name: metric, unit: "W" }));
  const wanted = { name: `Meter of ${name}`, kind: "meter", metrics };
  const device = await made<{ id: string; metrics: { id: string }[] }>(`/sites/${siteId}/devices`, wanted);
  return { siteId, deviceId: device.id, metricIds: device.metrics.map(({ id }) => id) };
}

interface Person {
  readonly id: string;
  readonly email: string;
  readonly bearer: Headers;
}

async function member(email: string, role: "viewer" | "technician", siteId: string): Promise<Person> {
  const { id } = await made<{ id: string }>("/users", { email, name: "Somebody", password: ADMIN.password });
  const joined = await call("PUT", `/api/v1/sites/${siteId}/members/${id}`, admin, { role });
  expect(joined.statusCode).toBe(200);
  return { id, email, bearer: await bearerOf(email) };
}

async function bearerOf(email: string): Promise<Headers> {
  const login = await call("POST", "/api/v1/auth/login", {}, { email, password: ADMIN.password });
  expect(login.statusCode, login.body).toBe(200);
  return bearer(login.json<{ accessToken: string }>().accessToken);
}

const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });

const newKey = (scopes: readonly string[], siteIds: readonly string[] | null = null) =>
  made<{ id: string; key: string; prefix: string }>("/api-keys", { name: scopes.join(), scopes, siteIds });

describe("CVE-2023-26462 (ThingsBoard): a signing key that all installations share", () => {
  const signingKeyOf = async (of: ApiServer): Promise<JWK> =>
    JSON.parse(
      await of.catalogue.ownSecrets.getOrMake("access-token-key", () => Promise.reject(new Error("there is no key"))),
    ) as JWK;
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const payloadOf = ({ authorization = "" }: Headers): Record<string, string> =>
    JSON.parse(Buffer.from(authorization.split(".")[1] ?? "", "base64url").toString()) as Record<string, string>;
  const statusOf = async (token: string) => (await call("GET", "/api/v1/sites", bearer(token))).statusCode;

  test("each has its own: another's token is no good, not even for a person and a session that there are", async () => {
    const other = await startApiServer();
    try {
      const theirs = await other.signInAsAdmin();
      expect((await call("GET", "/api/v1/sites", theirs, undefined, other)).statusCode).toBe(200);
      expect((await call("GET", "/api/v1/sites", theirs)).statusCode).toBe(401);
      const signed = async (by: ApiServer) =>
        new SignJWT(payloadOf(admin))
          .setProtectedHeader({ alg: "EdDSA" })
          .sign(await importJWK(await signingKeyOf(by), "EdDSA"));
      expect(await statusOf(await signed(server))).toBe(200);
      expect(await statusOf(await signed(other))).toBe(401);
    } finally {
      await other.close();
    }
  });

  test("no well-known text, no public key and no missing signature makes a token", async () => {
    const { x = "" } = await signingKeyOf(server);
    const payload = part(payloadOf(admin));
    const secrets = [
      "thingsboardDefaultSigningKey",
      "dGhpbmdzYm9hcmREZWZhdWx0U2lnbmluZ0tleQ==",
      "secret",
      "kilowatch",
      "",
      x,
      Buffer.from(x, "base64url"),
      JSON.stringify({ kty: "OKP", crv: "Ed25519", x }),
    ];
    const forged = secrets.flatMap((secret) =>
      (["HS256", "HS384", "HS512", "EdDSA"] as const).map((alg) => {
        const text = `${part({ alg })}.${payload}`;
        const hash = alg === "EdDSA" ? "sha256" : `sha${alg.slice(2)}`;
        return `${text}.${createHmac(hash, secret).update(text).digest("base64url")}`;
      }),
    );
    const unsigned = ["none", "None", "NONE", "", "EdDSA"].map((alg) => `${part({ alg })}.${payload}.`);
    const ownKeyInHead = { alg: "EdDSA", jwk: { kty: "OKP", crv: "Ed25519", x } };
    for (const token of [...forged, ...unsigned, `${part(ownKeyInHead)}.${payload}.AAAA`]) {
      expect(await statusOf(token), token).toBe(401);
    }
  });
});

test("CVE-2020-27687 (ThingsBoard): nothing that is answered comes from the Host that was asked for", async () => {
  const poison = { host: "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-server": "evil.example" };
  const place = await placeNamed("Calama");
  const code = server.code.issue();
  const answers = await Promise.all([
    call("POST", "/api/v1/auth/login", poison, { email: ADMIN.email, password: ADMIN.password }),
    call("POST", "/api/v1/auth/link", poison, { code }),
    call("POST", "/api/v1/sites", { ...admin, ...poison }, { name: "Almería", timezone: "UTC" }),
    call("GET", "/api/v1/sites?limit=1", { ...admin, ...poison }),
    call("GET", `/api/v1/devices/${place.deviceId}`, { ...admin, ...poison }),
    call("GET", "/api/v1/openapi.json", poison),
    call("GET", "/api/v1/sites/", { ...admin, ...poison }),
    call("GET", "/nowhere", poison),
    call("GET", "/api/v1/sites/%zz", poison),
  ]);
  expect(answers.slice(0, 2).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  for (const { headers, body } of answers) {
    expect(`${JSON.stringify(headers)} ${body}`).not.toContain("evil.");
    expect(headers.location).toBeUndefined();
    expect(JSON.stringify(headers["set-cookie"] ?? "")).not.toMatch(/domain=/i);
  }
});

test("CVE-2021-39226 (Grafana): a route's parameter asked for by its own name names nothing", async () => {
  const place = await placeNamed("Calama");
  const viewer = await member("v@example.org", "viewer", place.siteId);
  const spellings = (url: string) => {
    const named = [...url.matchAll(/:\w+/g)].map(([name]) => name);
    const as = (spell: (name: string) => string) => named.reduce((path, name) => path.replace(name, spell(name)), url);
    return [
      url,
      as((name) => encodeURIComponent(name)),
      as((name) => `{${name.slice(1)}}`),
      as(() => "*"),
      as(() => "%2A"),
    ];
  };
  const before = await call("GET", `/api/v1/devices/${place.deviceId}`, admin);
  const routes = server.app.declaredRoutes.filter(({ url, method }) => url.includes(":") && method !== "HEAD");
  expect(routes.length).toBeGreaterThan(25);
  for (const { method, url } of routes) {
    for (const path of spellings(url)) {
      const body = method === "GET" || method === "DELETE" ? undefined : {};
      const asked = async (headers: Headers) => (await call(method, path, headers, body)).statusCode;
      expect(await asked({}), `${method} ${path} as nobody`).toBe(401);
      // A member learns no more than of any id that is none: 403 where no member may, whatever it is about.
      expect([403, 404, 422], `${method} ${path} as a member`).toContain(await asked(viewer.bearer));
    }
  }
  expect((await call("GET", `/api/v1/devices/${place.deviceId}`, admin)).json()).toEqual(before.json());
});

test("CVE-2024-1313 (Grafana): what belongs to another site cannot be deleted by its id", async () => {
  const [own, foreign] = [await placeNamed("Own"), await placeNamed("Foreign")];
  const technician = await member("t@example.org", "technician", own.siteId);
  const limited = bearer((await newKey(["manage"], [own.siteId])).key);
  const [metricId] = foreign.metricIds;
  const theirs = [
    `/devices/${foreign.deviceId}`,
    `/metrics/${metricId}`,
    `/metrics/${metricId}/readings`,
    `/sites/${foreign.siteId}`,
  ];
  for (const headers of [technician.bearer, limited]) {
    for (const path of theirs) {
      const { statusCode } = await call("DELETE", `/api/v1${path}`, headers);
      // What only administrators may is refused to a site's key and people, own or not, or as if it were not there.
      expect(path.endsWith("/readings") || path.startsWith("/sites") ? [403, 404] : [404], path).toContain(statusCode);
    }
  }
  for (const path of [`/devices/${foreign.deviceId}`, `/metrics/${metricId}`, `/sites/${foreign.siteId}`]) {
    expect((await call("GET", `/api/v1${path}`, admin)).statusCode, path).toBe(200);
  }
  expect((await call("DELETE", `/api/v1/metrics/${own.metricIds[0]}`, technician.bearer)).statusCode).toBe(204);
  expect((await call("DELETE", `/api/v1/devices/${own.deviceId}`, technician.bearer)).statusCode).toBe(200);
});

test("CVE-2026-22640 (Grafana): nobody but an administrator manages people or members", async () => {
  const place = await placeNamed("Calama");
  const [viewer, technician] = [
    await member("v@example.org", "viewer", place.siteId),
    await member("t@example.org", "technician", place.siteId),
  ];
  const [{ id: adminId } = { id: "" }] = (await call("GET", "/api/v1/users", admin))
    .json<{ items: { id: string; isAdmin: boolean }[] }>()
    .items.filter(({ isAdmin }) => isAdmin);
  const members = `/api/v1/sites/${place.siteId}/members`;
  const people = async () => [
    (await call("GET", "/api/v1/users", admin)).json<object>(),
    (await call("GET", members, admin)).json<object>(),
  ];
  const before = await people();
  const keys = ["read", "ingest", "manage"].map(async (scope) => bearer((await newKey([scope])).key));
  const siteKey = bearer((await newKey(["manage"], [place.siteId])).key);
  for (const headers of [viewer.bearer, technician.bearer, ...(await Promise.all(keys)), siteKey]) {
    const deeds = [
      call("DELETE", `/api/v1/users/${adminId}`, headers),
      call("PATCH", `/api/v1/users/${adminId}`, headers, { isAdmin: false }),
      call("PATCH", `/api/v1/users/${technician.id}`, headers, { isAdmin: true }),
      call("POST", "/api/v1/users", headers, {
        email: "x@example.org",
        name: "X",
        password: ADMIN.password,
        isAdmin: true,
      }),
      call("PUT", `${members}/${viewer.id}`, headers, { role: "technician" }),
      call("PUT", `${members}/${adminId}`, headers, { role: "viewer" }),
      call("DELETE", `${members}/${viewer.id}`, headers),
      call("GET", "/api/v1/users", headers),
      call("GET", members, headers),
    ];
    for (const { statusCode } of await Promise.all(deeds)) expect(statusCode).toBe(403);
  }
  expect(await people()).toEqual(before);
});

/** A question over a connection of the pool, and all of its answer; null when it was given up. */
function asked(
  port: number,
  agent: Agent,
  {
    path,
    headers,
    giveUpAfterMs,
    body,
  }: { path: string; headers: Headers; giveUpAfterMs?: number; body?: readonly string[] },
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string } | null> {
  return new Promise((resolve, reject) => {
    const question = ask({ host: "127.0.0.1", port, path, agent, headers, method: body ? "POST" : "GET" }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.on("error", () => resolve(null));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    question.on("error", (error) => (giveUpAfterMs === undefined ? reject(error) : resolve(null)));
    if (giveUpAfterMs !== undefined) setTimeout(() => question.destroy(), giveUpAfterMs);
    for (const piece of body ?? []) question.write(piece);
    if (giveUpAfterMs === undefined || !body) question.end();
  });
}

test("CVE-2022-39328 (Grafana): under load everyone is answered as themselves", async () => {
  const ROUNDS = 60;
  const places = [await placeNamed("One"), await placeNamed("Two"), await placeNamed("Three")];
  const people = [];
  for (const [index, { siteId }] of places.entries())
    people.push(await member(`p${index}@example.org`, "viewer", siteId));
  const limited = bearer((await newKey(["read"], [places[0]?.siteId ?? ""])).key);
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  const address = server.app.server.address();
  if (address === null || typeof address === "string") throw new Error("listens nowhere");
  const { port } = address;
  const agent = new Agent({ keepAlive: true, maxSockets: 12 });
  const sitesOf = (text: string) => (JSON.parse(text) as { items: { id: string }[] }).items.map(({ id }) => id);
  const wrong: string[] = [];
  let answered = 0;
  const see = async (
    who: string,
    path: string,
    headers: Headers,
    isRight: (status: number, text: string) => boolean,
  ) => {
    const answer = await asked(port, agent, { path, headers });
    answered++;
    if (!answer || !isRight(answer.status, answer.text))
      wrong.push(`${who} ${path}: ${answer?.status} ${answer?.text}`);
  };
  try {
    const questions: Promise<unknown>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, person] of people.entries()) {
        const own = places[index]?.siteId;
        questions.push(
          see(person.email, "/api/v1/me", person.bearer, (_, text) => text.includes(`"${person.email}"`)),
          see(person.email, "/api/v1/sites", person.bearer, (_, text) => sitesOf(text).join() === own),
          see(person.email, "/api/v1/users", person.bearer, (status) => status === 403),
        );
      }
      questions.push(
        see("nobody", "/api/v1/me", {}, (status) => status === 401),
        see("nobody", "/api/v1/sites", {}, (status) => status === 401),
        see("a key", "/api/v1/sites", limited, (_, text) => sitesOf(text).join() === places[0]?.siteId),
        see("admin", "/api/v1/sites", admin, (_, text) => sitesOf(text).length === places.length),
        // Given up before, while and after they are carried out, and one whose body never ends.
        asked(port, agent, { path: "/api/v1/users", headers: admin, giveUpAfterMs: round % 7 }),
        asked(port, agent, {
          path: "/api/v1/sites",
          headers: { ...admin, "content-type": "application/json", "content-length": "500" },
          giveUpAfterMs: 20 + round,
          body: ['{"name":'],
        }),
      );
    }
    await Promise.all(questions);
  } finally {
    agent.destroy();
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(answered).toBe(ROUNDS * 13);
});

describe("CVE-2026-34205 (Home Assistant): what is open to this machine is open to no other", () => {
  const FORGED: readonly Headers[] = [
    { host: "localhost" },
    { host: "127.0.0.1:8080" },
    { host: "[::1]" },
    { host: "localhost", "x-forwarded-for": "127.0.0.1" },
    { host: "localhost", forwarded: "for=127.0.0.1" },
    { host: "localhost", "x-real-ip": "127.0.0.1", "x-forwarded-host": "localhost", origin: "http://localhost" },
  ];
  const INTERNAL = ["/metrics", "/api/v1/storage", "/api/v1/storage/metrics"];

  test("with every door open", async () => {
    await server.close();
    server = await startApiServer({ openOperation: true, openData: true, visitorsMayLook: true });
    const paths = [...INTERNAL, "/api/v1/sites", "/api/v1/fleet", "/data?from=2026-01-01&to=2026-01-02"];
    const from = async (remoteAddress: string, url: string, headers: Headers) =>
      (await server.app.inject({ url, headers, remoteAddress })).statusCode;
    for (const url of paths) {
      for (const local of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
        expect(await from(local, url, { host: "localhost:8080" }), `${url} from ${local}`).toBe(200);
        expect(await from(local, url, { host: "rebound.example" }), `${url} from ${local}`).toBe(401);
      }
      for (const headers of FORGED) {
        for (const remote of ["203.0.113.9", "::ffff:203.0.113.9", "10.0.0.5", "2001:db8::1"]) {
          expect(await from(remote, url, headers), `${url} from ${remote} ${JSON.stringify(headers)}`).toBe(401);
        }
      }
    }
    const push = { method: "POST", url: "/data", remoteAddress: "203.0.113.9", payload: "1 a 1" } as const;
    expect((await server.app.inject({ ...push, headers: { host: "localhost" } })).statusCode).toBe(401);
  });

  test("and with all of them shut to this one neither", async () => {
    const routes = server.app.declaredRoutes.filter(({ permission }) => permission === "operation:read");
    expect(routes.map(({ url }) => url)).toEqual(expect.arrayContaining(INTERNAL));
    for (const { method, url } of routes) {
      for (const headers of FORGED) expect((await call(method, url, headers)).statusCode, url).toBe(401);
    }
  });
});

test("emoncms #2004: nothing that a read key may ask for reveals a key", async () => {
  const place = await placeNamed("Calama");
  const keys = [await newKey(["ingest"]), await newKey(["manage"]), await newKey(["read", "ingest", "manage"])];
  const reader = bearer((await newKey(["read"])).key);
  const push = await call("POST", "/api/v1/readings", bearer(keys[0]?.key ?? ""), {
    readings: [{ metricId: place.metricIds[0], time: "2026-06-21T09:00:00Z", value: 1 }],
  });
  expect(push.statusCode).toBe(200);
  await server.app.inject({
    method: "POST",
    url: "/data",
    headers: bearer(keys[2]?.key ?? ""),
    payload: "1760000000 Voltage 5",
  });
  const ids: Record<string, string> = {
    sites: place.siteId,
    devices: place.deviceId,
    metrics: place.metricIds[0] ?? "",
    "api-keys": keys[0]?.id ?? "",
  };
  const window = `from=2026-06-21T00:00:00Z&to=2026-06-22T00:00:00Z`;
  let granted = 0;
  for (const { method, url } of server.app.declaredRoutes) {
    if (method !== "GET" || url.endsWith("/stream")) continue;
    const path = url.replace(":siteId", place.siteId).replace(":id", ids[url.split("/")[3] ?? ""] ?? place.siteId);
    for (const query of [
      "",
      `?siteId=${place.siteId}`,
      `?${window}`,
      `?${window}&metricIds=${place.metricIds.join()}`,
    ]) {
      const { body, headers, statusCode } = await call("GET", path + query, reader);
      if (statusCode === 200) granted++;
      const shown = `${body} ${JSON.stringify(headers)}`;
      for (const { key, prefix } of keys) {
        expect(shown.includes(key.slice(-43)) || shown.includes(prefix), `${path}${query} shows a key`).toBe(false);
      }
      expect(shown, path).not.toMatch(/kw_[0-9a-z]|argon2|secretHash/i);
    }
  }
  expect(granted).toBeGreaterThan(20);
  for (const method of ["GET", "POST"]) {
    expect((await call(method, "/api/v1/api-keys", reader, method === "POST" ? {} : undefined)).statusCode).toBe(403);
  }
});

test("OpenEVSE PR 1165: every stream refuses nobody, whoever's token has ended, and a key that may only push", async () => {
  const place = await placeNamed("Calama");
  const viewer = await member("v@example.org", "viewer", place.siteId);
  const subscription = { name: "Mine", metricIds: place.metricIds };
  const own = await call("POST", "/api/v1/subscriptions", viewer.bearer, subscription);
  const subscriptionId = own.json<{ id: string }>().id;
  const ingest = bearer((await newKey(["ingest"])).key);
  const revoked = await newKey(["read"]);
  await call("DELETE", `/api/v1/api-keys/${revoked.id}`, admin);
  const streams = server.app.declaredRoutes
    .filter(({ method, url }) => method === "GET" && url.endsWith("/stream"))
    .map(({ url }) => url.replace(":siteId", place.siteId).replace(":id", subscriptionId));
  expect(streams).toHaveLength(4);
  const statuses = (headers: Headers) =>
    Promise.all(streams.map(async (path) => (await call("HEAD", path, headers)).statusCode));
  // Imports of history are not a viewer's matter.
  expect((await statuses(viewer.bearer)).sort()).toEqual([200, 200, 200, 403]);
  server.clock.jumpWall(ACCESS_TOKEN_LIFETIME_S * 1_000);
  // A refused GET ends, too; a granted one would not.
  for (const path of streams) {
    const refusals: [Headers, number][] = [
      [{}, 401],
      [viewer.bearer, 401],
      [bearer(revoked.key), 401],
      [bearer("kw_"), 401],
      [ingest, 403],
      [{ cookie: "kilowatch_session=x" }, 401],
    ];
    for (const [headers, status] of refusals) {
      expect((await call("GET", path, headers)).statusCode, `${path} ${JSON.stringify(headers)}`).toBe(status);
    }
    // A token in the address, as pages without headers send theirs, is none.
    const inAddress = `${path}?access_token=${viewer.bearer["authorization"]?.slice(7)}`;
    expect((await call("GET", inAddress)).statusCode).toBe(401);
  }
});
