import { describe, expect, test } from "vitest";
import { type LiveBatch, LiveHub, type LiveReading } from "./hub.ts";

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
const all = () => true;
const valuesOf = (events: readonly { reading: LiveReading }[]) => events.map((event) => event.reading.value);

describe("the live hub", () => {
  test("brings each watcher what it wants, in order, and wakes it once until it takes", () => {
    const hub = new LiveHub();
    let wakes = 0;
    const watch = hub.watch(
      (candidate) => candidate.siteId === "a",
      () => wakes++,
    );
    hub.publish(batch(reading(1, "a"), reading(2, "b")));
    hub.publish(batch(reading(3, "a")));
    expect(wakes).toBe(1);
    expect(valuesOf(watch.take().events)).toEqual([1, 3]);
    hub.publish(batch(reading(4, "a")));
    expect(wakes).toBe(2);
  });

  test("a slow reader loses the oldest and learns how many; the others lose nothing", () => {
    const hub = new LiveHub({ queueEventsMax: 3 });
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
    const hub = new LiveHub();
    hub.publish(batch(reading(1), reading(2), reading(3)));
    expect(valuesOf(hub.watch(all, () => {}, 1).take().events)).toEqual([2, 3]);
    const upToDate = hub.watch(all, () => {}, 3).take();
    expect(upToDate).toEqual({ events: [], dropped: 0, startAnew: false });
  });

  test.each([
    ["what it missed is no longer kept", 1],
    ["it comes from another process", 99],
  ])("a reader is told to start anew when %s", (_case, place) => {
    const hub = new LiveHub({ replayEventsMax: 2 });
    hub.publish(batch(reading(1), reading(2), reading(3), reading(4)));
    let wakes = 0;
    const watch = hub.watch(all, () => wakes++, place);
    expect(wakes).toBe(1);
    expect(watch.take().startAnew).toBe(true);
    expect(watch.take().startAnew).toBe(false);
  });

  test("the oldest kept event can still be reached", () => {
    const hub = new LiveHub({ replayEventsMax: 2 });
    hub.publish(batch(reading(1), reading(2), reading(3), reading(4)));
    expect(valuesOf(hub.watch(all, () => {}, 2).take().events)).toEqual([3, 4]);
  });

  test("a batch longer than the queue leaves its last readings, and says how many are lost", () => {
    const hub = new LiveHub({ queueEventsMax: 2 });
    const watch = hub.watch(
      (candidate) => candidate.siteId === "a",
      () => {},
    );
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
    const hub = new LiveHub({ replayEventsMax: 2 });
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
    expect(asked).toBe(2);
  });

  test("a reading that is nobody's any more is shown to nobody", () => {
    const hub = new LiveHub();
    const watch = hub.watch(all, () => {});
    hub.publish({ ...batch(reading(1), reading(2)), ownerOf: (row) => (row === 0 ? undefined : reading(2)) });
    expect(valuesOf(watch.take().events)).toEqual([2]);
  });

  test("a closed watcher is forgotten", () => {
    const hub = new LiveHub();
    const watch = hub.watch(all, () => {});
    expect(hub.watchers).toBe(1);
    watch.close();
    watch.close();
    expect(hub.watchers).toBe(0);
    hub.publish(batch(reading(1)));
    expect(watch.take().events).toEqual([]);
  });
});
