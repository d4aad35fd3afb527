import type { Cookies } from "@sveltejs/kit";
import { expect, test } from "vitest";
import { FLASH_COOKIE } from "#lib/shell/flash.ts";
import { setFlash, takeFlash } from "./cookies.ts";

/** A browser's cookies, as far as these functions use them. */
function jar() {
  const values = new Map<string, string>();
  const ages: (number | undefined)[] = [];
  const cookies = {
    get: (name: string) => values.get(name),
    set: (name: string, value: string, { maxAge }: { maxAge?: number }) => {
      values.set(name, value);
      ages.push(maxAge);
    },
  } as unknown as Cookies;
  return { cookies, values, ages };
}

test("a message is there for the load that takes the place of one that was given up, by the same id, and then gone", () => {
  const { cookies, values, ages } = jar();
  setFlash(cookies, "setSaved");
  const taken = takeFlash(cookies);
  expect(taken?.code).toBe("setSaved");
  expect(takeFlash(cookies)).toEqual(taken);
  // Reading it again does not keep it for longer.
  expect(ages).toEqual([60, 3]);
  values.delete(FLASH_COOKIE);
  expect(takeFlash(cookies)).toBeNull();
});
