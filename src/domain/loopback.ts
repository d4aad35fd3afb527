const NAMES = new Set(["127.0.0.1", "::1", "localhost"]);

/** Whether a host name or address means this machine, and only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return NAMES.has(host) || /^127(\.\d{1,3}){3}$/.test(host);
}
