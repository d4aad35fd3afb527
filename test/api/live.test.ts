import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ACTIVE_POWER } from "../../src/domain/metric.ts";
import { QUALITY, ReadingColumnsBuilder } from "../../src/domain/reading.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

let server: ApiServer;
let url: string;
beforeEach(async () => {
  server = await startApiServer({ visitorsMayLook: true });
  url = await server.app.listen({ host: "127.0.0.1", port: 0 });
});
afterEach(() => server.close());

interface ReceivedEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

/** Reads events off a stream until `count` have come. */
async function events(path: string, count: number, lastEventId?: string): Promise<() => Promise<ReceivedEvent[]>> {
  const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  const stop = new AbortController();
  const answer = await fetch(`${url}/api/v1${path}`, { headers, signal: stop.signal });
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  return async () => {
    let text = "";
    let received: ReceivedEvent[] = [];
    while (received.length < count) {
      const piece = await reader?.read();
      if (!piece || piece.done) break;
      text += piece.value;
      received = text
        .split("\n\n")
        .slice(0, -1)
        .map(eventOf)
        .filter((event) => event.event !== "");
    }
    stop.abort();
    return received;
  };
}

function eventOf(block: string): ReceivedEvent {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
  return { id: field("id"), event: field("event") ?? "", data: JSON.parse(field("data") ?? "null") as unknown };
}

async function siteWithInverter(name: string) {
  const site = await server.catalogue.sites.create({
    name,
    timezone: "UTC",
    latitude: null,
    longitude: null,
    peakPowerW: null,
  });
  const [device] = await server.catalogue.devices.createAll(
    [
      {
        siteId: site.id,
        name,
        kind: "inverter",
        serialNumber: name,
        manufacturer: null,
        model: null,
        ratedPowerW: null,
        connectionId: null,
      },
    ],
    [ACTIVE_POWER],
  );
  const owner = server.catalogue.directory.ofDevice(device?.id ?? "", ACTIVE_POWER.name);
  if (!owner) throw new Error("the metric is missing");
  return { site, owner };
}

async function store(series: number, timeMs: number, value: number): Promise<void> {
  const builder = new ReadingColumnsBuilder();
  builder.push(series, timeMs, value, QUALITY.good);
  await server.pipeline.accept(builder.finish());
}

describe("a live stream", () => {
  test("brings a site's readings and no other's", async () => {
    const [a, b] = [await siteWithInverter("a"), await siteWithInverter("b")];
    const received = await events(`/sites/${a.site.id}/stream`, 2);
    await store(b.owner.series, 1_000, 1);
    await store(a.owner.series, 2_000, 2);
    await store(a.owner.series, 3_000, 3);
    expect(await received()).toMatchObject([
      {
        event: "reading",
        data: { metricId: a.owner.metricId, time: "1970-01-01T00:00:02.000Z", value: 2, quality: "good" },
      },
      { event: "reading", data: { value: 3 } },
    ]);
  });

  test("of the whole fleet brings every site's", async () => {
    const [a, b] = [await siteWithInverter("a"), await siteWithInverter("b")];
    const received = await events("/stream", 2);
    await store(b.owner.series, 1_000, 1);
    await store(a.owner.series, 2_000, 2);
    expect((await received()).map(({ data }) => data)).toMatchObject([{ value: 1 }, { value: 2 }]);
  });

  test("goes on after the last event that the reader had", async () => {
    const { owner } = await siteWithInverter("a");
    const first = await events("/stream", 1);
    await store(owner.series, 1_000, 1);
    const [seen] = await first();
    await store(owner.series, 2_000, 2);
    await store(owner.series, 3_000, 3);
    const rest = await events("/stream", 2, seen?.id);
    expect((await rest()).map(({ data }) => data)).toMatchObject([{ value: 2 }, { value: 3 }]);
  });

  test("begins at a time, with what came then and no other's", async () => {
    const [a, b] = [await siteWithInverter("a"), await siteWithInverter("b")];
    await server.clock.advance(1_000);
    await store(a.owner.series, 1_000, 1);
    await server.clock.advance(1_000);
    const since = new Date(server.clock.nowMs()).toISOString();
    await store(b.owner.series, 2_000, 2);
    await store(a.owner.series, 3_000, 3);
    const ofSite = await events(`/sites/${a.site.id}/stream?since=${since}`, 1);
    expect((await ofSite()).map(({ data }) => data)).toMatchObject([{ value: 3 }]);
    const ofAll = await events(`/stream?since=${since}`, 2);
    expect((await ofAll()).map(({ data }) => data)).toMatchObject([{ value: 2 }, { value: 3 }]);
  });

  test("that cannot begin so early says so, and one that begins at no time is refused", async () => {
    const received = await events("/stream?since=1970-01-01T00:00:00Z", 1);
    expect(await received()).toMatchObject([{ event: "reset" }]);
    const refused = await fetch(`${url}/api/v1/stream?since=yesterday`);
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ errors: [{ path: expect.stringContaining("since") as string }] });
  });

  test("tells a reader of an earlier process to read the state anew", async () => {
    const received = await events("/stream", 1, "another:17");
    expect(await received()).toMatchObject([{ event: "reset" }]);
  });

  test("ends when the server closes", async () => {
    const received = await events("/stream", 1);
    await server.app.close();
    expect(await received()).toEqual([]);
  });

  test("is closed to those who may not look", async () => {
    const closed = await startApiServer();
    expect((await closed.app.inject({ url: "/api/v1/stream" })).statusCode).toBe(401);
    await closed.close();
  });
});
