import { expect, test } from "vitest";
import { ANSWER_MS_MAX, SubmitOnce } from "./submit-once.ts";

function scene() {
  const clock = { nowMs: 0 };
  return { clock, once: new SubmitOnce(() => clock.nowMs), post: { method: "post" }, other: { method: "post" } };
}

test("a form that waits for its answer is not sent again, and may be once it is there", () => {
  const { once, post } = scene();
  expect([once.maySend(post), once.maySend(post)]).toEqual([true, false]);
  once.answered();
  expect(once.maySend(post)).toBe(true);
});

test("another form may be sent meanwhile, and one that only asks as often as it likes", () => {
  const { once, post, other } = scene();
  const ask = { method: "get" };
  expect([post, other, ask, ask].map((form) => once.maySend(form))).toEqual([true, true, true, true]);
});

test("an answer that never comes holds no form for ever", () => {
  const { clock, once, post } = scene();
  once.maySend(post);
  clock.nowMs = ANSWER_MS_MAX - 1;
  expect(once.maySend(post)).toBe(false);
  clock.nowMs = ANSWER_MS_MAX;
  expect(once.maySend(post)).toBe(true);
});
