import { describe, expect, test } from "vitest";
import { checklist, type Facts, unfinished } from "./checklist.ts";

const EMPTY: Facts = {
  adminName: "Ada",
  sites: 0,
  devices: 0,
  hasReading: false,
  connections: [],
  people: 1,
  readKeys: 0,
};

function states(facts: Partial<Facts>): Record<string, string> {
  return Object.fromEntries(checklist({ ...EMPTY, ...facts }).map(({ name, state }) => [name, state]));
}

describe("the checklist", () => {
  test("of a fresh installation has the administrator alone", () => {
    expect(states({})).toEqual({
      admin: "done",
      site: "missing",
      source: "missing",
      reading: "missing",
      secondPerson: "optional",
      readKey: "optional",
    });
  });

  test.each([
    ["site", { sites: 1 }],
    ["source", { devices: 1 }],
    ["reading", { hasReading: true }],
    ["secondPerson", { people: 2 }],
    ["readKey", { readKeys: 1 }],
  ] satisfies [string, Partial<Facts>][])("%s is done once it is there, and no other step with it", (name, facts) => {
    expect(states(facts)).toEqual({ ...states({}), [name]: "done" });
  });

  test("leads somewhere for all that is not done, and nowhere for what is", () => {
    for (const { state, path } of checklist({ ...EMPTY, sites: 3 })) expect(path === null).toBe(state === "done");
  });
});

describe("a connection", () => {
  const whole = {
    id: "1",
    name: "Roof",
    devices: 3,
    pausedAt: null,
    state: "running" as const,
    message: null,
  };
  test.each([
    ["that runs is finished", {}, undefined],
    ["that has trouble by itself is no matter of set-up", { state: "backing_off" as const }, undefined],
    ["without devices goes on with them", { devices: 0 }, "/connect/1/devices"],
    [
      "without devices, paused, still goes on with them",
      { devices: 0, pausedAt: "2026-11-22T00:00:00.000Z" },
      "/connect/1/devices",
    ],
    ["that is paused goes on with its plan", { pausedAt: "2026-11-22T00:00:00.000Z" }, "/connect/1/plan"],
    ["that is refused is looked at", { state: "refused" as const, message: "No." }, "/connections/1"],
  ])("%s", (_name, change, path) => {
    expect(unfinished([{ ...whole, ...change }])[0]?.path).toBe(path);
  });
});
