import ipaddr from "ipaddr.js";
import { type Address, bitsOf, isWithin, type Network, parseAddress, parseNetwork } from "../domain/network.ts";

export interface AddressGuardOptions {
  /** Networks in CIDR notation that may be called though they are not the internet's. */
  readonly listed: readonly string[];
  /** Where a person lists them: the name of the setting, for messages. */
  readonly setting: string;
}

/**
 * Decides which addresses a vendor may have: any of the public internet, and the networks that are listed. An address that only
 * carries an IPv4 address to elsewhere (IPv4-mapped, NAT64) is judged as that one.
 */
export class AddressGuard {
  readonly #listed: readonly Network[];
  readonly #setting: string;

  constructor({ listed, setting }: AddressGuardOptions) {
    this.#setting = setting;
    this.#listed = listed.map((text) => {
      const network = parseNetwork(text);
      if (!network) throw new RangeError(`"${text}" is no network`);
      return network;
    });
  }

  /** Why no socket may be opened to an address, as the rest of a sentence; null when one may. */
  objection(text: string): string | null {
    const written = parseAddress(text);
    if (!written) return `${text}, which is no address`;
    const address = carried(written) ?? written;
    const isMetadata = METADATA.has(address.toString());
    const kind = isMetadata ? METADATA_WORDS : wordsOf(address);
    if (kind === null || this.#isListed(address, isMetadata)) return null;
    const shown = address === written ? text : `${text} (${address.toString()})`;
    const missing = isMetadata ? `${address.toString()}/${bitsOf(address)}` : "its network";
    return `${shown}, ${kind}, and ${this.#setting} does not list ${missing}`;
  }

  /** A metadata address gives away its machine's credentials, so no wider network than itself opens it. */
  #isListed(address: Address, alone: boolean): boolean {
    return this.#listed.some(
      (network) => isWithin(address, network) && (!alone || network.prefixBits === bitsOf(address)),
    );
  }
}

/**
 * Where clouds tell a machine its credentials: AWS, Azure, Google and others; AWS ECS and EKS; Alibaba; Azure's wire server; AWS, EKS
 * and Google over IPv6. In the form of `Address.toString()`.
 */
const METADATA: ReadonlySet<string> = new Set(
  [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
  ].map((text) => ipaddr.parse(text).toString()),
);
const METADATA_WORDS = "a cloud's metadata address";

/** What an address is when it is not the internet's, by ipaddr.js' name of its range. */
const WORDS: Readonly<Record<string, string>> = {
  unspecified: "an unspecified address, which means this machine",
  loopback: "a loopback address",
  private: "a private address",
  linkLocal: "a link-local address",
  uniqueLocal: "a unique-local address",
  carrierGradeNat: "an address of carrier-grade NAT",
  multicast: "a multicast address",
  broadcast: "a broadcast address",
  "6to4": "an address of a 6to4 tunnel",
  teredo: "an address of a Teredo tunnel",
};
const RESERVED = "a reserved address";

/** All that IANA has given to the internet so far; ipaddr.js calls what is left unicast too. */
const GLOBAL_IPV6: readonly [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];
/** RFC 6052 §2.1: the prefix that any NAT64 may have. Others cannot be told from the internet's addresses. */
const NAT64: readonly [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("64:ff9b::"), 96];

/** Null for an address of the public internet. */
function wordsOf(address: Address): string | null {
  const range = address.range();
  if (range !== "unicast") return WORDS[range] ?? RESERVED;
  return address instanceof ipaddr.IPv4 || address.match(...GLOBAL_IPV6) ? null : RESERVED;
}

/** The IPv4 address that an IPv6 one stands for; null when it stands for itself. */
function carried(address: Address): ipaddr.IPv4 | null {
  if (address instanceof ipaddr.IPv4) return null;
  const isCarrier = address.isIPv4MappedAddress() || address.match(...NAT64);
  return isCarrier ? new ipaddr.IPv4(address.toByteArray().slice(12)) : null;
}
