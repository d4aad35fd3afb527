import { describe, expect, test } from "vitest";
import type { Discovery, ListedDevice } from "#lib/api/types.gen.ts";
import { readList } from "./listing.ts";
import { OFFERED_MAX } from "./listing-limits.ts";

const AT = "2026-11-22T00:00:00.000Z";

function listed(index: number, more: Partial<ListedDevice> = {}): ListedDevice {
  return {
    serialNumber: `S${index}`,
    name: `S${index}`,
    formerName: null,
    state: "new",
    kind: "sensor",
    model: null,
    site: null,
    timezone: null,
    metrics: [{ name: "active_power", unit: "W", kind: "gauge" }],
    deviceId: null,
    firstSeen: AT,
    lastSeen: AT,
    goneAt: null,
    ...more,
  };
}

/** An API that hands a list out in parts, as the real one does. */
function api(devices: readonly ListedDevice[], at: string | null = AT) {
  let asked = 0;
  const fetch = (async (path: string) => {
    asked++;
    const query = new URL(path, "http://here.invalid").searchParams;
    const [from, limit] = [Number(query.get("cursor") ?? 0), Number(query.get("limit"))];
    const nextCursor = from + limit < devices.length ? String(from + limit) : null;
    const page: Discovery = {
      at,
      devices: { new: 0, renamed: 0, gone: 0, known: 0 },
      items: devices.slice(from, from + limit),
      nextCursor,
    };
    return Response.json(page);
  }) as typeof globalThis.fetch;
  return { fetch, asked: () => asked };
}

const many = (count: number, more: Partial<ListedDevice> = {}) =>
  Array.from({ length: count }, (_, index) => listed(index, more));

describe("what may still be picked", () => {
  test("is nothing before the list was read", async () => {
    expect(await readList(api([], null).fetch, "1")).toEqual({ atMs: null, open: [], isMore: false, unusable: 0 });
  });

  test.each([
    [OFFERED_MAX, OFFERED_MAX, false],
    [OFFERED_MAX + 1, OFFERED_MAX, true],
  ])("of %d is %d", async (count, offered, isMore) => {
    const list = await readList(api(many(count)).fetch, "1");
    expect(list).toMatchObject({ atMs: Date.parse(AT), isMore, unusable: 0 });
    expect(list.open).toHaveLength(offered);
  });

  test("is found behind a part that is collected already", async () => {
    const list = await readList(api([...many(1_200, { deviceId: "an id" }), listed(9_999)]).fetch, "1");
    expect(list.open.map(({ serialNumber }) => serialNumber)).toEqual(["S9999"]);
    expect(list.isMore).toBe(false);
  });

  test("is looked for in a bounded part of a list without end", async () => {
    const { fetch, asked } = api(many(100_000, { deviceId: "an id" }));
    expect(await readList(fetch, "1")).toMatchObject({ open: [], isMore: true });
    expect(asked()).toBe(40);
  });

  test("leaves out what brings nothing, counts it, and forgets what is gone", async () => {
    const list = await readList(api([listed(1, { metrics: [] }), listed(2, { state: "gone" }), listed(3)]).fetch, "1");
    expect(list).toMatchObject({ unusable: 1 });
    expect(list.open.map(({ serialNumber }) => serialNumber)).toEqual(["S3"]);
  });
});
