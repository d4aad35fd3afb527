import { expect, test } from "vitest";
import type { BackfillJob } from "#lib/api/types.gen.ts";
import { parseJob, shareOf } from "./job.ts";

const JOB: BackfillJob = {
  id: "1",
  connectionId: "2",
  from: "2026-11-01T00:00:00.000Z",
  to: "2026-11-02T00:00:00.000Z",
  deviceIds: null,
  state: "running",
  message: null,
  requests: 0,
  readings: 0,
  requestsLeft: 10,
  leftMs: 1_000,
  createdAt: "2026-11-02T00:00:00.000Z",
  endedAt: null,
};

test.each([
  [{}, 0],
  [{ requests: 5, requestsLeft: 5 }, 0.5],
  [{ requestsLeft: 0 }, 0],
  [{ state: "done" as const, requestsLeft: 0 }, 1],
  [{ state: "cancelled" as const, requests: 1, requestsLeft: 3 }, 0.25],
])("of %j the share is %d", (more, share) => expect(shareOf({ ...JOB, ...more })).toBe(share));

test("an event is an import, or nothing", () => {
  expect(parseJob(JSON.stringify(JOB))).toEqual(JOB);
  for (const data of ["", "null", "[]", "{}", "{"]) expect(parseJob(data)).toBeNull();
});
