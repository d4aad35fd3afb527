import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AddressGuard } from "./address-guard.ts";
import { CARRIERS, dotted, IPV4_FORMS, octetsOf, REFUSED_IPV4, REFUSED_IPV6 } from "./addresses.fixture.ts";

const METADATA = ["169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16"];
const METADATA_IPV6 = ["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"];

const guardOf = (...listed: string[]) => new AddressGuard({ listed, setting: "THE_SETTING" });
const guard = guardOf();

/** The same judgement by other means: Node's own lists. */
const refused = new BlockList();
for (const [cidr] of REFUSED_IPV4) refused.addSubnet(...partsOf(cidr), "ipv4");
for (const [cidr] of REFUSED_IPV6) refused.addSubnet(...partsOf(cidr), "ipv6");
for (const address of METADATA) refused.addAddress(address, "ipv4");
const global = new BlockList();
global.addSubnet("2000::", 3, "ipv6");
const isRefusedIpv4 = (address: string): boolean => refused.check(address, "ipv4");
const isRefusedIpv6 = (address: string): boolean => !global.check(address, "ipv6") || refused.check(address, "ipv6");

function partsOf(cidr: string): [address: string, prefixBits: number] {
  const [address = "", bits] = cidr.split("/");
  return [address, Number(bits)];
}

function edgesOf(cidr: string): { first: number; last: number } {
  const [address, bits] = partsOf(cidr);
  const first = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return { first, last: first + 2 ** (32 - bits) - 1 };
}

const ANY_IPV4 = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map(octetsOf);
const WITHIN_REFUSED = fc
  .constantFrom(...REFUSED_IPV4)
  .chain(([cidr]) => {
    const { first, last } = edgesOf(cidr);
    return fc.integer({ min: first, max: last });
  })
  .map(octetsOf);
const IPV4 = fc.oneof(ANY_IPV4, WITHIN_REFUSED);
const WORD = fc.integer({ min: 0, max: 0xffff });
const FIRST_WORD = fc.oneof(
  WORD,
  fc.constantFrom(0, 0x64, 0x2001, 0x2002, 0x2620, 0x2a00, 0x3fff, 0xfc00, 0xfe80, 0xfec0, 0xff02),
);
/** IPv4-mapped, and NAT64. */
const CARRYING: readonly (readonly number[])[] = [
  [0, 0, 0, 0, 0, 0xffff],
  [0x64, 0xff9b, 0, 0, 0, 0],
];
const IPV6: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc
    .tuple(FIRST_WORD, fc.array(fc.oneof(WORD, fc.constantFrom(0, 2, 0xdb8, 0xff9b)), { minLength: 7, maxLength: 7 }))
    .map(([first, rest]) => [first, ...rest]),
  fc.tuple(fc.constantFrom(...CARRYING), WORD, WORD).map(([prefix, ...rest]) => [...prefix, ...rest]),
);

/** The IPv4 address in the last two words. */
function tailOf(words: readonly number[]): string {
  const [a = 0, b = 0] = words.slice(6);
  return dotted([a >> 8, a & 255, b >> 8, b & 255]);
}

function hex(words: readonly number[]): string {
  return words.map((word) => word.toString(16)).join(":");
}

/** Ways to write the same eight words. */
const IPV6_FORMS: readonly ((words: readonly number[]) => string)[] = [
  hex,
  (words) => words.map((word) => word.toString(16).toUpperCase().padStart(4, "0")).join(":"),
  (words) => new URL(`http://[${hex(words)}]/`).hostname.slice(1, -1),
  (words) => `${hex(words.slice(0, 6))}:${tailOf(words)}`,
  (words) => `${hex(words)}%eth0`,
];

