import type { IncomingHttpHeaders } from "node:http";

/** What a request shows of who it is, in its `Authorization` header. */
export interface ShownCredentials {
  /** An access token or an API key. */
  readonly bearer?: string;
  /** An API key, as the clients of InfluxDB send theirs. */
  readonly apiKey?: string;
}

/**
 * Reads `Authorization`: `Bearer …` anywhere; where InfluxDB's clients write, also `Token …` (version 2) and `Basic …` with the key as
 * the password (version 1). Anything else shows nothing.
 */
export function shownCredentials({ authorization }: IncomingHttpHeaders, takesInfluxKeys: boolean): ShownCredentials {
  const [, scheme, text] = /^(Bearer|Token|Basic) +(\S+)$/i.exec(authorization ?? "") ?? [];
  if (scheme === undefined || text === undefined) return {};
  switch (scheme.toLowerCase()) {
    case "bearer":
      return { bearer: text };
    case "token":
      return takesInfluxKeys ? { apiKey: text } : {};
    default:
      return takesInfluxKeys ? { apiKey: passwordOf(text) } : {};
  }
}

function passwordOf(basic: string): string {
  const text = Buffer.from(basic, "base64").toString("utf8");
  return text.slice(text.indexOf(":") + 1);
}
