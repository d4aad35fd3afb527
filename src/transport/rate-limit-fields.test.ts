import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TOLD_S_MAX, toldLimits } from "./rate-limit-fields.ts";

describe("the limits that an answer tells of", () => {
  test.each([
    ["one policy", { "ratelimit-policy": '"default";q=100;w=60' }, [{ requests: 100, perMs: 60_000 }], 0],
    [
      "several, as a list",
      { "ratelimit-policy": '"burst";q=5;w=1, "day, all";q=1000;w=86400' },
      [
        { requests: 5, perMs: 1_000 },
        { requests: 1_000, perMs: 86_400_000 },
      ],
      0,
    ],
    [
      "several, as headers",
      { "ratelimit-policy": ['"a";q=1;w=1', '"b";q=2;w=2'] },
      [
        { requests: 1, perMs: 1_000 },
        { requests: 2, perMs: 2_000 },
      ],
      0,
    ],
    ["something is left", { ratelimit: '"default";r=3;t=30' }, [], 0],
    ["nothing is left", { ratelimit: '"default";r=0;t=30' }, [], 30_000],
    ["nothing of one is left", { ratelimit: '"a";r=7;t=90, "b";r=0;t=5' }, [], 5_000],
    ["bytes are no requests", { "ratelimit-policy": '"b";q=100;w=60;qu="content-bytes"' }, [], 0],
    ["requests by name", { "ratelimit-policy": '"b";q=100;w=60;qu="requests"' }, [{ requests: 100, perMs: 60_000 }], 0],
    [
      "a name that looks like a parameter",
      { "ratelimit-policy": '";q=1;w=1";q=9;w=2' },
      [{ requests: 9, perMs: 2_000 }],
      0,
    ],
    ["no window", { "ratelimit-policy": '"b";q=100' }, [], 0],
    ["nobody may ask", { "ratelimit-policy": '"b";q=0;w=60' }, [], 0],
    [
      "the longest window",
      { "ratelimit-policy": `"b";q=1;w=${TOLD_S_MAX}` },
      [{ requests: 1, perMs: TOLD_S_MAX * 1_000 }],
      0,
    ],
    [
      "a longer one",
      { "ratelimit-policy": `"b";q=1;w=${TOLD_S_MAX + 1}`, ratelimit: `"b";r=0;t=${TOLD_S_MAX + 1}` },
      [],
      0,
    ],
    ["nothing", {}, [], 0],
  ])("%s", (_name, headers, budgets, pauseMs) => {
    const told = toldLimits({ headers });
    expect(told.budgets.map(({ budget }) => budget)).toEqual(budgets);
    expect(told.pauseMs).toBe(pauseMs);
  });

  test("say what is spent already, each by its name", () => {
    const headers = { "ratelimit-policy": '"a";q=10;w=1, "b";q=100;w=60', ratelimit: '"b";r=30;t=5' };
    expect(toldLimits({ headers }).budgets.map(({ spent }) => spent)).toEqual([null, 70]);
  });

  test("are never more than what can be read, whatever comes", () => {
    const text = fc.string({
      unit: fc.constantFrom('"', ";", "q", "w", "r", "t", "=", "0", "7", ",", " ", "\\"),
      maxLength: 40,
    });
    fc.assert(
      fc.property(text, text, (policy, state) => {
        const { budgets, pauseMs } = toldLimits({ headers: { "ratelimit-policy": policy, ratelimit: state } });
        for (const { budget } of budgets) expect(budget.requests >= 1 && budget.perMs >= 1_000).toBe(true);
        expect(pauseMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
