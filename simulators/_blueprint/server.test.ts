import { expect, test } from "vitest";
import { TestTime } from "../test-time.ts";
import {
  CLIENT_ID,
  CLIENT_SECRET,
  DEVICES_PER_REQUEST_MAX,
  PAST_EVERY_MS,
  PAST_RANGE_MS_MAX,
  RATE,
  startBlueprintSimulator,
  TOKEN_LIFETIME_S,
} from "./server.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 12);

/** A stage whose clock stands still unless told. */
async function open() {
  const time = new TestTime(NOW_MS);
  const simulator = await startBlueprintSimulator({ time });
  const post = async (path: string, body: unknown, token = ""): Promise<{ status: number; body: unknown }> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(simulator.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  };
  const login = async (): Promise<string> => {
    const { body } = await post("/v1/login", { client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
    return (body as { access_token: string }).access_token;
  };
  return { simulator, time, post, login, [Symbol.asyncDispose]: () => simulator.close() };
}

test("a login brings a token, and a token brings values of the devices that it knows", async () => {
  await using stage = await open();
  const answer = await stage.post("/v1/latest", { ids: ["M-007", "X-1"] }, await stage.login());
  const row = { id: "M-007", time: new Date(NOW_MS).toISOString(), values: { power_w: 7, connected: true } };
  expect(answer).toEqual({ status: 200, body: { devices: [row] } });
  expect(stage.simulator.violations.count).toBe(0);
});

test("a wrong secret and no token at all are refused and noted", async () => {
  await using stage = await open();
  expect(await stage.post("/v1/login", { client_id: CLIENT_ID, client_secret: "x" })).toMatchObject({ status: 401 });
  expect(await stage.post("/v1/latest", { ids: [] })).toMatchObject({ status: 401 });
  expect(stage.simulator.violations.countOf("authorisation")).toBe(2);
});

test("a token holds for its lifetime, not a moment longer, and not once it is revoked", async () => {
  await using stage = await open();
  const token = await stage.login();
  stage.time.atMs = TOKEN_LIFETIME_S * 1_000 - 1;
  expect(await stage.post("/v1/latest", { ids: [] }, token)).toMatchObject({ status: 200 });
  stage.time.atMs++;
  expect(await stage.post("/v1/latest", { ids: [] }, token)).toMatchObject({ status: 401 });
  const next = await stage.login();
  stage.simulator.revokeTokens();
  expect(await stage.post("/v1/latest", { ids: [] }, next)).toMatchObject({ status: 401 });
});

test("at most 20 devices are taken in a request", async () => {
  await using stage = await open();
  const token = await stage.login();
  const ids = (count: number): string[] => Array.from({ length: count }, () => "M-000");
  const full = await stage.post("/v1/latest", { ids: ids(DEVICES_PER_REQUEST_MAX) }, token);
  expect(full).toMatchObject({ status: 200 });
  const over = await stage.post("/v1/latest", { ids: ids(DEVICES_PER_REQUEST_MAX + 1) }, token);
  expect(over).toMatchObject({ status: 400 });
});

test("the past is told up to now, of at most a day, and not of devices that may not be shown", async () => {
  await using stage = await open();
  const token = await stage.login();
  const ask = (fromMs: number, toMs: number, ids = ["M-007", "M-900", "X-1"]) => {
    const [from, to] = [fromMs, toMs].map((timeMs) => new Date(timeMs).toISOString());
    return stage.post("/v1/history", { ids, from, to }, token);
  };
  const rows = [2, 1].map((ago) => ({
    time: new Date(NOW_MS - ago * PAST_EVERY_MS).toISOString(),
    values: { power_w: 7 },
  }));
  expect(await ask(NOW_MS - 2 * PAST_EVERY_MS, NOW_MS + PAST_EVERY_MS)).toEqual({
    status: 200,
    body: { devices: [{ id: "M-007", rows }], refused: ["M-900"] },
  });
  expect(await ask(NOW_MS - PAST_RANGE_MS_MAX, NOW_MS)).toMatchObject({ status: 200 });
  expect(await ask(NOW_MS - PAST_RANGE_MS_MAX - 1, NOW_MS)).toMatchObject({ status: 400 });
  expect(await ask(NOW_MS, NOW_MS)).toMatchObject({ status: 400 });
});

test("one request more than a second allows is refused, and the next second is new", async () => {
  await using stage = await open();
  for (let request = 0; request < RATE.requests; request++) await stage.login();
  expect(await stage.post("/v1/login", {})).toMatchObject({ status: 429 });
  expect(stage.simulator.violations.countOf("rate")).toBe(1);
  stage.time.atMs = 2 * RATE.perMs;
  expect(await stage.login()).toMatch(/^blueprint-token-/);
});

test("a path that it does not have, and a body that is none, are refused", async () => {
  await using stage = await open();
  expect(await stage.post("/v2/latest", {})).toMatchObject({ status: 404 });
  expect(await stage.post("/v1/latest", null, await stage.login())).toMatchObject({ status: 400 });
});
