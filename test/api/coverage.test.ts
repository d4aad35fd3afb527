import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CONNECTION, inverter, SITE } from "../../src/catalogue/contract-scene.ts";
import type { CoverageRun, Outcome } from "../../src/domain/coverage.ts";
import { ACTIVE_POWER, ONLINE } from "../../src/domain/metric.ts";
import { COVERAGE_CELLS_MAX, COVERAGE_SPAN_MS_MAX, COVERAGE_STEPS_MAX } from "../../src/server/views/coverage.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

/*
 * What the ledger knows, as the API tells it: a site in Calama with three inverters that a connection asks for, and one that pushes.
 */

const HOUR_MS = 3_600_000;

interface Device {
  readonly id: string;
  readonly name: string;
  readonly series: readonly number[];
}
interface Gap {
  readonly device: string;
  readonly metrics: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly outcome: string | null;
  readonly askedAt: string | null;
  readonly request: number | null;
}
interface GapPage {
  readonly from: string;
  readonly to: string;
  readonly asked: boolean;
  readonly items: readonly Gap[];
  readonly nextCursor: string | null;
}

let server: ApiServer;
let headers: { authorization: string };
let siteId: string;
let devices: Device[];
/** When the devices came, epoch ms. */
let createdMs: number;
/** The clock of the test stands still here. */
let nowMs: number;

beforeEach(async () => {
  server = await startApiServer();
  const { catalogue } = server;
  siteId = (await catalogue.sites.create(SITE)).id;
  const asked = ["A", "B", "C"].map((serial) => inverter(siteId, serial));
  const metrics = [ACTIVE_POWER, ONLINE];
  const { id: connectionId } = await catalogue.connections.create(CONNECTION, { token: "t" }, asked, metrics);
  await catalogue.devices.createAll([inverter(siteId, "pushes")], metrics);
  devices = (await catalogue.devices.all()).map(({ id, name }) => ({
    id,
    name,
    series: catalogue.directory.allOfDevice(id).map(({ series }) => series),
  }));
  expect(await catalogue.devices.ofConnection(connectionId)).toHaveLength(3);
  createdMs = server.clock.nowMs();
  server.clock.jumpWall(2 * COVERAGE_SPAN_MS_MAX);
  nowMs = server.clock.nowMs();
  headers = await server.signInAsAdmin();
});
afterEach(() => server.close());

const iso = (timeMs: number): string => new Date(timeMs).toISOString();

function device(name: string): Device {
  const found = devices.find((each) => each.name === name);
  if (!found) throw new RangeError(`there is no device ${name}`);
  return found;
}

/** Notes of each metric of a device, at hours before now, what came of asking. */
function note(name: string, fromHours: number, toHours: number, outcome: Outcome, request = 1): void {
  for (const series of device(name).series) noteOne(series, fromHours, toHours, outcome, request);
}

function noteOne(series: number, fromHours: number, toHours: number, outcome: Outcome, request = 1): void {
  const [fromMs, toMs] = [nowMs - fromHours * HOUR_MS, nowMs - toHours * HOUR_MS];
  const run: CoverageRun = { fromMs, toMs, outcome, askedAtMs: toMs, request };
  server.ledger.note(series, run);
}

async function ask(path: string, query: Readonly<Record<string, string | number>> = {}) {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) text.set(name, String(value));
  return server.app.inject({ url: `/api/v1${path}?${text.toString()}`, headers });
}

async function gaps(path: string, query: Readonly<Record<string, string | number>> = {}): Promise<GapPage> {
  const answer = await ask(path, query);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<GapPage>();
}

/** Hours before now, for short. */
const inHours = ({ device: name, from, to, outcome }: Gap) => [
  name,
  (nowMs - Date.parse(from)) / HOUR_MS,
  (nowMs - Date.parse(to)) / HOUR_MS,
  outcome,
];

