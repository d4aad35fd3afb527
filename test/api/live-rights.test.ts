import { Agent, get, type IncomingMessage } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RIGHTS_LOOKED_AT_EVERY_MS } from "../../src/server/event-stream.ts";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

const STREAMS = 1_000;

let server: ApiServer;
let url: string;
let admin: Record<string, string>;
let siteId: string;
const agent = new Agent({ maxSockets: Infinity });

beforeEach(async () => {
  server = await startApiServer();
  url = await server.app.listen({ host: "127.0.0.1", port: 0 });
  admin = await server.signInAsAdmin();
  siteId = (await made<{ id: string }>("/sites", { name: "Calama", timezone: "UTC" })).id;
});

afterEach(async () => {
  await server.close();
  agent.destroy();
});

async function call(
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  headers: Record<string, string>,
  payload?: object,
) {
  const body = payload === undefined ? {} : { payload };
  return server.app.inject({ method, url: `/api/v1${path}`, headers, ...body });
}

async function made<T>(path: string, payload: object): Promise<T> {
  const answer = await call("POST", path, admin, payload);
  expect(answer.statusCode, `${path}: ${answer.body}`).toBe(201);
  return answer.json<T>();
}

async function member(email: string) {
  const { id } = await made<{ id: string }>("/users", { email, name: "V", password: ADMIN.password });
  await call("PUT", `/sites/${siteId}/members/${id}`, admin, { role: "viewer" });
  const login = await call("POST", "/auth/login", {}, { email, password: ADMIN.password });
  return { id, bearer: { authorization: `Bearer ${login.json<{ accessToken: string }>().accessToken}` } };
}

interface Stream {
  isOpen: boolean;
  readonly ended: Promise<void>;
}

function opened(path: string, headers: Record<string, string>): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/api/v1${path}`, { headers, agent }, (answer: IncomingMessage) => {
      if (answer.statusCode !== 200) reject(new Error(`${path} answered ${answer.statusCode}`));
      const ended = Promise.withResolvers<void>();
      const stream: Stream = { isOpen: true, ended: ended.promise };
      answer.resume().once("close", () => {
        stream.isOpen = false;
        ended.resolve();
      });
      resolve(stream);
    });
    request.on("error", reject);
  });
}

test("a thousand open streams: whoever loses the right is out in time, and nobody else", async () => {
  const [vera, willem, xenia] = [
    await member("v@example.org"),
    await member("w@example.org"),
    await member("x@example.org"),
  ];
  const key = await made<{ id: string; key: string }>("/api-keys", { name: "k", scopes: ["read"] });
  const groups = {
    leaves: { headers: vera.bearer, end: () => call("POST", "/auth/logout", vera.bearer) },
    demoted: { headers: willem.bearer, end: () => call("DELETE", `/sites/${siteId}/members/${willem.id}`, admin) },
    deleted: { headers: xenia.bearer, end: () => call("DELETE", `/users/${xenia.id}`, admin) },
    revoked: {
      headers: { authorization: `Bearer ${key.key}` },
      end: () => call("DELETE", `/api-keys/${key.id}`, admin),
    },
  };
  const stays = await Promise.all(Array.from({ length: STREAMS / 5 }, () => opened(`/sites/${siteId}/stream`, admin)));
  const streams = new Map<string, Stream[]>();
  for (const [name, { headers }] of Object.entries(groups)) {
    streams.set(
      name,
      await Promise.all(Array.from({ length: STREAMS / 5 }, () => opened(`/sites/${siteId}/stream`, headers))),
    );
  }
  for (const [name, { end }] of Object.entries(groups)) {
    const own = streams.get(name) ?? [];
    expect(
      own.every(({ isOpen }) => isOpen),
      name,
    ).toBe(true);
    await end();
    await server.clock.advance(RIGHTS_LOOKED_AT_EVERY_MS);
    await Promise.all(own.map(({ ended }) => ended));
  }
  expect(stays.every(({ isOpen }) => isOpen)).toBe(true);
});

test("a stream ends with the access token that opened it", async () => {
  const vera = await member("v@example.org");
  const stream = await opened("/stream", vera.bearer);
  const whoever = await opened("/stream", admin);
  server.clock.jumpWall(890_000);
  await call("POST", "/auth/logout", admin);
  await server.clock.advance(RIGHTS_LOOKED_AT_EVERY_MS);
  await whoever.ended;
  expect(stream.isOpen).toBe(true);
  server.clock.jumpWall(10_000);
  await server.clock.advance(RIGHTS_LOOKED_AT_EVERY_MS);
  await stream.ended;
});

test("a stream of all sites goes on with those that are left", async () => {
  const vera = await member("v@example.org");
  const stream = await opened("/stream", vera.bearer);
  await call("DELETE", `/sites/${siteId}/members/${vera.id}`, admin);
  await server.clock.advance(RIGHTS_LOOKED_AT_EVERY_MS);
  // Whoever is looked at afterwards is out; the stream before it is not.
  const other = await opened("/stream", admin);
  await call("POST", "/auth/logout", admin);
  await server.clock.advance(RIGHTS_LOOKED_AT_EVERY_MS);
  await other.ended;
  expect(stream.isOpen).toBe(true);
});

test("a subscription's streams end when it is changed or deleted, so that their readers get it as it is", async () => {
  const device = { name: "Meter 1", kind: "meter", metrics: [{ name: "active_power", unit: "W" }] };
  const { metrics } = await made<{ metrics: { id: string }[] }>(`/sites/${siteId}/devices`, device);
  const metricIds = metrics.map(({ id }) => id);
  const subscription = async () => (await made<{ id: string }>("/subscriptions", { name: "Mine", metricIds })).id;
  const [changed, deleted, other] = [await subscription(), await subscription(), await subscription()];
  const streams = [changed, deleted, other].map((id) => opened(`/subscriptions/${id}/stream`, admin));
  const [ofChanged, ofDeleted, ofOther] = await Promise.all(streams);
  await call("PATCH", `/subscriptions/${changed}`, admin, { name: "Other" });
  await ofChanged?.ended;
  expect([ofDeleted?.isOpen, ofOther?.isOpen]).toEqual([true, true]);
  await call("DELETE", `/subscriptions/${deleted}`, admin);
  await ofDeleted?.ended;
  expect(ofOther?.isOpen).toBe(true);
});
