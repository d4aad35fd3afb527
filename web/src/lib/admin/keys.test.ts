import { expect, test } from "vitest";
import type { ApiKey } from "#lib/api/types.gen.ts";
import { expiryOf, lifetimeOf, listedKey, trialCommand } from "./keys.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 8);

const KEY: ApiKey = {
  id: "k",
  name: "Gateway",
  prefix: "0a1b",
  scopes: ["ingest", "read"],
  siteIds: ["s2", "gone", "s1"],
  ingest: { unknownSeries: "create", template: { site: null, device: null, metric: null }, seriesMax: 1 },
  createdAt: "2026-11-01T00:00:00.000Z",
  expiresAt: "2026-11-22T08:00:00.000Z",
  lastUsedAt: null,
};

test("a key ends after the days that were picked, or never", () => {
  expect(expiryOf("30", NOW_MS)).toBe("2026-12-22T08:00:00.000Z");
  for (const none of ["never", "", "31", "1e9"]) expect(expiryOf(none, NOW_MS)).toBeNull();
  expect([lifetimeOf("365"), lifetimeOf("7")]).toEqual(["365", "never"]);
});

test("a listed key has ended from its very moment on, and names the sites that there are", () => {
  const names = new Map([
    ["s1", "Almería"],
    ["s2", "Calama"],
  ]);
  expect(listedKey(KEY, names, NOW_MS)).toMatchObject({
    prefix: "kw_0a1b_…",
    scopes: ["read", "ingest"],
    sites: ["Almería", "Calama"],
    lastUsedAtMs: null,
    hasEnded: true,
  });
  expect(listedKey(KEY, names, NOW_MS - 1).hasEnded).toBe(false);
  expect(listedKey({ ...KEY, siteIds: null, expiresAt: null }, names, NOW_MS)).toMatchObject({
    sites: null,
    expiresAtMs: null,
    hasEnded: false,
  });
});

test("a key is tried by what it may", () => {
  expect(trialCommand(["ingest"], "http://here", "kw_x").at(-1)).toMatch(/--data .* http:\/\/here\/data$/);
  expect(trialCommand(["read", "ingest"], "http://here", "kw_x").at(-1)).toContain("http://here/api/v1/sites");
});
