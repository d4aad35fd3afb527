import { expect, test } from "vitest";
import { HOUR_MS, MIDNIGHT_MS, MINUTE_MS } from "../rules.fixture.ts";
import { STALE } from "../thresholds.ts";
import { stale } from "./stale.ts";

const at = (timeMs: number, receivedAtMs: number) => ({ timeMs, receivedAtMs, value: 740, quality: 0 });

test("the same reading that comes again, too late, is found at the second look", () => {
  const late = MIDNIGHT_MS + STALE.lagMsMin;
  const first = stale(null, at(MIDNIGHT_MS, late), null, late);
  expect(first).toMatchObject({ finding: null, seen: { timeMs: MIDNIGHT_MS } });
  const second = stale(first.seen, at(MIDNIGHT_MS, late + MINUTE_MS), null, late + 2 * MINUTE_MS);
  expect(second.finding).toMatchObject({ rule: "stale", fromMs: MIDNIGHT_MS, toMs: null, evidence: { value: 740 } });
  const third = stale(second.seen, at(MIDNIGHT_MS, late + 5 * MINUTE_MS), null, late + 5 * MINUTE_MS);
  expect(third.finding).not.toBeNull();
});

test("what is asked for and comes too late is found at once", () => {
  const late = MIDNIGHT_MS + STALE.lagMsMin;
  expect(stale(null, at(MIDNIGHT_MS, late), MINUTE_MS, late).finding).toMatchObject({ rule: "stale" });
});

test("one that is a moment younger is not late, and neither is one within three polls", () => {
  const received = MIDNIGHT_MS + STALE.lagMsMin - 1;
  expect(stale(null, at(MIDNIGHT_MS, received), MINUTE_MS, received)).toEqual({ seen: null, finding: null });
  const hourly = MIDNIGHT_MS + STALE.polls * HOUR_MS - 1;
  expect(stale(null, at(MIDNIGHT_MS, hourly), HOUR_MS, hourly)).toEqual({ seen: null, finding: null });
});

test("a late delivery that comes once is none, and nor is one whose time moves", () => {
  const imported = at(MIDNIGHT_MS, MIDNIGHT_MS + 24 * HOUR_MS);
  const first = stale(null, imported, null, imported.receivedAtMs);
  expect(stale(first.seen, imported, null, imported.receivedAtMs + MINUTE_MS).finding).toBeNull();
  const newer = at(MIDNIGHT_MS + MINUTE_MS, imported.receivedAtMs + MINUTE_MS);
  expect(stale(first.seen, newer, null, newer.receivedAtMs).finding).toBeNull();
});

test("what does not come any more is missing, and no longer stale", () => {
  const received = MIDNIGHT_MS + HOUR_MS;
  const before = { timeMs: MIDNIGHT_MS, receivedAtMs: received - MINUTE_MS };
  expect(stale(before, at(MIDNIGHT_MS, received), null, received + 2 * HOUR_MS).finding).toBeNull();
});
