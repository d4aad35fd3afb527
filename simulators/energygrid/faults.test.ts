import { describe, expect, test } from "vitest";
import { FaultDice, parseFaults, STRIKES } from "./faults.ts";

describe("faults as written on a command line", () => {
  test.each([
    ["", {}],
    ["storm=0.1", { storm: 0.1 }],
    ["storm=1, reset=3x", { storm: 1, reset: { next: 3 } }],
    ["jitter-ms=30,answer-jitter-ms=10,outage", { "jitter-ms": 30, "answer-jitter-ms": 10, outage: true }],
    ["skew-ms=-3600000", { "skew-ms": -3_600_000 }],
  ])("%j", (text, faults) => expect(parseFaults(text)).toEqual(faults));

  test.each([
    ["storms=0.1", /"storms" is no fault; the faults are: storm, /],
    ["storm", /"storm" takes a share/],
    ["storm=1.5", /"storm" takes a share/],
    ["storm=-1", /"storm" takes a share/],
    ["storm=.", /"storm" takes a share/],
    ["storm=0.1,storm=0.2", /given twice/],
    ["jitter-ms=-3", /whole number of ms/],
    ["jitter-ms=3.5", /whole number of ms/],
    ["storm=1=2", /write name=value/],
    ["outage=1", /"outage" is no fault/],
    ["constructor=1", /"constructor" is no fault/],
  ])("%j is refused", (text, message) => expect(() => parseFaults(text)).toThrow(message));
});

describe("which requests are struck", () => {
  test("the same seed strikes the same requests, another seed others, in about the share that was asked for", () => {
    const struck = (seed: number): number[] => {
      const dice = new FaultDice(seed);
      dice.set({ storm: 0.25 });
      return Array.from({ length: 4_000 }, (_, i) => i).filter((request) => dice.strikes("storm", request));
    };
    expect(struck(7)).toEqual(struck(7));
    expect(struck(7)).not.toEqual(struck(8));
    expect(struck(7).length).toBeGreaterThan(900);
    expect(struck(7).length).toBeLessThan(1_100);
  });

  test("a burst strikes that often and no more; setting it again renews it", () => {
    const dice = new FaultDice(1);
    dice.set({ reset: { next: 2 } });
    expect([1, 2, 3, 4].map((request) => dice.strikes("reset", request))).toEqual([true, true, false, false]);
    dice.set({ reset: { next: 1 } });
    expect([5, 6].map((request) => dice.strikes("reset", request))).toEqual([true, false]);
  });

  test("nothing strikes unless it was switched on; a share of 1 strikes always", () => {
    const dice = new FaultDice(1);
    const names = Object.keys(STRIKES) as (keyof typeof STRIKES)[];
    expect(names.filter((name) => dice.strikes(name, 1))).toEqual([]);
    dice.set(Object.fromEntries(names.map((name) => [name, 1])));
    expect(names.filter((name) => dice.strikes(name, 1))).toEqual(names);
  });

  test("delays are spread over the whole range and stay in it", () => {
    const dice = new FaultDice(3);
    dice.set({ "jitter-ms": 30 });
    const delays = Array.from({ length: 2_000 }, (_, i) => dice.requestDelayMs(i));
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(30);
    expect(mean).toBeGreaterThan(14);
    expect(mean).toBeLessThan(16);
    expect(dice.answerDelayMs(1)).toBe(0);
  });
});
