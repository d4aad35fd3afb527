import { expect, test } from "vitest";
import { all, bodyOf, HOUR_MS, json, open } from "./tenant-stage.fixture.ts";

const ROW = { databaseId: 123, index: "1001", name: "Unit 1", tag: "S1.U1.active_power", dataType: "float" };

test.each([
  ["a unit", { unitSymbol: "kW" }, ["active_power", "W", 3_000]],
  ["a tag", { tag: "S1.U1.reactive_power", unitSymbol: "Mvar" }, ["reactive_power", "V.A{reactive}", 3_000_000]],
  ["nothing", {}, ["active_power", "W", 3_000_000]],
])("%s that changed counts from the list of the next hour on", async (_what, change, expected) => {
  const stage = open({
    "GET /v1/measurements": (_request, nth) => json([{ ...ROW, unitSymbol: "MW", ...(nth > 0 ? change : {}) }]),
    "POST /v1/query/latest": (request) => {
      const timestamp = new Date(stage.clock.nowMs()).toISOString();
      return json(bodyOf(request).measurementIndexes.map((index) => ({ index, timestamp, value: 3 })));
    },
  });
  const latest = async () => {
    const [batch] = await all(stage, stage.client.readLatest(["123/1001"]));
    return batch?.readings.map(({ metric, value }) => [metric.name, metric.unit, value]);
  };
  expect(await latest()).toEqual([["active_power", "W", 3_000_000]]);
  await stage.clock.advance(HOUR_MS - 1);
  expect(await latest()).toEqual([["active_power", "W", 3_000_000]]);
  await stage.clock.advance(1);
  expect(await latest()).toEqual([expected]);
});
