import { expect, test } from "vitest";
import { lacksDevices, ranked } from "./rank.ts";

const connection = (name: string, state: Parameters<typeof lacksDevices>[0]["state"], devices = 5) => ({
  name,
  state,
  devices,
});

test("what needs a look comes first, and by name with its numbers as numbers", () => {
  const all = [
    connection("b10", "running"),
    connection("b9", "running"),
    connection("paused", "paused", 0),
    connection("empty", "running", 0),
    connection("away", "backing_off"),
    connection("locked", "refused"),
    connection("other", "standing_by"),
    connection("young", "starting"),
  ];
  expect(ranked(all).map(({ name }) => name)).toEqual([
    "locked",
    "away",
    "empty",
    "young",
    "b9",
    "b10",
    "other",
    "paused",
  ]);
});

test("a troubled connection without devices keeps its place among the troubled", () => {
  const all = [connection("a", "backing_off"), connection("b", "refused", 0)];
  expect(ranked(all).map(({ name }) => name)).toEqual(["b", "a"]);
});

test("one that is paused on purpose lacks nothing", () => {
  expect(lacksDevices(connection("a", "paused", 0))).toBe(false);
  expect(lacksDevices(connection("a", "running", 0))).toBe(true);
  expect(lacksDevices(connection("a", "running"))).toBe(false);
});
