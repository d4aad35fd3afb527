import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DiscoveredDevice, ListedDevice } from "../domain/listed-device.ts";
import { ACTIVE_POWER } from "../domain/metric.ts";
import { compareLists, listedAtMs, listedStateOf } from "./discovery.ts";

const device = (serialNumber: string, name = serialNumber): DiscoveredDevice => ({
  serialNumber,
  name,
  kind: "sensor",
  model: null,
  site: null,
  timezone: null,
  metrics: [ACTIVE_POWER],
});
const NONE: ReadonlySet<string> = new Set();

function statesOf(listed: readonly ListedDevice[]): Record<string, string> {
  const atMs = listedAtMs(listed) ?? 0;
  return Object.fromEntries(listed.map((each) => [each.device.serialNumber, listedStateOf(each, atMs)]));
}

describe("a list beside the one before", () => {
  test("tells who is new, renamed, gone and as before", () => {
    const first = compareLists([], [device("A"), device("B"), device("C")], NONE, 1_000);
    expect(statesOf(first)).toEqual({ A: "new", B: "new", C: "new" });
    const second = compareLists(first, [device("A"), device("B", "Unit B"), device("D")], NONE, 2_000);
    expect(statesOf(second)).toEqual({ A: "known", B: "renamed", C: "gone", D: "new" });
    expect(second.find((each) => each.device.serialNumber === "B")).toMatchObject({
      formerName: "B",
      firstSeenMs: 1_000,
    });
    const third = compareLists(second, [device("A"), device("B", "Unit B"), device("D")], NONE, 3_000);
    expect(statesOf(third)).toEqual({ A: "known", B: "known", D: "known" });
  });

  test("one that is collected stays in it as gone, until it is back, which is new", () => {
    const picked = new Set(["A"]);
    const first = compareLists([], [device("A")], picked, 1_000);
    const missed = compareLists(first, [], picked, 2_000);
    const still = compareLists(missed, [], picked, 3_000);
    expect(still).toEqual([{ ...first[0], goneAtMs: 2_000 }]);
    expect(statesOf(compareLists(still, [device("A")], picked, 4_000))).toEqual({ A: "new" });
  });

  test("an empty list was never read, or has nobody in it", () => {
    expect(compareLists([], [], NONE, 1_000)).toEqual([]);
    expect(listedAtMs([])).toBeNull();
  });

  test("whatever comes and goes: each device once, all that is listed present, and only what was there can be gone", () => {
    const lists = fc.array(fc.uniqueArray(fc.constantFrom(..."ABCDEF")), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lists, fc.subarray([..."ABCDEF"]), (steps, collected) => {
        let kept: ListedDevice[] = [];
        for (const [index, serials] of steps.entries()) {
          const before = statesOf(kept);
          const listed = serials.map((serial) => device(serial));
          kept = compareLists(kept, listed, new Set(collected), index + 1);
          const states = statesOf(kept);
          expect(Object.keys(states)).toHaveLength(kept.length);
          const present = Object.keys(states).filter((serial) => states[serial] !== "gone");
          expect(present.sort()).toEqual([...serials].sort());
          for (const serial of serials) {
            const wasThere = before[serial] !== undefined && before[serial] !== "gone";
            expect(states[serial]).toBe(wasThere ? "known" : "new");
          }
          for (const [serial, state] of Object.entries(states))
            if (state === "gone") expect(before[serial]).toBeDefined();
        }
      }),
    );
  });
});
