import { expect, test } from "vitest";
import { byCondition, type Condition } from "./order.ts";

const condition = (name: string, changes: Partial<Condition> = {}): Condition => ({
  name,
  status: "online",
  openEvents: 0,
  share: 0.5,
  ...changes,
});

test("what needs a look comes first", () => {
  const devices = [
    condition("10 fine"),
    condition("9 fine"),
    condition("weak", { share: 0.1 }),
    condition("not rated", { share: null }),
    condition("odd", { openEvents: 1, share: 0.9 }),
    condition("odder", { openEvents: 2 }),
    condition("silent", { status: "unknown" }),
    condition("down", { status: "offline" }),
  ];
  expect(devices.sort(byCondition).map(({ name }) => name)).toEqual([
    "down",
    "silent",
    "odder",
    "odd",
    "weak",
    "9 fine",
    "10 fine",
    "not rated",
  ]);
});