describe("without a list", () => {
  test.each(REFUSED_IPV4)("both ends of %s are refused as %s", (cidr, kind) => {
    const { first, last } = edgesOf(cidr);
    expect(guard.objection(dotted(octetsOf(first)))).toContain(kind);
    expect(guard.objection(dotted(octetsOf(last)))).toContain(cidr === "240.0.0.0/4" ? "broadcast" : kind);
    for (const value of [first - 1, last + 1].filter((each) => each >= 0 && each < 2 ** 32)) {
      const outside = dotted(octetsOf(value));
      expect(guard.objection(outside) !== null, outside).toBe(isRefusedIpv4(outside));
    }
  });

  test.each([...METADATA, ...METADATA_IPV6])("%s is a cloud's metadata address", (address) => {
    expect(guard.objection(address)).toContain(`${address}, a cloud's metadata address, and THE_SETTING does not list`);
  });

  test.each<[string, string]>([
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["::2", "reserved"],
    ["100::1", "reserved"],
    ["fc00::1", "unique-local"],
    ["fdff:ffff::1", "unique-local"],
    ["fe80::1%eth0", "link-local"],
    ["febf::1", "link-local"],
    ["fec0::1", "reserved"],
    ["ff02::1", "multicast"],
    ["1fff::1", "reserved"],
    ["4000::1", "reserved"],
    ["5f00::1", "reserved"],
    ["::ffff:127.0.0.1", "::ffff:127.0.0.1 (127.0.0.1), a loopback address"],
    ["64:ff9b::169.254.169.254", "64:ff9b::169.254.169.254 (169.254.169.254), a cloud's metadata address"],
    ...REFUSED_IPV6.map(([cidr, kind]): [string, string] => [partsOf(cidr)[0], cidr === "2001::/23" ? "Teredo" : kind]),
  ])("%s is refused: %s", (address, words) => expect(guard.objection(address)).toContain(words));

  test.each([
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "172.32.0.1",
    "2000::1",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
  ])("%s may be called", (address) => expect(guard.objection(address)).toBeNull());

  test.each([
    "",
    "localhost",
    "0177.0.0.1",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "::ffff:7f00:1:1:1:1:1:1:1",
    "[::1]",
    "1.1.1.1/32",
    " 1.1.1.1",
  ])("what sockets do not take for an address, as %j, is refused", (text) =>
    expect(guard.objection(text)).toContain("no address"),
  );

  test("any IPv4 address is judged as by its range, in whatever form a URL has it", () => {
    fc.assert(
      fc.property(IPV4, fc.constantFrom(...Object.values(IPV4_FORMS)), (octets, write) => {
        const { hostname } = new URL(`http://${write(octets)}/`);
        expect(guard.objection(hostname) !== null).toBe(isRefusedIpv4(dotted(octets)));
      }),
      { numRuns: 2_000 },
    );
  });

  test("a refused IPv4 address is refused in whatever carries it", () => {
    fc.assert(
      fc.property(WITHIN_REFUSED, fc.constantFrom(...Object.values(CARRIERS)), fc.boolean(), (octets, carry, inUrl) => {
        const address = carry(octets);
        expect(guard.objection(inUrl ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address)).not.toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });

  test("any IPv6 address is judged as by its range, however it is written", () => {
    fc.assert(
      fc.property(IPV6, fc.constantFrom(...IPV6_FORMS), (words, write) => {
        const carries = CARRYING.some((prefix) => prefix.every((word, place) => words[place] === word));
        const expected = carries ? isRefusedIpv4(tailOf(words)) : isRefusedIpv6(hex(words));
        expect(guard.objection(write(words)) !== null).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a list", () => {
  test("opens exactly its networks", () => {
    fc.assert(
      fc.property(WITHIN_REFUSED, WITHIN_REFUSED, fc.integer({ min: 0, max: 32 }), (inside, other, prefixBits) => {
        const shift = 2 ** (32 - prefixBits);
        const first = Math.floor(inside.reduce((sum, part) => sum * 256 + part, 0) / shift) * shift;
        const cidr = `${dotted(octetsOf(first))}/${prefixBits}`;
        const network = new BlockList();
        network.addSubnet(...partsOf(cidr), "ipv4");
        for (const octets of [inside, other]) {
          const address = dotted(octets);
          if (METADATA.includes(address)) continue;
          expect(guardOf(cidr).objection(address) === null, `${address} in ${cidr}`).toBe(
            network.check(address, "ipv4"),
          );
        }
      }),
    );
  });

  test("of IPv4 opens what carries it, and one of IPv6 does not open IPv4", () => {
    expect(guardOf("10.0.0.0/8").objection("::ffff:10.1.2.3")).toBeNull();
    expect(guardOf("10.0.0.0/8").objection("64:ff9b::10.1.2.3")).toBeNull();
    expect(guardOf("10.0.0.0/8").objection("2002:a01:203::1")).not.toBeNull();
    expect(guardOf("::/0").objection("::ffff:10.1.2.3")).not.toBeNull();
    expect(guardOf("::/0").objection("fd12::1")).toBeNull();
  });

  test("opens a metadata address only by that address alone", () => {
    expect(guardOf("0.0.0.0/0").objection("169.254.169.254")).toMatch(/does not list 169\.254\.169\.254\/32$/);
    expect(guardOf("169.254.169.254/31").objection("169.254.169.254")).not.toBeNull();
    expect(guardOf("169.254.169.254/32").objection("169.254.169.254")).toBeNull();
    expect(guardOf("fd00::/8").objection("fd00:ec2::254")).toMatch(/does not list fd00:ec2::254\/128$/);
    expect(guardOf("fd00:ec2::254/128").objection("fd00:ec2::254")).toBeNull();
    expect(guardOf("fd00::/8").objection("fd00:ec2::255")).toBeNull();
  });

  test.each([
    "10.0.0.1",
    "10.0.0.1/8",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/-1",
    "10/8",
    "::ffff:10.0.0.0/104",
    "fe80::%eth0/64",
    "a/8",
    "",
  ])("does not take %j for a network", (text) => expect(() => guardOf(text)).toThrow(RangeError));
});
