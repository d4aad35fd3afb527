import { expect, test } from "vitest";
import { StorageUnavailable } from "../../domain/errors.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { JOBS_LOOK_EVERY_MS, JobSource, type JobSourceParts } from "./job-source.ts";
import type { PastCoverage } from "./past-coverage.ts";

/** A source of a connection without imports, and what happens while it reads which there are. */
function sourceWhere(whileRead: (source: JobSource) => void): { source: JobSource; clock: VirtualClock } {
  const clock = new VirtualClock();
  const none = (): Promise<never> => Promise.reject(new Error("there is no import to write of"));
  const jobs: JobSourceParts["jobs"] = {
    running: async () => {
      await Promise.resolve();
      whileRead(source);
      return [];
    },
    add: none,
    become: none,
    explain: none,
  };
  // Without an import nobody asks what is known of the past.
  const source = new JobSource({ connectionId: "c", past: {} as PastCoverage, deviceIds: [], jobs, clock });
  return { source, clock };
}

test("looks again at once for an import that was made while it read which there are", async () => {
  let made = 1;
  const { source, clock } = sourceWhere((of) => {
    if (made-- > 0) of.lookAnew();
  });
  expect(await source.next()).toBeNull();
  expect(source.againAtMs).toBe(Number.NEGATIVE_INFINITY);
  expect(await source.next()).toBeNull();
  expect(source.againAtMs).toBe(clock.monotonicMs() + JOBS_LOOK_EVERY_MS);
});

test("looks again at once where it could not be read", async () => {
  const { source } = sourceWhere(() => {
    throw new StorageUnavailable("the disk is full", 1);
  });
  await expect(source.next()).rejects.toThrow(StorageUnavailable);
  expect(source.againAtMs).toBe(Number.NEGATIVE_INFINITY);
});
