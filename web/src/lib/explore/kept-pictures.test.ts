import { expect, test } from "vitest";
import { KEPT_PICTURES_MAX, KeptPictures } from "./kept-pictures.ts";

const pictureOf = (fromMs: number) => ({ range: { fromMs, toMs: fromMs + 1 }, lines: [], before: null });

test("as many pictures are kept as the limit says, and the one that was shown longest ago goes", () => {
  const kept = new KeptPictures();
  for (let place = 0; place < KEPT_PICTURES_MAX; place++) kept.keep(`wish ${place}`, pictureOf(place));
  kept.keep("wish 0", pictureOf(100));
  expect(kept.of("wish 1")?.range.fromMs).toBe(1);
  kept.keep("another", pictureOf(200));
  expect(kept.of("wish 1")).toBeNull();
  expect(kept.of("wish 0")?.range.fromMs).toBe(100);
  expect(kept.of("wish 2")?.range.fromMs).toBe(2);
  expect(kept.of("another")?.range.fromMs).toBe(200);
});
