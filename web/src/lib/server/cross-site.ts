const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether another site made the visitor's browser send this request.
 *
 * `Sec-Fetch-Site` is the browser's own word and needs no knowledge of the address the server is reached under. Browsers leave it out on
 * plain HTTP beyond loopback; there the host of `Origin` is compared with `Host`. A request with neither is refused: every browser
 * sends `Origin` with a POST.
 */
export function isCrossSiteWrite(method: string, headers: Headers): boolean {
  if (SAFE_METHODS.has(method)) return false;
  const fetchSite = headers.get("sec-fetch-site");
  if (fetchSite !== null) return fetchSite !== "same-origin";
  const origin = headers.get("origin");
  const host = headers.get("host");
  if (origin === null || host === null) return true;
  return hostOf(origin) !== host.toLowerCase();
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}
