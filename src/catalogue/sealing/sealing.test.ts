import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StartupError } from "../../domain/errors.ts";
import { type DataKey, MasterKey } from "./master-key.ts";
import { Sealing } from "./sealing.ts";

const master = new MasterKey(Buffer.alloc(32, 1));
const dataKey = (number: number, byte = number): DataKey => ({ number, bytes: Buffer.alloc(32, byte) });
const PLACE = "connection:1";

/** Every value that differs in one bit of one byte, and every one that was cut short. */
function* damaged(bytes: Uint8Array): Generator<Uint8Array> {
  for (let index = 0; index < bytes.length; index++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Uint8Array.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ (1 << bit);
      yield changed;
    }
    yield bytes.slice(0, index);
  }
}

describe("a secret", () => {
  test("opens with the data key that it names, whichever is the newest", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: 1, max: 4 }), (secret, place, keys) => {
        const all = [1, 2, 3, 4].map((number) => dataKey(number));
        const sealed = new Sealing(master, all.slice(0, keys)).seal(secret.toWellFormed(), place.toWellFormed());
        expect([...sealed.subarray(0, 5)]).toEqual([2, 0, 0, 0, keys]);
        expect(new Sealing(new MasterKey(Buffer.alloc(32, 2)), all).open(sealed, place.toWellFormed())).toBe(
          secret.toWellFormed(),
        );
      }),
    );
  });

  test("opens neither with another key, nor for another place, nor changed, nor cut short", () => {
    const sealing = new Sealing(master, [dataKey(1)]);
    const sealed = sealing.seal("s", PLACE);
    expect(() => sealing.open(sealed, "connection:2")).toThrow(StartupError);
    expect(() => new Sealing(master, [dataKey(1, 9)]).open(sealed, PLACE)).toThrow(StartupError);
    expect(() => new Sealing(master, [dataKey(2, 1)]).open(sealed, PLACE)).toThrow(StartupError);
    for (const changed of damaged(sealed)) expect(() => sealing.open(changed, PLACE)).toThrow(StartupError);
  });

  test("is never sealed twice to the same bytes, and not at all without a data key", () => {
    const sealing = new Sealing(master, [dataKey(1)]);
    expect(sealing.seal("s", PLACE)).not.toEqual(sealing.seal("s", PLACE));
    expect(() => new Sealing(master, []).seal("s", PLACE)).toThrow(TypeError);
  });
});

describe("what version 1 sealed", () => {
  /** Made by it, with a key of 32 bytes 1, and with the passphrase "a passphrase of some length". */
  const BY_KEY = Buffer.from("AbeUesA3uFdlOz/5JyTJsy6vXMHkjg6FU9EYuKu9jdnh1Jfisml8tVn2UpaTy0c=", "base64");
  const BY_PASSPHRASE = Buffer.from("Adn9sruS/b2w1UtpZlq7Elw8ch14iUWzkSE1LSVe/Nqtoq++KbJQ5ZKzOcT9Les=", "base64");

  test("opens with the same key or passphrase, and with nothing else", () => {
    expect(new Sealing(master, [dataKey(1)]).open(BY_KEY, PLACE)).toBe("token of version 1");
    const passphrase = MasterKey.ofPassphrase("a passphrase of some length");
    expect(new Sealing(passphrase, []).open(BY_PASSPHRASE, PLACE)).toBe("token of version 1");
    expect(() => new Sealing(passphrase, [dataKey(1)]).open(BY_KEY, PLACE)).toThrow(StartupError);
    expect(() => new Sealing(master, []).open(BY_KEY, "connection:2")).toThrow(StartupError);
    const sealing = new Sealing(master, [dataKey(1)]);
    for (const changed of damaged(BY_KEY)) expect(() => sealing.open(changed, PLACE)).toThrow(StartupError);
  });
});

describe("a wrapped data key", () => {
  test("opens with its master key and its number only, unchanged", () => {
    const wrapped = master.wrap(dataKey(7));
    expect(master.unwrap(wrapped)?.bytes).toEqual(Buffer.alloc(32, 7));
    expect(new MasterKey(Buffer.alloc(32, 2)).unwrap(wrapped)).toBeNull();
    expect(master.unwrap({ ...wrapped, number: 8 })).toBeNull();
    for (const changed of damaged(wrapped.wrapped)) {
      expect(master.unwrap({ number: 7, wrapped: changed })).toBeNull();
    }
  });

  test("does not pass for a secret of version 1, nor such a secret for it", () => {
    const { wrapped } = master.wrap(dataKey(7));
    expect(master.openFormer(wrapped, "sealing_key:7x")).toBeNull();
    expect(master.openFormer(wrapped, PLACE)).toBeNull();
  });
});

test("a master key has 32 bytes", () => {
  for (const length of [31, 33]) expect(() => new MasterKey(Buffer.alloc(length))).toThrow(RangeError);
});
