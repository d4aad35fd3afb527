import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { confirmed } from "./confirm.ts";
import { BadUse } from "./exit-codes.ts";
import { Interrupted } from "./interrupt.ts";

const QUESTION = { question: "Delete it?", unasked: "There is nobody to ask." };

let keys: PassThrough;
let isTerminal: boolean;

beforeEach(() => {
  isTerminal = true;
  keys = new PassThrough();
  Object.defineProperty(keys, "isTTY", { get: () => isTerminal });
  vi.spyOn(process, "stdin", "get").mockReturnValue(keys as unknown as typeof process.stdin);
  const words = Object.assign(new PassThrough().resume(), { isTTY: true });
  vi.spyOn(process, "stderr", "get").mockReturnValue(words as unknown as typeof process.stderr);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("a question", () => {
  test.each([
    ["y\r", true],
    ["YES\r", true],
    ["\r", false],
    ["n\r", false],
    ["yesterday\r", false],
  ])("that is answered by %j is %s", async (typed, answer) => {
    const asked = confirmed(QUESTION, new AbortController().signal);
    keys.write(typed);
    expect(await asked).toBe(answer);
  });

  test("that Ctrl-C ends is answered by no", async () => {
    const stop = new AbortController();
    const asked = confirmed(QUESTION, stop.signal);
    stop.abort(new Interrupted());
    expect(await asked).toBe(false);
  });

  test("is bad use where nobody is there", async () => {
    isTerminal = false;
    const refused = confirmed(QUESTION, new AbortController().signal);
    await expect(refused).rejects.toBeInstanceOf(BadUse);
    await expect(refused).rejects.toThrow("There is nobody to ask.");
  });
});
