import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StartupError, StorageUnavailable } from "../../domain/errors.ts";
import { DataFolderKey, dataFolderKey, KEY_FILE, NEXT_KEY_FILE } from "./installation-key.ts";
import { MasterKey } from "./master-key.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-key-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const PASSPHRASE = "a passphrase of some length";
const inFolder = (passphrase: string | null = null): DataFolderKey => dataFolderKey(folder, passphrase);
const text = (name: string): string => readFileSync(join(folder, name), "utf8");
const never = (): boolean => false;

describe("the key file", () => {
  test("is made once, whole, for its owner alone", () => {
    const made = inFolder().make();
    expect(readdirSync(folder)).toEqual([KEY_FILE]);
    expect(statSync(join(folder, KEY_FILE)).mode & 0o777).toBe(0o600);
    expect(text(KEY_FILE)).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
    const [found, ...others] = inFolder().candidates();
    expect(found?.equals(made)).toBe(true);
    expect(others).toEqual([]);
    expect(() => inFolder().make()).toThrow(StartupError);
    expect(inFolder().candidates()[0]?.equals(made)).toBe(true);
  });

  test("that was begun and cut off is made anew", () => {
    writeFileSync(join(folder, `${KEY_FILE}.new`), "half");
    inFolder().make();
    expect(readdirSync(folder)).toEqual([KEY_FILE]);
    expect(inFolder().candidates()).toHaveLength(1);
  });

  test("of a passphrase is none", () => {
    const key = inFolder(PASSPHRASE);
    expect(key.make().equals(MasterKey.ofPassphrase(PASSPHRASE))).toBe(true);
    expect(key.candidates()).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("the next key", () => {
  test("takes the place of the present one when it proves right", () => {
    const key = inFolder();
    key.make();
    const next = key.makeNext();
    expect(statSync(join(folder, NEXT_KEY_FILE)).mode & 0o777).toBe(0o600);
    const written = text(NEXT_KEY_FILE);
    const restarted = inFolder();
    const proved = restarted.candidates().find((candidate) => candidate.equals(next));
    if (!proved) throw new Error("the next key is no candidate");
    restarted.settle(proved);
    expect(readdirSync(folder)).toEqual([KEY_FILE]);
    expect(text(KEY_FILE)).toBe(written);
    restarted.settle(proved);
    expect(text(KEY_FILE)).toBe(written);
  });

  test("goes when the present one proves right, or a passphrase", () => {
    const key = inFolder();
    const present = key.make();
    const written = text(KEY_FILE);
    key.makeNext();
    key.settle(present);
    expect(readdirSync(folder)).toEqual([KEY_FILE]);
    expect(text(KEY_FILE)).toBe(written);
    key.makeNext();
    inFolder(PASSPHRASE).settle(MasterKey.ofPassphrase(PASSPHRASE));
    expect(readdirSync(folder)).toEqual([KEY_FILE]);
  });

  test("that was written in part is no candidate, and goes", () => {
    const key = inFolder();
    const present = key.make();
    writeFileSync(join(folder, NEXT_KEY_FILE), text(KEY_FILE).slice(0, 20));
    const restarted = inFolder();
    const [found, ...others] = restarted.candidates();
    expect(found?.equals(present)).toBe(true);
    expect(others).toEqual([]);
    restarted.settle(present);
    expect(readdirSync(folder)).toEqual([KEY_FILE]);
  });

  test("that cannot be written is told as such", () => {
    inFolder().make();
    const gone = new DataFolderKey(join(folder, "gone"), null);
    expect(() => gone.makeNext()).toThrow(StorageUnavailable);
    expect(() => gone.makeNext()).toThrow(/^The key file \S+secret\.key\.next cannot be written \(ENOENT\)\.$/);
  });
});

describe("a key that opens nothing is refused in one line that says what to do:", () => {
  test("a passphrase", () => {
    expect(inFolder(PASSPHRASE).refusal(never).message).toMatch(/^KILOWATCH_SECRET_KEY is not .*: Put the former/);
  });

  test("a passphrase beside a key file that opens it", () => {
    const made = inFolder().make();
    const refusal = inFolder(PASSPHRASE).refusal((key) => key.equals(made));
    expect(refusal.message).toMatch(/the key is in \S+secret\.key\. Unset KILOWATCH_SECRET_KEY\.$/);
  });

  test("no file", () => {
    expect(inFolder().refusal(never).message).toMatch(
      /secret\.key is not there: put it back, or set KILOWATCH_SECRET_KEY/,
    );
  });

  test.each([31, 33])("a file with %i bytes", (length) => {
    writeFileSync(join(folder, KEY_FILE), Buffer.alloc(length).toString("base64"));
    expect(inFolder().candidates()).toEqual([]);
    expect(inFolder().refusal(never).message).toMatch(/does not hold a key of 32 bytes/);
    expect(() => inFolder().make()).toThrow(/does not hold a key of 32 bytes/);
    expect(existsSync(join(folder, KEY_FILE))).toBe(true);
  });

  test("another file", () => {
    inFolder().make();
    expect(inFolder().refusal(never).message).toMatch(/secret\.key is not the key that .*put the former file back/);
  });

  test.skipIf(process.getuid?.() === 0)("a file that this user may not read", () => {
    inFolder().make();
    chmodSync(join(folder, KEY_FILE), 0);
    expect(() => inFolder().candidates()).toThrow(/secret\.key cannot be read \(EACCES\): give it back/);
  });
});
