import { describe, expect, test } from "vitest";
import { SeriesDirectory } from "../catalogue/directory.ts";
import { InvalidInput, StorageUnavailable } from "../domain/errors.ts";
import { ACTIVE_POWER } from "../domain/metric.ts";
import { QUALITY, READING_TIME_MS, ReadingColumnsBuilder } from "../domain/reading.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { LiveHub, REPLAY_EVENTS_MAX } from "../live/hub.ts";
import type { TelemetryStore } from "../telemetry/store.ts";
import { IngestPipeline } from "./pipeline.ts";

const SERIES = 7;

function pipelineOver(append: TelemetryStore["append"]) {
  const directory = new SeriesDirectory();
  directory.add({ ...ACTIVE_POWER, id: "m", deviceId: "d", series: SERIES }, "s");
  const clock = new VirtualClock();
  const live = new LiveHub(clock);
  const store = { append } as TelemetryStore;
  return { live, pipeline: new IngestPipeline({ store, directory, live, clock }) };
}

function columns(...rows: [series: number, timeMs: number, value: number][]) {
  const builder = new ReadingColumnsBuilder();
  for (const [series, timeMs, value] of rows) builder.push(series, timeMs, value, QUALITY.good);
  return builder.finish();
}

describe("the pipeline", () => {
  test("shows a batch once it is stored, and never one that was refused", async () => {
    let isFull = false;
    const { pipeline, live } = pipelineOver(() =>
      isFull ? Promise.reject(new StorageUnavailable("full", 5)) : Promise.resolve(),
    );
    const watch = live.watch({ of: { siteId: "s" } }, () => {});
    await pipeline.accept(columns([SERIES, 1, 2]));
    isFull = true;
    await expect(pipeline.accept(columns([SERIES, 2, 3]))).rejects.toThrow(StorageUnavailable);
    const readings = watch.take().events.map(({ reading }) => reading);
    expect(readings).toEqual([{ metricId: "m", siteId: "s", timeMs: 1, value: 2, quality: QUALITY.good }]);
    expect(pipeline.counts).toEqual({ batches: 1, readings: 1 });
  });

  test.each([
    ["no known metric", [SERIES + 1, 1, 1], "readings.1"],
    ["series 0", [0, 1, 1], "readings.1"],
    ["no finite value", [SERIES, 1, Number.NaN], "readings.1.value"],
    ["an infinite value", [SERIES, 1, Number.POSITIVE_INFINITY], "readings.1.value"],
    ["a time before 1970", [SERIES, READING_TIME_MS.min - 1, 1], "readings.1.time"],
    ["a time past 9999", [SERIES, READING_TIME_MS.max + 1, 1], "readings.1.time"],
    ["a part of a millisecond", [SERIES, 0.5, 1], "readings.1.time"],
  ] as const)("refuses a row with %s, and stores none of the batch", async (_case, row, path) => {
    const appended: number[] = [];
    const { pipeline } = pipelineOver((batch) => Promise.resolve(void appended.push(batch.length)));
    const refusal = pipeline.accept(columns([SERIES, 1, 1], [...row]));
    await expect(refusal).rejects.toThrow(InvalidInput);
    await expect(refusal).rejects.toMatchObject({ issues: [{ path }] });
    expect(appended).toEqual([]);
  });

  test.each([REPLAY_EVENTS_MAX, REPLAY_EVENTS_MAX * 4, REPLAY_EVENTS_MAX * 4 + 1])(
    "of %i readings the hub keeps the last",
    async (count) => {
      const { pipeline, live } = pipelineOver(() => Promise.resolve());
      const builder = new ReadingColumnsBuilder();
      for (let row = 0; row < count; row++) builder.push(SERIES, row, row, QUALITY.good);
      const batch = builder.finish();
      await pipeline.accept(batch);
      const watch = live.watch({ of: "everything" }, () => {}, REPLAY_EVENTS_MAX - 1);
      expect(watch.take().events.map(({ reading }) => reading.value)).toEqual([count - 1]);
    },
  );
});
