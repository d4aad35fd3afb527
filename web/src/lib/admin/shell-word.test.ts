import { expect, test } from "vitest";
import { shellWord } from "./shell-word.ts";

test("a path is one word of a shell, whatever is in it", () => {
  expect(shellWord("/var/lib/kilowatch")).toBe("/var/lib/kilowatch");
  expect(shellWord("/my data/$(rm -rf ~)")).toBe("'/my data/$(rm -rf ~)'");
  expect(shellWord("it's")).toBe(String.raw`'it'\''s'`);
  expect(shellWord("")).toBe("''");
});
