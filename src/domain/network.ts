import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A range of addresses: those that share the first `prefixBits` bits of `address`. */
export interface Network {
  readonly address: Address;
  readonly prefixBits: number;
}

const CIDR = /^([^/%]+)\/(\d{1,3})$/;

/**
 * Reads a network in CIDR notation. Null for anything else: one whose address is not its first one (10.1.2.3/8, which leaves open
 * what was meant), and an IPv4 network in the clothes of IPv6.
 */
export function parseNetwork(text: string): Network | null {
  const [, written = "", bits = ""] = CIDR.exec(text) ?? [];
  const address = parseAddress(written);
  const prefixBits = Number(bits);
  if (!address || prefixBits > bitsOf(address)) return null;
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) return null;
  const family = address instanceof ipaddr.IPv4 ? ipaddr.IPv4 : ipaddr.IPv6;
  return family.networkAddressFromCIDR(text).toString() === address.toString() ? { address, prefixBits } : null;
}

export function isWithin(address: Address, network: Network): boolean {
  return address.kind() === network.address.kind() && address.match(network.address, network.prefixBits);
}

/** Reads an address as sockets take it: four decimal numbers, or IPv6, whose zone is left out. Null for anything else. */
export function parseAddress(text: string): Address | null {
  if (isIP(text) === 0) return null;
  const [withoutZone = ""] = text.split("%");
  return ipaddr.parse(withoutZone);
}

/** How long addresses of this family are: 32 or 128. */
export function bitsOf(address: Address): number {
  return 8 * address.toByteArray().length;
}
