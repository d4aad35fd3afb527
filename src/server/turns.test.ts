import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("one piece of work begins in each turn of the loop, in order, and a lone one at once", async () => {
  const turns = new Turns();
  const begun: number[] = [];
  const ends = [1, 2, 3].map(async (each) => {
    await turns.next();
    begun.push(each);
  });
  await Promise.resolve();
  expect(begun).toStrictEqual([1]);
  await nextTurn();
  expect(begun).toStrictEqual([1, 2]);
  await nextTurn();
  expect(begun).toStrictEqual([1, 2, 3]);
  await Promise.all(ends);
  await nextTurn();
  const alone = turns.next().then(() => begun.push(4));
  await Promise.resolve();
  expect(begun).toHaveLength(4);
  await alone;
});

test("pieces are as many turns apart as told", async () => {
  const turns = new Turns(() => 3);
  let begun = 0;
  for (const _ of [1, 2]) void turns.next().then(() => begun++);
  const seen: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    await nextTurn();
    seen.push(begun);
  }
  expect(seen).toStrictEqual([1, 1, 2, 2, 2]);
});