describe("coverage", () => {
  test("is told in ms of each step, of all streams together, and says what nobody asks for", async () => {
    note("A", 4, 2, "data");
    note("A", 2, 1.5, "failed");
    noteOne(device("B").series[0] ?? 0, 4, 3, "nothing");
    noteOne(device("B").series[1] ?? 0, 4, 3.5, "refused");
    await server.ledger.flush();
    const [from, to] = [nowMs - 4 * HOUR_MS, nowMs];
    const answer = await ask(`/sites/${siteId}/coverage`, { from: iso(from), to: iso(to), step: "PT2H" });
    expect(answer.statusCode, answer.body).toBe(200);
    const hours = (...values: number[]) => values.map((value) => value * HOUR_MS);
    expect(answer.json()).toEqual({
      from: iso(from),
      to: iso(to),
      step: "PT2H",
      timezone: "America/Santiago",
      edges: [from, from + 2 * HOUR_MS, to],
      items: [
        {
          deviceId: device("A").id,
          name: "A",
          asked: true,
          streams: 2,
          sums: {
            data: hours(4, 0),
            nothing: hours(0, 0),
            refused: hours(0, 0),
            failed: hours(0, 1),
            unasked: hours(0, 3),
            before: hours(0, 0),
          },
        },
        {
          deviceId: device("B").id,
          name: "B",
          asked: true,
          streams: 2,
          sums: {
            data: hours(0, 0),
            nothing: hours(1, 0),
            refused: hours(0.5, 0),
            failed: hours(0, 0),
            unasked: hours(2.5, 4),
            before: hours(0, 0),
          },
        },
        expect.objectContaining({ name: "C", asked: true }),
        { deviceId: device("pushes").id, name: "pushes", asked: false, streams: 2, sums: null },
      ],
      nextCursor: null,
    });
  });

  test("owes nothing of the time before a device came, but what an import asked for", async () => {
    const runs = { outcome: "failed", askedAtMs: nowMs, request: 1 } as const;
    const fromMs = createdMs - HOUR_MS;
    for (const series of device("A").series) server.ledger.note(series, { fromMs, toMs: fromMs + 600_000, ...runs });
    const query = { from: iso(createdMs - 2 * HOUR_MS), to: iso(createdMs + HOUR_MS), step: "PT2H" };
    const answer = await ask(`/sites/${siteId}/coverage`, query);
    const [a] = answer.json<{ items: { sums: Record<string, number[]> }[] }>().items;
    const { failed = [], unasked = [], before = [] } = a?.sums ?? {};
    const total = (ms: readonly number[]): number => ms.reduce((sum, each) => sum + each, 0) / 2 / 60_000;
    expect([total(failed), total(before), total(unasked)]).toEqual([10, 110, 60]);
  });

  test("has its days in the site's calendar, cut to what was asked for and to now", async () => {
    // The clocks of Santiago went back at midnight of 5 April 2026: that day, which began at 03:00 UTC, had 25 hours.
    const query = { from: "2026-04-03T12:00:00Z", to: "2026-04-06T00:00:00Z" };
    const { edges } = (await ask(`/sites/${siteId}/coverage`, query)).json<{ edges: number[] }>();
    expect(edges.map(iso)).toEqual([
      "2026-04-03T12:00:00.000Z",
      "2026-04-04T03:00:00.000Z",
      "2026-04-05T04:00:00.000Z",
      "2026-04-06T00:00:00.000Z",
    ]);
    const future = { from: iso(nowMs - HOUR_MS), to: iso(nowMs + 24 * HOUR_MS), step: "PT1H" };
    const cut = (await ask(`/sites/${siteId}/coverage`, future)).json<{ to: string; edges: number[] }>();
    expect(cut).toMatchObject({ to: iso(nowMs), edges: [nowMs - HOUR_MS, nowMs] });
  });

  test("is paged as other lists are", async () => {
    const query = { from: iso(nowMs - HOUR_MS), to: iso(nowMs), step: "PT1H", limit: 3 };
    type Page = { items: { name: string }[]; nextCursor: string };
    const first = (await ask(`/sites/${siteId}/coverage`, query)).json<Page>();
    const second = (await ask(`/sites/${siteId}/coverage`, { ...query, cursor: first.nextCursor })).json<Page>();
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(["A", "B", "C", "pushes"]);
    expect(second.nextCursor).toBeNull();
  });

  test.each([
    ["from", "from after to", () => ({ from: iso(nowMs), to: iso(nowMs - 1) })],
    ["from", "nothing of the past", () => ({ from: iso(nowMs), to: iso(nowMs + 1) })],
    ["from", "too long a span", () => ({ from: iso(nowMs - COVERAGE_SPAN_MS_MAX - 1), to: iso(nowMs) })],
    [
      "step",
      "too many steps",
      () => ({ from: iso(nowMs - (COVERAGE_STEPS_MAX + 1) * 1_000), to: iso(nowMs), step: "PT1S" }),
    ],
    ["step", "a step that is none", () => ({ from: iso(nowMs - 1_000), to: iso(nowMs), step: "raw" })],
    [
      "limit",
      "too many steps of too many devices",
      () => ({
        from: iso(nowMs - COVERAGE_STEPS_MAX * 1_000),
        to: iso(nowMs),
        step: "PT1S",
        limit: COVERAGE_CELLS_MAX / COVERAGE_STEPS_MAX + 1,
      }),
    ],
  ])("refuses by %s: %s", async (path, _words, query) => {
    const answer = await ask(`/sites/${siteId}/coverage`, query());
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ errors: [{ path }] });
  });

  test.each([
    ["the longest span", () => ({ from: iso(nowMs - COVERAGE_SPAN_MS_MAX), to: iso(nowMs) })],
    [
      "the most steps of the most devices",
      () => ({
        from: iso(nowMs - COVERAGE_STEPS_MAX * 1_000),
        to: iso(nowMs),
        step: "PT1S",
        limit: COVERAGE_CELLS_MAX / COVERAGE_STEPS_MAX,
      }),
    ],
  ])("takes %s", async (_words, query) => {
    expect((await ask(`/sites/${siteId}/coverage`, query())).statusCode).toBe(200);
  });
});

