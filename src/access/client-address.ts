import { isIP } from "node:net";

/** Groups of 16 bits that make an IPv6 network of 64 bits: what one customer gets at least, and may choose addresses in at will. */
const NETWORK_GROUPS = 4;
const GROUPS = 8;

/**
 * What counts as one client: an IPv4 address, or the /64 network of an IPv6 address. Text that is no address, which a proxy may hand
 * on, is one client with all such text.
 */
export function clientOf(address: string): string {
  const [plain = ""] = address.split("%", 1);
  const family = isIP(plain);
  if (family === 4) return plain;
  if (family === 0) return "unknown";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  return mapped ?? `${groupsOf(plain).slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

/** All eight groups, in lower case and without zeros in front. */
function groupsOf(address: string): string[] {
  const [head = "", tail] = address.split("::");
  const before = partsOf(head);
  const after = partsOf(tail ?? "");
  const zeros = tail === undefined ? 0 : GROUPS - before.length - after.length;
  return [...before, ...Array<string>(zeros).fill("0"), ...after].map((group) => parseInt(group, 16).toString(16));
}

/** An IPv4 address at the end stands for two groups; which ones does not matter past the network. */
function partsOf(text: string): string[] {
  return text === "" ? [] : text.split(":").flatMap((part) => (part.includes(".") ? ["0", "0"] : [part]));
}
