import { afterAll, beforeAll, expect, test } from "vitest";
import { INGEST_SETTINGS_DEFAULT } from "../../src/domain/api-key.ts";
import { type ApiServer, startApiServer } from "../api/api-server.ts";
import { type Ended, runHere } from "./run-here.ts";

/** The real commands for imports of history, against a real server. */

let server: ApiServer;
let url = "";
let key = "";
let connectionId = "";

beforeAll(async () => {
  server = await startApiServer();
  const headers = await server.signInAsAdmin();
  url = await server.app.listen({ host: "127.0.0.1", port: 0 });
  const { apiKeys, sites } = server.catalogue;
  const ingest = INGEST_SETTINGS_DEFAULT;
  key = (await apiKeys.create({ name: "cli", scopes: ["manage"], siteIds: null, expiresAtMs: null, ingest })).text;
  const site = { name: "Lugo", timezone: "Europe/Madrid", latitude: null, longitude: null, peakPowerW: null };
  // Where nobody answers: imports are started, and nothing comes of them.
  const payload = {
    name: "Cabinets",
    vendor: "elecnova",
    baseUrl: "http://127.0.0.1:9",
    credential: { clientId: "kilowatch", clientSecret: "a-secret-of-a-test" },
    siteId: (await sites.create(site)).id,
    serialNumbers: ["ESS-1", "ESS-2"],
  };
  const answer = await server.app.inject({ method: "POST", url: "/api/v1/connections", headers, payload });
  expect(answer.statusCode, answer.body).toBe(201);
  connectionId = answer.json<{ id: string }>().id;
});
afterAll(() => server.close());

function backfill(...args: readonly string[]): Promise<Ended> {
  return runHere(["backfill", ...args, "--url", url], { KILOWATCH_API_KEY: key });
}

interface Job {
  readonly id: string;
  readonly state: string;
  readonly requestsLeft: number;
}
const json = async (ended: Promise<Ended>): Promise<Job> => {
  const { code, out, err } = await ended;
  expect(code, err).toBe(0);
  return JSON.parse(out) as Job;
};
const RANGE = ["--from", "2026-06-01", "--to", "2026-06-03"] as const;

test("an import is started with what it costs, listed, paused, resumed and cancelled", async () => {
  const started = await backfill("start", "Cabinets", ...RANGE, "--json");
  expect(started.err).toMatch(/It takes 6 requests, about 0\.0\d s/);
  const job = JSON.parse(started.out) as Job;
  expect(job).toMatchObject({ connectionId, state: "running", from: "2026-06-01T00:00:00.000Z", requestsLeft: 6 });

  expect((await backfill("list", "Cabinets")).out).toMatch(new RegExp(`^id,connectionId,from[^\n]*\n${job.id},`));
  expect((await backfill("list", "--json")).out).toContain(job.id);
  expect(await json(backfill("pause", job.id, "--json"))).toMatchObject({ state: "paused" });
  expect(await json(backfill("resume", job.id, "--json"))).toMatchObject({ state: "running" });
  const cancelled = await backfill("cancel", job.id);
  expect([cancelled.code, cancelled.err]).toEqual([0, "Cancelled: what the import has brought is kept.\n"]);
  const again = await backfill("resume", job.id);
  expect([again.code, again.err]).toEqual([2, expect.stringMatching(/is cancelled, and cannot become running/)]);
});

test("of one device, by days of another zone", async () => {
  const job = await json(
    backfill("start", connectionId, ...RANGE, "--tz", "Europe/Madrid", "--device", "ESS-2", "--json"),
  );
  expect(job).toMatchObject({ from: "2026-05-31T22:00:00.000Z", to: "2026-06-03T22:00:00.000Z", requestsLeft: 3 });
  await backfill("cancel", job.id);
});

test("is watched to its end", async () => {
  const { id } = await json(backfill("start", "Cabinets", ...RANGE, "--json"));
  const { backfillJobs } = server.catalogue;
  const watching = backfill("watch", id, "--json");
  const ticking = (async () => {
    for (let round = 0; round < 1_000; round++) {
      await server.clock.advance(1_000);
      if (round === 5) await backfillJobs.add(id, { requests: 6, readings: 1_728 });
      if (round === 10) await backfillJobs.become(id, "done");
      if (await Promise.race([watching.then(() => true), turn()])) return;
    }
  })();
  const { code, out, err } = await watching;
  await ticking;
  expect([code, err]).toEqual([0, expect.stringContaining("The import is done: 6 requests, 1728 readings.")]);
  expect(JSON.parse(out)).toMatchObject({ state: "done", requests: 6, requestsLeft: 0 });
});

test.each([
  [["start", "Nobody", ...RANGE], 2, /There is no connection "Nobody"/],
  [["start", "Cabinets", "--from", "2026-06-01"], 1, /It needs --from and --to/],
  [["start", "Cabinets", "--from", "2031-06-01", "--to", "2031-06-02"], 2, /must lie after from/],
  [["pause", "yesterday"], 1, /named by its id/],
  [["watch", "01900000-0000-7000-8000-000000000000"], 2, /no such import/],
])("%j ends with %d", async (args, code, words) => {
  const ended = await backfill(...args);
  expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(words)]);
});

/** Lets sockets have a turn. */
function turn(): Promise<false> {
  return new Promise((resolve) => {
    setImmediate(() => resolve(false));
  });
}
