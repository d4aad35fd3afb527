import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packetFollower } from "./frame-guard.ts";

/** A packet of so many bytes after its fixed header (MQTT 3.1.1, 2.2.3). */
function packet(length: number): Buffer {
  const header = [0x30];
  let left = length;
  do {
    const digit = left % 128;
    left = Math.floor(left / 128);
    header.push(left > 0 ? digit | 0x80 : digit);
  } while (left > 0);
  return Buffer.concat([Buffer.from(header), Buffer.alloc(length, 0xff)]);
}

describe("the guard of packets' sizes", () => {
  test("lets through packets up to the limit, however the stream is cut", () => {
    const lengths = fc.array(fc.oneof(fc.nat(20), fc.constantFrom(0, 127, 128, 299, 300)), { maxLength: 8 });
    fc.assert(
      fc.property(lengths, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sizes, cuts) => {
        const bytes = Buffer.concat(sizes.map(packet));
        const follow = packetFollower(300);
        for (let at = 0, cut = 0; at < bytes.length; cut++) {
          const to = at + (cuts[cut % cuts.length] ?? 1);
          expect(follow(bytes.subarray(at, to))).toBe(true);
          at = to;
        }
        expect(follow(packet(301).subarray(0, 3))).toBe(false);
      }),
    );
  });

  test("tells a packet that is too large by its header alone", () => {
    expect(packetFollower(1_000)(packet(1_000).subarray(0, 4))).toBe(true);
    expect(packetFollower(1_000)(packet(1_001).subarray(0, 3))).toBe(false);
    expect(packetFollower(1_000)(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]))).toBe(false);
  });
});
