import { expect, test } from "vitest";
import { Recent } from "./recent.ts";

function recentAt(entriesMax = 2) {
  const clock = { nowMs: 1_000 };
  const made: string[] = [];
  const recent = new Recent<string>({ keptMs: 30, entriesMax, nowMs: () => clock.nowMs });
  const get = (key: string): Promise<string> =>
    recent.get(key, async () => {
      made.push(key);
      return `${key} ${made.length}`;
    });
  return { clock, made, recent, get };
}

test("an answer is shared until it is too old, by those who come while it is made, too", async () => {
  const { clock, get } = recentAt();
  expect(await Promise.all([get("a"), get("a")])).toEqual(["a 1", "a 1"]);
  clock.nowMs += 29;
  expect(await get("a")).toBe("a 1");
  clock.nowMs += 1;
  expect(await get("a")).toBe("a 2");
  // A clock that was set back does not keep an answer for ever.
  clock.nowMs -= 30;
  expect(await get("a")).toBe("a 3");
});

test("of too many, the oldest is forgotten", async () => {
  const { made, get } = recentAt();
  for (const key of ["a", "b", "c", "b", "c", "a"]) await get(key);
  expect(made).toEqual(["a", "b", "c", "a"]);
});

test("a failure is told to those who waited, and asked anew by the next", async () => {
  const { recent, get } = recentAt();
  const failing = (): Promise<string> => recent.get("a", () => Promise.reject(new Error("no answer")));
  await expect(Promise.all([failing(), failing()])).rejects.toThrow("no answer");
  expect(await get("a")).toBe("a 1");
});

test("once forgotten, an answer is made anew", async () => {
  const { recent, get } = recentAt();
  await get("a");
  recent.clear();
  expect(await get("a")).toBe("a 2");
});
