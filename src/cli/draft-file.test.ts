import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DraftFile } from "./draft-file.ts";
import { CommandFailed } from "./exit-codes.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-draft-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a file has its name only once it is whole", async () => {
  const path = join(folder, "out.csv");
  writeFileSync(path, "before");
  {
    await using file = await DraftFile.create(path);
    await file.write(Buffer.from("one,"));
    await file.write(Buffer.from("two"));
    expect(readFileSync(path, "utf8")).toBe("before");
    await file.finish();
  }
  expect(readFileSync(path, "utf8")).toBe("one,two");
  expect(readdirSync(folder)).toEqual(["out.csv"]);
});

test("what is not finished leaves nothing", async () => {
  const half = async (): Promise<void> => {
    await using file = await DraftFile.create(join(folder, "out.csv"));
    await file.write(Buffer.from("half"));
    throw new Error("on the way");
  };
  await expect(half()).rejects.toThrow("on the way");
  expect(readdirSync(folder)).toEqual([]);
});

test("a place that takes no file is a failure in a sentence", async () => {
  await expect(DraftFile.create(join(folder, "no", "out.csv"))).rejects.toThrow(CommandFailed);
});