describe("gaps", () => {
  test("are told the newest first, each once for all metrics that have it, with the vendor's last word", async () => {
    note("A", 168, 0, "data");
    note("B", 168, 10, "data");
    note("B", 10, 8, "failed", 77);
    note("B", 8, 0, "nothing");
    note("C", 168, 9, "data");
    noteOne(device("C").series[0] ?? 0, 9, 0, "data");
    noteOne(device("C").series[1] ?? 0, 8, 0, "refused", 5);
    const { items, ...page } = await gaps(`/sites/${siteId}/gaps`);
    expect(page).toEqual({ from: iso(nowMs - 168 * HOUR_MS), to: iso(nowMs), asked: true, nextCursor: null });
    expect(items.map(inHours)).toEqual([
      ["C", 8, 0, "refused"],
      ["C", 9, 8, null],
      ["B", 10, 8, "failed"],
    ]);
    const both = [ACTIVE_POWER.name, ONLINE.name];
    expect(items.map(({ metrics }) => metrics)).toEqual([[both[1]], [both[1]], both]);
    expect(items.map(({ askedAt, request }) => [askedAt, request])).toEqual([
      [iso(nowMs), 5],
      [null, null],
      [iso(nowMs - 8 * HOUR_MS), 77],
    ]);
  });

  test("begin when a device came, unless an import asked for what was before", async () => {
    const fromMs = createdMs - HOUR_MS;
    const run = { fromMs, toMs: fromMs + 1_000, outcome: "refused", askedAtMs: nowMs, request: 9 } as const;
    for (const series of device("A").series) server.ledger.note(series, run);
    const span = { from: iso(createdMs - 2 * HOUR_MS), to: iso(createdMs + HOUR_MS) };
    const { items } = await gaps(`/devices/${device("A").id}/gaps`, span);
    expect(items.map(({ from, to, outcome }) => [from, to, outcome])).toEqual([
      [iso(createdMs), span.to, null],
      [iso(run.fromMs), iso(run.toMs), "refused"],
    ]);
    expect((await gaps(`/devices/${device("B").id}/gaps`, { ...span, to: iso(createdMs) })).items).toEqual([]);
  });

  test("begin once a poll is overdue, and not before", async () => {
    for (const name of ["A", "B", "C"]) note(name, 168, 0.05, "data");
    // 3 minutes: what a device may miss before it counts as stale.
    expect((await gaps(`/sites/${siteId}/gaps`)).items).toEqual([]);
    await server.clock.advance(1);
    const { items } = await gaps(`/sites/${siteId}/gaps`, { from: iso(nowMs - HOUR_MS) });
    expect(items.map(({ from, to }) => [from, to])).toEqual(
      ["A", "B", "C"].map(() => [iso(nowMs - 0.05 * HOUR_MS), iso(nowMs + 1)]),
    );
  });

  test("are paged without one being left out or told twice, also while time goes on and gaps grow", async () => {
    for (const name of ["A", "B"]) {
      for (let hour = 160; hour > 0; hour -= 7) note(name, hour, hour - 3, hour % 2 === 0 ? "data" : "failed");
    }
    const path = `/sites/${siteId}/gaps`;
    const whole = await gaps(path, { limit: 500 });
    const paged: Gap[] = [];
    let cursor: string | null = null;
    do {
      const page: GapPage = await gaps(path, { limit: 4, ...(cursor !== null && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(4);
      expect([page.from, page.to]).toEqual([whole.from, whole.to]);
      paged.push(...page.items);
      cursor = page.nextCursor;
      await server.clock.advance(1_000);
    } while (cursor !== null);
    expect(paged).toEqual(whole.items);
    expect(whole.items.length).toBeGreaterThan(50);
    const ends = whole.items.map(({ to }) => to);
    expect(ends).toEqual(ends.toSorted().toReversed());
  });

  test("of one device are its own; one that pushes says that nobody asks", async () => {
    note("A", 168, 2, "data");
    const { items, asked } = await gaps(`/devices/${device("A").id}/gaps`);
    expect(asked).toBe(true);
    expect(items.map(inHours)).toEqual([["A", 2, 0, null]]);
    const span = { from: iso(nowMs - 5 * HOUR_MS), to: iso(nowMs - HOUR_MS) };
    expect((await gaps(`/devices/${device("A").id}/gaps`, span)).items.map(inHours)).toEqual([["A", 2, 1, null]]);
    expect(await gaps(`/devices/${device("pushes").id}/gaps`)).toMatchObject({ asked: false, items: [] });
  });

  test.each(["x", "", Buffer.from("1 2 3").toString("base64url"), "A".repeat(100)])(
    "refuse a cursor that is none: %s",
    async (cursor) => {
      const answer = await ask(`/sites/${siteId}/gaps`, { cursor });
      expect(answer.statusCode).toBe(422);
      expect(answer.json()).toMatchObject({ errors: [{ path: "cursor" }] });
    },
  );

  test("refuse a span that is too long, or has no past", async () => {
    const long = { from: iso(nowMs - COVERAGE_SPAN_MS_MAX - 1), to: iso(nowMs) };
    expect((await ask(`/sites/${siteId}/gaps`, long)).statusCode).toBe(422);
    expect((await ask(`/sites/${siteId}/gaps`, { from: iso(nowMs) })).statusCode).toBe(422);
  });
});
