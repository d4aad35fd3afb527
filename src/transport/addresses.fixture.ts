/** Ranges of IPv4 that no vendor is in, by IANA's special-purpose registry, with a kind that the refusal names. */
export const REFUSED_IPV4: readonly (readonly [cidr: string, kind: string])[] = [
  ["0.0.0.0/8", "unspecified"],
  ["10.0.0.0/8", "private"],
  ["100.64.0.0/10", "carrier-grade NAT"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link-local"],
  ["172.16.0.0/12", "private"],
  ["192.0.0.0/24", "reserved"],
  ["192.0.2.0/24", "reserved"],
  ["192.31.196.0/24", "reserved"],
  ["192.52.193.0/24", "reserved"],
  ["192.88.99.0/24", "reserved"],
  ["192.168.0.0/16", "private"],
  ["192.175.48.0/24", "reserved"],
  ["198.18.0.0/15", "reserved"],
  ["198.51.100.0/24", "reserved"],
  ["203.0.113.0/24", "reserved"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
];

/** Within the part of IPv6 that is given to the internet, 2000::/3, what is not the internet's; all else is refused as a whole. */
export const REFUSED_IPV6: readonly (readonly [cidr: string, kind: string])[] = [
  ["2001::/32", "Teredo"],
  ["2001:2::/48", "reserved"],
  ["2001::/23", "reserved"],
  ["2001:db8::/32", "reserved"],
  ["2002::/16", "6to4"],
  ["2620:4f:8000::/48", "reserved"],
  ["3fff::/20", "reserved"],
];

export type Octets = readonly [number, number, number, number];

export function octetsOf(value: number): Octets {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

export function numberOf([a, b, c, d]: Octets): number {
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

export function dotted(octets: Octets): string {
  return octets.join(".");
}

const hex = (part: number): string => `0x${part.toString(16)}`;
const octal = (part: number): string => `0${part.toString(8)}`;
const fullWidth = (text: string): string =>
  text.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
const encoded = (text: string): string => text.replaceAll(/\d/g, (digit) => `%3${digit}`);

/** Ways to write an IPv4 address that a URL takes for it. */
export const IPV4_FORMS: Readonly<Record<string, (octets: Octets) => string>> = {
  plain: dotted,
  "with a dot behind it": (octets) => `${dotted(octets)}.`,
  "one number": (octets) => `${numberOf(octets)}`,
  "one hexadecimal number": (octets) => hex(numberOf(octets)),
  "one hexadecimal number in capitals": (octets) => `0X${numberOf(octets).toString(16).toUpperCase()}`,
  "one octal number": (octets) => octal(numberOf(octets)),
  "two numbers": ([a, ...rest]) => `${a}.${numberOf([0, ...rest])}`,
  "three numbers": ([a, b, c, d]) => `${a}.${b}.${numberOf([0, 0, c, d])}`,
  "four hexadecimal numbers": (octets) => octets.map(hex).join("."),
  "four octal numbers": (octets) => octets.map(octal).join("."),
  "octal numbers with zeros before them": (octets) => octets.map((part) => `000${octal(part)}`).join("."),
  "a mixture": ([a, b, c, d]) => `${hex(a)}.${b}.${octal(numberOf([0, 0, c, d]))}`,
  "digits of full width": (octets) => fullWidth(dotted(octets)),
  "ideographic dots": ([a, b, c, d]) => `${a}。${b}．${c}｡${d}`,
  "encoded digits": (octets) => encoded(dotted(octets)),
  "a soft hyphen within": ([a, b, c, d]) => `${a}.${b}.\u00ad${c}.${d}`,
};

/** IPv6 addresses that carry an IPv4 address. */
export const CARRIERS: Readonly<Record<string, (octets: Octets) => string>> = {
  "IPv4-mapped": (octets) => `::ffff:${dotted(octets)}`,
  "IPv4-mapped in hexadecimal": (octets) => `0:0:0:0:0:FFFF:${words(octets)}`,
  NAT64: (octets) => `64:ff9b::${dotted(octets)}`,
  "a local NAT64": (octets) => `64:ff9b:1::${words(octets)}`,
  "6to4": (octets) => `2002:${words(octets)}::1`,
  Teredo: (octets) => `2001:0:${words(octets)}:0:0:${words(octets)}`,
  "IPv4-compatible": (octets) => `::${words(octets)}`,
  "IPv4-translated": (octets) => `::ffff:0:${words(octets)}`,
};

function words([a, b, c, d]: Octets): string {
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}
