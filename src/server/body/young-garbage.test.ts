import { expect, test } from "vitest";
import { COLLECTED_EVERY_BYTES, YoungGarbage } from "./young-garbage.ts";

test("collects once for each so many bytes of bodies, to the byte", () => {
  let collections = 0;
  const garbage = new YoungGarbage(() => collections++);
  garbage.came(COLLECTED_EVERY_BYTES - 1);
  expect(collections).toBe(0);
  garbage.came(1);
  expect(collections).toBe(1);
  garbage.came(COLLECTED_EVERY_BYTES - 1);
  expect(collections).toBe(1);
  garbage.came(1);
  expect(collections).toBe(2);
});

test("the memory of chunks that nobody holds is free again", () => {
  const garbage = new YoungGarbage();
  const chunkBytes = 65_536;
  const before = process.memoryUsage().arrayBuffers;
  for (let came = 0; came < 4 * COLLECTED_EVERY_BYTES; came += chunkBytes) {
    Buffer.allocUnsafeSlow(chunkBytes);
    garbage.came(chunkBytes);
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(COLLECTED_EVERY_BYTES);
});
