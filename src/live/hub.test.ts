import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { type LiveBatch, LiveHub, type LiveInterest, type LiveReading, type LiveWatch } from "./hub.ts";

const reading = (value: number, siteId = "s"): LiveReading => ({
  metricId: "m",
  siteId,
  timeMs: value,
  value,
  quality: 0,
});
const batch = (...readings: LiveReading[]): LiveBatch => ({
  length: readings.length,
  ownerOf: (row) => readings[row],
  timeMs: (row) => readings[row]?.timeMs ?? Number.NaN,
  value: (row) => readings[row]?.value ?? Number.NaN,
  quality: (row) => readings[row]?.quality ?? Number.NaN,
});
const all = { of: "everything" } as const;
const valuesOf = (events: readonly { reading: LiveReading }[]) => events.map((event) => event.reading.value);

describe("the live hub", () => {
  test("brings each watcher what it wants, in order, and wakes it once until it takes", () => {
    const hub = new LiveHub(new VirtualClock(0));
    let wakes = 0;
    const watch = hub.watch({ of: { siteId: "a" } }, () => wakes++);
    hub.publish(batch(reading(1, "a"), reading(2, "b")));
    hub.publish(batch(reading(3, "a")));
    expect(wakes).toBe(1);
    expect(valuesOf(watch.take().events)).toEqual([1, 3]);
    hub.publish(batch(reading(4, "a")));
    expect(wakes).toBe(2);
  });

  test("a slow reader loses the oldest and learns how many; the others lose nothing", () => {
    const hub = new LiveHub(new VirtualClock(0), { queueEventsMax: 3 });
    const slow = hub.watch(all, () => {});
    const quick = hub.watch(all, () => {});
    for (let value = 1; value <= 5; value++) {
      hub.publish(batch(reading(value)));
      expect(valuesOf(quick.take().events)).toEqual([value]);
    }
    const taken = slow.take();
    expect(valuesOf(taken.events)).toEqual([3, 4, 5]);
    expect(taken.dropped).toBe(2);
    expect(slow.take()).toEqual({ events: [], dropped: 0, startAnew: false });
  });

  test("a reader that comes back goes on where it stopped", () => {
    const hub = new LiveHub(new VirtualClock(0));
    hub.publish(batch(reading(1), reading(2), reading(3)));
    expect(valuesOf(hub.watch(all, () => {}, 1).take().events)).toEqual([2, 3]);
    const upToDate = hub.watch(all, () => {}, 3).take();
    expect(upToDate).toEqual({ events: [], dropped: 0, startAnew: false });
  });

  test("whoever begins at a time gets what came then and later, and nothing else", async () => {
    const clock = new VirtualClock(1_000);
    const hub = new LiveHub(clock);
    const since = (sinceMs: number) => hub.watch(all, () => {}, hub.placeBefore(sinceMs)).take();
    await clock.advance(10);
    hub.publish(batch(reading(1), reading(2)));
    await clock.advance(10);
    hub.publish(batch(reading(3)));
    expect(valuesOf(since(1_010).events)).toEqual([1, 2, 3]);
    expect(valuesOf(since(1_011).events)).toEqual([3]);
    expect(since(1_021)).toEqual({ events: [], dropped: 0, startAnew: false });
    hub.publish(batch(reading(4)));
    expect(valuesOf(since(1_020).events)).toEqual([3, 4]);
  });

  test("whoever begins before what is kept, or before this process, starts anew", async () => {
    const clock = new VirtualClock(1_000);
    const hub = new LiveHub(clock, { replayEventsMax: 2 });
    const startsAnew = (sinceMs: number) => hub.watch(all, () => {}, hub.placeBefore(sinceMs)).take().startAnew;
    expect([startsAnew(999), startsAnew(1_000), startsAnew(1_001)]).toEqual([true, true, false]);
    for (const value of [1, 2, 3]) {
      await clock.advance(10);
      hub.publish(batch(reading(value)));
    }
    expect([startsAnew(1_010), startsAnew(1_011), startsAnew(1_020)]).toEqual([true, false, false]);
    await clock.advance(10);
    hub.publish(batch(reading(4), reading(5), reading(6)));
    expect([startsAnew(1_030), startsAnew(1_031), startsAnew(1_040), startsAnew(1_041)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test.each([
    ["what it missed is no longer kept", 1],
    ["it comes from another process", 99],
  ])("a reader is told to start anew when %s", (_case, place) => {
    const hub = new LiveHub(new VirtualClock(0), { replayEventsMax: 2 });
    hub.publish(batch(reading(1), reading(2), reading(3), reading(4)));
    let wakes = 0;
    const watch = hub.watch(all, () => wakes++, place);
    expect(wakes).toBe(1);
    expect(watch.take().startAnew).toBe(true);
    expect(watch.take().startAnew).toBe(false);
  });

  test("the oldest kept event can still be reached", () => {
    const hub = new LiveHub(new VirtualClock(0), { replayEventsMax: 2 });
    hub.publish(batch(reading(1), reading(2), reading(3), reading(4)));
    expect(valuesOf(hub.watch(all, () => {}, 2).take().events)).toEqual([3, 4]);
  });

  test("a batch longer than the queue leaves its last readings, and says how many are lost", () => {
    const hub = new LiveHub(new VirtualClock(0), { queueEventsMax: 2 });
    const watch = hub.watch({ of: { siteId: "a" } }, () => {});
    hub.publish(batch(reading(1, "a")));
    hub.publish(batch(reading(2, "a"), reading(3, "a"), reading(4, "b"), reading(5, "a")));
    const taken = watch.take();
    expect(taken.events.map(({ place, reading: { value } }) => [place, value])).toEqual([
      [3, 3],
      [5, 5],
    ]);
    expect(taken.dropped).toBe(2);
  });

  test("makes no reading of a batch that nobody watches, until somebody comes back for it", () => {
    const hub = new LiveHub(new VirtualClock(0), { replayEventsMax: 2 });
    let asked = 0;
    const watched = batch(reading(1), reading(2), reading(3));
    const counting: LiveBatch = {
      ...watched,
      ownerOf(row) {
        asked++;
        return watched.ownerOf(row);
      },
    };
    hub.publish(counting);
    expect(asked).toBe(0);
    expect(valuesOf(hub.watch(all, () => {}, 1).take().events)).toEqual([2, 3]);
    // Once to see that it is wanted, once to make it.
    expect(asked).toBe(4);
  });

  test("a reading that is nobody's any more is shown to nobody", () => {
    const hub = new LiveHub(new VirtualClock(0));
    const watch = hub.watch(all, () => {});
    hub.publish({ ...batch(reading(1), reading(2)), ownerOf: (row) => (row === 0 ? undefined : reading(2)) });
    expect(valuesOf(watch.take().events)).toEqual([2]);
  });

  test("a closed watcher is forgotten", () => {
    const hub = new LiveHub(new VirtualClock(0));
    const watch = hub.watch(all, () => {});
    expect(hub.watchers).toBe(1);
    watch.close();
    watch.close();
    expect(hub.watchers).toBe(0);
    hub.publish(batch(reading(1)));
    expect(watch.take().events).toEqual([]);
  });

  test("gives each watcher what its interest is of and nothing else, whoever came and went", () => {
    const owners = [
      { metricId: "m1", siteId: "a" },
      { metricId: "m2", siteId: "a" },
      { metricId: "m3", siteId: "b" },
    ];
    const interest = fc.constantFrom<LiveInterest["of"]>(
      "everything",
      { siteId: "a" },
      { siteId: "b" },
      { metricIds: new Set(["m1", "m3"]) },
      { metricIds: new Set(["m2"]) },
    );
    const step = fc.oneof(
      fc.record({ open: interest, refused: fc.constantFrom(null, "a", "b") }),
      fc.record({ close: fc.nat(5) }),
      fc.record({ publish: fc.array(fc.nat(2), { minLength: 1, maxLength: 6 }) }),
    );
    const isOf = (of: LiveInterest["of"], { metricId, siteId }: (typeof owners)[number]) =>
      of === "everything" || ("siteId" in of ? of.siteId === siteId : of.metricIds.has(metricId));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const hub = new LiveHub(new VirtualClock(0));
        const open: { watch: LiveWatch; lets: (owner: (typeof owners)[number]) => boolean; expected: number[] }[] = [];
        let value = 0;
        for (const each of steps) {
          if ("open" in each) {
            const lets = (owner: { siteId: string }) => owner.siteId !== each.refused;
            const watch = hub.watch({ of: each.open, lets }, () => {});
            open.push({ watch, lets: (owner) => isOf(each.open, owner) && lets(owner), expected: [] });
          } else if ("close" in each) {
            for (const { watch } of open.splice(each.close, 1)) watch.close();
          } else {
            const readings = each.publish.map((index) => ({ ...reading(value++), ...(owners[index] ?? owners[0]) }));
            hub.publish(batch(...readings));
            for (const { lets, expected } of open) expected.push(...readings.filter(lets).map((one) => one.value));
          }
        }
        for (const { watch, expected } of open) expect(valuesOf(watch.take().events)).toEqual(expected);
        expect(hub.watchers).toBe(open.length);
      }),
    );
  });
});
